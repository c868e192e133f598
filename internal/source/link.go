package source

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Links are resolved name by name, as the kernel would, and by the same code in a commit
// and on disk: a link means the same in both. Nothing outside of the repository is
// looked at. A link that leads to a file inside of the snapshot's folder appears as that
// file; folders are not followed, so that every file has one place.

// maxLinks is how many links one may lead through, as in Linux.
const maxLinks = 40

// ending is where a link leads.
type ending uint8

// A link whose name is not that of a spec is of no interest before toFolder: it cannot
// lead to a folder with specs.
const (
	toFile ending = iota
	toFileOutside
	toOther
	toNothing
	toItself
	tooFar
	toFolder
	outOfFolder
	outOfRepository
	toAbsolute
)

const bothHint = "replace the link by the file itself, or read a folder that holds both: PATH on the command line, path of the source"

// unfollowed says why a link is not followed, by where it leads.
var unfollowed = [...]hintedError{
	toFileOutside:   {"a link to %s, which is outside of the folder that is read", bothHint},
	toOther:         {"a link to %s, which is neither a file nor a folder", "remove the link"},
	toNothing:       {"a link to %s, where there is no file", "correct or remove the link"},
	toItself:        {"a link to %s, which leads in a circle and to no file", "correct or remove the link"},
	tooFar:          {fmt.Sprintf("a link to %%s, which leads through more than %d links", maxLinks), "link to the file itself"},
	toFolder:        {"a link to the folder %s: links are followed to files only", "replace the link by the folder itself, or link to its files"},
	outOfFolder:     {"a link to %s, which is outside of the folder that is read", bothHint},
	outOfRepository: {"a link to %s, which is outside of the repository", "replace the link by what it leads to: only what is in the repository is read"},
	toAbsolute:      {"a link to the absolute path %s: only relative links are followed", "make the link relative, or replace it by what it leads to"},
}

// documents end the names of files that no folder has: where a link of such a name leads
// cannot matter, also if that is out of sight.
var documents = []string{".md", ".rst", ".txt", ".html", ".pdf", ".json", ".toml", ".py", ".ipynb", ".sh", ".ps1"}

// outOfSight is why a link is not followed whose name is not that of a spec: whether it
// leads to a folder with specs, to anything else or to nothing cannot be seen.
type outOfSight struct{ *hintedError }

// OutOfSight says that nothing has to be wrong.
func (outOfSight) OutOfSight() bool { return true }

func (e outOfSight) Unwrap() error { return e.hintedError }

// namesFile reports whether a name is that of a file by custom. Anything else may be a
// folder, whose specs would be missed: their computes would count as no longer declared.
func namesFile(name string) bool {
	return path.Ext(name) != "" || slices.Contains([]string{"makefile", "dockerfile", "license", "readme", "codeowners"}, strings.ToLower(name))
}

// linkNode is the entry of a link that does not become a file, or nil for one that is of
// no interest.
func linkNode(name, target string, end ending) *node {
	if !isYAML(name) && (end < toFolder || end > toFolder && slices.Contains(documents, strings.ToLower(path.Ext(name)))) {
		return nil
	}
	why := unfollowed[end]
	why.text = fmt.Sprintf(why.text, oneLine(target))
	if namesFile(name) && !isYAML(name) && end > toFolder {
		return newOther(name, fs.ModeSymlink, target, outOfSight{&why})
	}
	return newOther(name, fs.ModeSymlink, target, &why)
}

// land is what links lead through. D is one of its folders.
type land[D any] interface {
	// spot looks up what a folder has by a name. Its kind is fs.ModeIrregular where there is nothing.
	spot(in D, name string) (spot[D], error)
}

// spot is a place that a link may lead to or through.
type spot[D any] struct {
	kind   fs.FileMode // type bits
	folder D
	target string // of a link
}

// nothing is a place where nothing is.
func nothing[D any]() (spot[D], error) { return spot[D]{kind: fs.ModeIrregular}, nil }

// walker walks from folder to folder.
type walker[D any] struct {
	land   land[D]
	budget *budget
	trail  []D      // from the top down to where it is
	names  []string // of those folders but the top; at the end of a link, also the file's
	top    ending   // what it is to go above the top
}

// enter goes down to a folder that is there.
func (w *walker[D]) enter(dir string) error {
	for name := range strings.SplitSeq(dir, "/") {
		if name == "" || name == "." {
			continue
		}
		at, err := w.look(name)
		if err != nil {
			return err
		}
		w.down(name, at.folder)
	}
	return nil
}

func (w *walker[D]) down(name string, to D) {
	w.trail, w.names = append(w.trail, to), append(w.names, name)
}

func (w *walker[D]) look(name string) (spot[D], error) {
	if err := w.budget.step(); err != nil {
		return spot[D]{}, err
	}
	return w.land.spot(w.trail[len(w.trail)-1], name)
}

// up leaves a folder, unless it is the top.
func (w *walker[D]) up() bool {
	last := len(w.names) - 1
	if last < 0 {
		return false
	}
	w.trail, w.names = w.trail[:last+1], w.names[:last]
	return true
}

// follow walks along the target of a link that is where the walker is.
func (w *walker[D]) follow(target string) (ending, error) {
	todo, seen := []string{target}, map[string]bool{}
	for len(todo) > 0 {
		if strings.HasPrefix(todo[0], "/") {
			return toAbsolute, nil
		}
		name, rest, more := strings.Cut(todo[0], "/")
		if todo = todo[1:]; more {
			todo = append([]string{strings.TrimLeft(rest, "/")}, todo...)
		}
		if name == "" || name == "." {
			continue
		}
		if name == ".." {
			if !w.up() {
				return w.top, nil
			}
			continue
		}
		at, err := w.look(name)
		switch {
		case err != nil:
			return 0, err
		case at.kind == fs.ModeDir:
			w.down(name, at.folder)
		case at.kind == fs.ModeSymlink:
			if end := again(seen, strings.Join(w.names, "/")+"/"+name); end != toFile {
				return end, nil
			}
			todo = append([]string{at.target}, todo...)
		case at.kind == fs.ModeIrregular || len(todo) > 0: // nothing, or a file where a folder is needed
			return toNothing, nil
		case at.kind != 0:
			return toOther, nil
		default:
			w.names = append(w.names, name)
			return toFile, nil
		}
	}
	return toFolder, nil
}

// again notes that a link leads through another one; it is toFile while it may.
func again(seen map[string]bool, link string) ending {
	switch {
	case seen[link]:
		return toItself
	case len(seen) == maxLinks:
		return tooFar
	}
	seen[link] = true
	return toFile
}

// ends follows a link, and returns the path below a folder of the file that it leads to.
func (w *walker[D]) ends(below, target string) (file string, end ending, err error) {
	if end, err = w.follow(target); err != nil || end != toFile {
		return "", end, err
	}
	file = strings.Join(w.names, "/")
	if below == "." || below == "" {
		return file, toFile, nil
	}
	inside, found := strings.CutPrefix(file, below+"/")
	if !found {
		return "", toFileOutside, nil
	}
	return inside, toFile, nil
}
