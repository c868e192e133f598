// Package strictyaml reads YAML strictly and remembers where everything stood.
//
// It is the one importer of gopkg.in/yaml.v3, which is used only to turn text
// into nodes with a line and a column. Everything the library leaves open is
// decided here: duplicate keys, numbers that would be rounded, aliases that
// expand without bound, nesting, foreign tags and file size are each an error
// with a position. All problems of a file come at once, and the excerpt under
// an error shows no secret: callers Mask the nodes that hold one, and errors
// about a file whose fields are not known yet show no values at all.
package strictyaml
