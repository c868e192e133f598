package spec

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/strictyaml"
)

// maxStrays is how many folders of computes in no workspace are named.
const maxStrays = 20

// strays reports computes in a folder that is in no workspace: nobody reads them. Once
// that is said of a folder, it holds of those below.
func (w *loader) strays(dir string, entries []fs.DirEntry, in *scope) {
	for _, e := range entries {
		if e.Name() == "workspace.yml" {
			in.stray = true // which is an error of its own
		}
		if !e.IsDir() && nearlyWorkspace(e.Name()) {
			in.near = path.Join(dir, e.Name())
			if w.near == "" {
				w.near = in.near
			}
			break
		}
	}
	for _, e := range entries {
		p := path.Join(dir, e.Name())
		if in.stray || !e.Type().IsRegular() || !isYAML(e.Name()) || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if all := w.computesIn(p); len(all) > 0 {
			in.stray = true
			w.noteStray(all[0].at.pos, in.near)
		}
	}
}

func (w *loader) noteStray(at strictyaml.Pos, near string) {
	if w.stray++; w.stray > maxStrays {
		return
	}
	why := fmt.Sprintf("there is no %s in this folder or above it; add one, or move them", WorkspaceFile)
	if near != "" {
		const format = "%s is not %s, the name that makes a folder a workspace; rename it"
		why = fmt.Sprintf(format, w.name(near), WorkspaceFile)
	}
	text := "these computes are not read: " + why
	w.set.Notices = append(w.set.Notices, Notice{Pos: at, Code: "no-workspace", Text: text})
}

// reportStrays sums up what there is too much of to say it one by one.
func (w *loader) reportStrays() {
	at := func(p string) strictyaml.Pos { return strictyaml.Pos{File: w.name(p), Line: 1, Col: 1} }
	if more := w.stray - maxStrays; more > 0 {
		w.set.Notices = append(w.set.Notices, Notice{
			Pos: at("."), Code: "no-workspace", Text: fmt.Sprintf("%d more folders hold computes in no workspace", more),
		})
	}
	if all := w.unfollowed[nil]; len(all) > 0 {
		w.set.Notices = append(w.set.Notices, Notice{
			Pos: at(all[0]), Code: "not-followed",
			Text: "links and submodules in no workspace are not followed: " + some(w.named(all)),
		})
	}
}

// reportUnfollowed lists a workspace's links that lead out of sight. If one leads to a
// folder of computes, those are missed.
func (w *loader) reportUnfollowed(ws *Workspace) {
	const code = "link-not-followed"
	all := w.unfollowed[ws]
	if len(all) == 0 || slices.Contains(ws.Settings.IgnoreWarnings, code) {
		return
	}
	ws.Notices = append(ws.Notices, Notice{
		Pos: strictyaml.Pos{File: w.name(all[0]), Line: 1, Col: 1}, Code: code,
		Text: "links that lead out of what is read are not followed: " + some(w.named(all)),
	})
}

// nearlyWorkspace reports whether a file's name is meant for WorkspaceFile.
func nearlyWorkspace(name string) bool {
	return name != WorkspaceFile && strictyaml.Suggest(name, []string{WorkspaceFile}) != ""
}

// noWorkspace is the error of a tree without any.
func (w *loader) noWorkspace() {
	if len(w.set.Workspaces) > 0 || len(w.set.Errors) > 0 {
		return
	}
	err := w.problem(".", "no %s here or below", WorkspaceFile).
		WithHint("a folder becomes a workspace by a %s with subscription_id, resource_group and workspace_name", WorkspaceFile)
	if w.near != "" {
		err.Msg += ", but " + w.name(w.near)
		err.Hint = "rename it: " + WorkspaceFile + " is the name that makes a folder a workspace"
	}
	w.set.Errors = append(w.set.Errors, err)
}

// found is a compute in a file that is not read for its specs.
type found struct {
	name string
	at   place
}

// nameLine and typeLine are keys at the top of a document, as people write them.
var (
	nameLine = regexp.MustCompile(`(?m)^name[ \t]*:[ \t]*["']?([A-Za-z][A-Za-z0-9-]*)`)
	typeLine = regexp.MustCompile(`(?m)^type[ \t]*:[ \t]*["']?([A-Za-z]+)`)
)

// computesIn are the documents of a file that look like computes; of one that cannot be
// parsed to its end, all that may be names of some. A file that names no kind of compute
// is not parsed.
func (w *loader) computesIn(p string) (all []found) {
	data, err := w.readBounded(p)
	if err != nil || !namesKind(string(data)) {
		return nil
	}
	file, errs := strictyaml.Parse(w.name(p), data)
	for _, doc := range file.Docs {
		if isCompute(doc.Root) {
			name, _ := doc.Root.Get("name").Text()
			all = append(all, found{name, place{file, doc.Root.Pos}})
		}
	}
	file.Docs = nil
	isKind := func(m [][]byte) bool { return KindByName(string(m[1])) != nil }
	if len(errs) == 0 || !slices.ContainsFunc(typeLine.FindAllSubmatch(data, -1), isKind) {
		return all
	}
	for _, m := range nameLine.FindAllSubmatchIndex(data, -1) {
		at := strictyaml.Pos{File: file.Name, Line: 1 + bytes.Count(data[:m[0]], []byte("\n")), Col: 1}
		all = append(all, found{string(data[m[2]:m[3]]), place{file, at}})
	}
	return all
}

// namesKind reports whether a text may hold a key `type` with a kind of compute, however
// it is written.
func namesKind(text string) bool {
	for {
		_, rest, found := strings.Cut(text, "type")
		if !found {
			return false
		}
		text = rest
		value := strings.TrimLeft(rest[:min(len(rest), 64)], "\"' \t\r\n:")
		end := strings.IndexFunc(value, func(r rune) bool { return (r|0x20 < 'a') || (r|0x20 > 'z') })
		if end > 0 && KindByName(value[:end]) != nil {
			return true
		}
	}
}

// isCompute reports whether a document looks like a compute: it has the type of one, and
// a name or a key of that kind.
func isCompute(root *strictyaml.Node) bool {
	typ, _ := root.Get("type").Text()
	k := KindByName(typ)
	if k == nil || otherAsset(root) != "" {
		return false
	}
	for i := range root.Entries {
		if key := root.Entries[i].Key; key == "name" || computeKeys()[key] {
			return true
		}
	}
	return false
}
