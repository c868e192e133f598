package daemon

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// What the journal knows of a workspace is a former claim once its source is not
// in the configuration any more, or no longer declares the workspace in its
// first answer. The workspace may have moved to a source that has not answered
// yet, so a former claim stays in effect until a source declares the workspace,
// or every source has answered and none does. A source that declared the
// workspace since the start and then no longer does is believed at once.

// former are the former claims; l.mu is held.
func (l *loop) former() (claims []*claim) {
	for _, index := range slices.Sorted(maps.Keys(l.claims)) {
		if index < 0 {
			claims = append(claims, l.claims[index])
		}
	}
	return claims
}

// dropFormer removes the former claims; l.mu is held.
func (l *loop) dropFormer() {
	maps.DeleteFunc(l.claims, func(index int, _ *claim) bool { return index < 0 })
}

// succeed replaces the former claims by that of a source which newly declares
// the workspace, and returns the one that it continues: an empty one where there
// is none, or where there were several, of which none was in effect. The claim
// of a source that declared it together with the former ones replaces nothing:
// that conflict lasts until every source has answered. l.mu is held.
func (l *loop) succeed(index int) *claim {
	before := l.former()
	if l.claims[index] != nil || len(before) == 0 {
		return &claim{}
	}
	l.dropFormer()
	l.log.Info().Str("source", l.d.Sources[index].Name).Msg("the workspace has a source again")
	if len(before) > 1 {
		return &claim{}
	}
	return before[0]
}

// dismiss drops the former claims of all workspaces once every source has
// answered.
func (d *Daemon) dismiss() {
	if len(d.unheard()) > 0 {
		return
	}
	for _, l := range d.workspaces() {
		l.dismiss()
	}
}

func (l *loop) dismiss() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.former()) > 0 {
		l.dropFormer()
		l.changed()
	}
}

// unheard are the sources that have given no complete list of their workspaces
// since the start.
func (d *Daemon) unheard() (names []string) {
	for i, a := range d.asked {
		if a.unheard() {
			names = append(names, d.Sources[i].Name)
		}
	}
	return names
}

// kept says why a former claim is in effect; "" when none is. l.mu is held.
func (l *loop) kept() string {
	former, awaited := l.former(), l.d.unheard()
	if len(former) == 0 || len(awaited) == 0 {
		return ""
	}
	why := "is not in the configuration any more"
	if l.d.source(former[0].source) >= 0 {
		why = "does not declare it any more"
	}
	return fmt.Sprintf("its source %s %s; waiting for a complete answer from %s first",
		former[0].source, why, strings.Join(awaited, ", "))
}

// source is the number of a source; -1 if there is none of that name.
func (d *Daemon) source(name string) int {
	return slices.IndexFunc(d.Sources, func(src Source) bool { return src.Name == name })
}
