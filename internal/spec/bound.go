package spec

import "github.com/computesync/computesync/internal/strictyaml"

// The limits of one set: what a megabyte of text declares takes hundreds of megabytes to hold, to plan and to report.
const (
	MaxComputes   = 25_000 // documents beside workspace.yaml, also those that declare no compute
	MaxWorkspaces = 5_000
	maxErrors     = 10_000 // that are reported; each workspace with errors has one of them at least
)

// fits reports whether a set that declares so many documents more is within the limits, also that of errors: what is
// beyond them is not read.
func (w *loader) fits(ws *Workspace, p string, documents int) bool {
	w.computes += documents
	switch {
	case w.computes > MaxComputes:
		w.report(ws, w.problem(p, "more than %d computes in one repository", MaxComputes).
			WithHint("divide the specs among several sources"))
	case w.reported >= maxErrors:
		w.report(ws, w.problem(p, "not read: there are more than %d errors already", maxErrors).
			WithHint("correct those first"))
	default:
		return true
	}
	return false
}

// hasRoom says whether another workspace may begin at dir.
func (w *loader) hasRoom(dir string) bool {
	if len(w.set.Workspaces) < MaxWorkspaces {
		return true
	}
	w.report(nil, w.problem(dir, "more than %d workspaces in one repository", MaxWorkspaces).
		WithHint("divide the specs among several sources"))
	return false
}

// report adds errors to those of a workspace, or of none. What is over the limit is counted.
func (w *loader) report(ws *Workspace, errs ...*strictyaml.Error) {
	into := &w.set.Errors
	if ws != nil {
		into = &ws.Errors
	}
	for _, e := range errs {
		if w.reported >= maxErrors && len(*into) > 0 {
			w.omitted++
			continue
		}
		w.reported++
		*into = append(*into, e)
	}
}

// reportOmitted says how many errors were left out.
func (w *loader) reportOmitted() {
	if w.omitted > 0 {
		w.set.Errors = append(w.set.Errors, w.problem(".", "%d more errors are not shown", w.omitted).
			WithHint("correct those that are shown first"))
	}
}
