package strictyaml

import (
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

const (
	tagNull  = "!!null"
	tagBool  = "!!bool"
	tagInt   = "!!int"
	tagFloat = "!!float"
	tagStr   = "!!str"
	tagMap   = "!!map"
	tagSeq   = "!!seq"
	tagMerge = "!!merge"
)

// converter turns the library's nodes into ours and collects what is wrong.
type converter struct {
	file     *File
	errs     Errors
	anchors  map[*yaml.Node]*Node // of this document; a nil value is an anchor not closed yet
	expanded int                  // nodes added by aliases and merge keys so far
}

// pos is where n stands. The library ends a last line that has no end, and may
// put an empty value behind it: that is taken back to the line.
func (c *converter) pos(n *yaml.Node) Pos {
	if n.Kind == yaml.ScalarNode && n.Value == "" && n.Column == 1 && c.file.endsInLine() {
		if lines := c.file.sourceLines(); n.Line > len(lines) {
			return Pos{c.file.Name, len(lines), utf8.RuneCountInString(lines[len(lines)-1]) + 1}
		}
	}
	return Pos{c.file.Name, n.Line, n.Column}
}

// fail reports a problem at p.
func (c *converter) fail(p Pos, hint, format string, args ...any) {
	if len(c.errs) >= MaxErrors {
		return
	}
	e := c.file.blindf(p, format, args...)
	e.Hint = hint
	c.errs = append(c.errs, e)
}

// document converts one document; next is where the one after it begins.
func (c *converter) document(d *yaml.Node, next Pos) {
	c.anchors = nil
	if len(d.Content) == 0 {
		return
	}
	root := c.node(d.Content[0], next, 1)
	if !root.IsNull() {
		c.file.Docs = append(c.file.Docs, &Document{Root: root, Pos: c.pos(d)})
	}
}

// node converts n at the given depth; next is where whatever follows n begins.
func (c *converter) node(n *yaml.Node, next Pos, depth int) *Node {
	if n.Kind == yaml.AliasNode {
		return c.alias(n, depth)
	}
	out := &Node{Pos: c.pos(n), end: next, tag: n.ShortTag(), cost: cost{1, 1}}
	if n.Anchor != "" {
		if c.anchors == nil {
			c.anchors = make(map[*yaml.Node]*Node)
		}
		c.anchors[n] = nil
		defer func() { c.anchors[n] = out }()
	}
	c.checkTag(n)
	if depth > MaxDepth {
		c.tooDeep(out.Pos)
		return nullAt(out.Pos, next)
	}
	switch n.Kind {
	case yaml.MappingNode:
		out.Kind = Map
		c.entries(out, n, next, depth)
	case yaml.SequenceNode:
		out.Kind = List
		for i, item := range n.Content {
			v := c.node(item, after(c, n.Content, i, next), depth+1)
			out.Items = append(out.Items, v)
			out.grow(v)
		}
	default:
		out.Kind, out.Value = Scalar, n.Value
		out.plain = n.Style&^yaml.TaggedStyle == 0
	}
	return out
}

func (c *converter) tooDeep(p Pos) {
	c.fail(p, "", "nested deeper than %d levels", MaxDepth)
}

// grow adds a child's cost to its parent's.
func (n *Node) grow(child *Node) {
	n.cost.nodes += child.cost.nodes
	n.cost.height = max(n.cost.height, child.cost.height+1)
}

// after is where the node behind all[i] begins, or next for the last.
func after(c *converter, all []*yaml.Node, i int, next Pos) Pos {
	if i+1 < len(all) {
		return c.pos(all[i+1])
	}
	return next
}

// nullAt stands in for a value that was refused.
func nullAt(p, end Pos) *Node {
	return &Node{Kind: Scalar, Pos: p, end: end, tag: tagNull, plain: true, cost: cost{1, 1}}
}

// checkTag refuses every explicit tag that is not plain YAML for its kind:
// application types such as !foo and !!binary have no meaning here.
func (c *converter) checkTag(n *yaml.Node) {
	if n.Style&yaml.TaggedStyle == 0 {
		return
	}
	switch tag := n.ShortTag(); {
	case n.Kind == yaml.MappingNode && tag == tagMap, n.Kind == yaml.SequenceNode && tag == tagSeq:
	case n.Kind == yaml.ScalarNode && (tag == tagStr || tag == tagInt || tag == tagFloat || tag == tagBool || tag == tagNull):
	default:
		c.fail(c.pos(n), "remove the tag, or quote a value that begins with !", "tags are not supported")
	}
}
