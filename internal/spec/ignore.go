package spec

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/strictyaml"
)

// maxIgnore is how many globs `ignore` may have: each is compared with each path.
const maxIgnore = 100

// ignored are the files and folders that a workspace's `ignore` names.
type ignored struct {
	at    strictyaml.Pos // of the key
	names []string
}

// pathGlobs reads `ignore`: globs of paths below the workspace's folder.
func (c *checker) pathGlobs(e *strictyaml.Entry) []string {
	listed, _ := list(c, e.Value, strictyaml.WantString, (*strictyaml.Node).Text)
	globs, _ := listed.([]string)
	if len(globs) > maxIgnore {
		c.add(c.file.Errorf(e.Value.Pos, "ignore has %d globs, allowed are %d", len(globs), maxIgnore).
			WithHint("name folders as a whole, such as deploy/**"))
		return nil
	}
	for i, g := range globs {
		if problem, hint := checkPathGlob(g); problem != "" {
			c.add(c.file.Errorf(e.Value.Items[i].Pos, "ignore: %q %s", clip(g), problem).WithHint("%s", hint))
		}
	}
	return globs
}

// checkPathGlob says what is wrong with a glob of paths.
func checkPathGlob(glob string) (problem, hint string) {
	const relative = "paths begin at the workspace's folder: conda.yml, deploy/**, **/conda.yml"
	for part := range strings.SplitSeq(strings.TrimSuffix(glob, "/"), "/") {
		_, err := path.Match(part, "x")
		switch {
		case part == "" || part == "." || part == "..":
			return "is not a path", relative
		case err != nil:
			return "is not a glob", relative
		case part != "**" && strings.Contains(part, "**"):
			return "has ** beside other characters", "write ** between slashes: **/*.conda.yml"
		}
	}
	if strings.HasPrefix(glob, "!") {
		return "begins with !", "list only what is ignored"
	}
	return "", ""
}

// matchPath reports whether a glob matches a path: "*", "?" and "[...]" stay within one
// name, "**" as a name stands for any number of folders, also none. Only the last "**" has
// to give way, so that it takes no longer than both lengths multiplied.
func matchPath(glob, name []string) bool {
	g, retry, taken := 0, -1, 0
	for n := 0; n < len(name); {
		switch {
		case g < len(glob) && glob[g] == "**":
			retry, taken = g+1, n
			g++
		case g < len(glob) && matchName(glob[g], name[n]):
			g, n = g+1, n+1
		case retry >= 0:
			taken++
			g, n = retry, taken
		default:
			return false
		}
	}
	for g < len(glob) && glob[g] == "**" {
		g++
	}
	return g == len(glob)
}

func matchName(glob, name string) bool {
	ok, err := path.Match(glob, name)
	return ok && err == nil
}

// ignores reports whether the workspace's `ignore` names an entry, and notes it.
func (w *loader) ignores(e fs.DirEntry, p string, in scope) bool {
	rel := strings.Split(strings.TrimPrefix(p, in.root+"/"), "/")
	found := slices.ContainsFunc(in.ws.Settings.Ignore, func(glob string) bool {
		folder := strings.HasSuffix(glob, "/")
		return (e.IsDir() || !folder) && matchPath(strings.Split(strings.TrimSuffix(glob, "/"), "/"), rel)
	})
	if found {
		w.ignored[in.ws].names = append(w.ignored[in.ws].names, p)
		w.suspectIgnored(p, in.ws)
	}
	return found
}

// suspectIgnored looks for computes in what is ignored: where one of ours is there, and
// nowhere else, its removal is an accident. That counts against MaxComputes.
func (w *loader) suspectIgnored(p string, ws *Workspace) {
	_ = fs.WalkDir(w.tree, p, func(p string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || !isYAML(e.Name()) {
			return nil //nolint:nilerr // what cannot be read is ignored
		}
		all := w.computesIn(p)
		if !w.fits(ws, p, len(all)) {
			return fs.SkipAll
		}
		for _, c := range all {
			ws.unsure = true
			w.suspects[ws] = append(w.suspects[ws], suspect{
				name: c.name, at: c.at, is: "this file is ignored",
				hint: "take it out of ignore, or remove the document to remove the compute",
			})
		}
		return nil
	})
}

// reportIgnored lists what is ignored.
func (w *loader) reportIgnored(ws *Workspace) {
	const code = "ignored"
	x := w.ignored[ws]
	if x == nil || len(x.names) == 0 || slices.Contains(ws.Settings.IgnoreWarnings, code) {
		return
	}
	ws.Notices = append(ws.Notices, Notice{Pos: x.at, Code: code, Text: "ignored: " + some(w.named(x.names))})
}

// named are paths of the tree as people know them.
func (w *loader) named(paths []string) []string {
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = w.name(p)
	}
	return names
}

// some lists names, and how many more there are.
func some(names []string) string {
	const most = 10
	text := strings.Join(names[:min(most, len(names))], ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
