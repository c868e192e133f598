package journal

import "testing"

// TestSource keeps the commit in effect over a restart, and what it was changed for
// in the histories.
func TestSource(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	if s, err := j.Source("fleet"); err != nil || s != (Source{}) {
		t.Errorf("before anything was taken: %+v, %v", s, err)
	}
	change := func(to Source, want bool, e Event, scopes ...string) {
		t.Helper()
		changed, err := j.ChangeSource("fleet", func(s *Source) bool {
			if !want {
				return false
			}
			*s = to
			return true
		}, e, scopes...)
		must(t, err)
		if changed != want {
			t.Errorf("changed: %v", changed)
		}
	}
	change(Source{Commit: "one"}, true, Event{})
	change(Source{Commit: "one", Refused: "two"}, true, Event{Verb: "refused"}, testScope, "other")
	change(Source{Commit: "three"}, false, Event{Verb: "nothing"}, testScope)
	must(t, j.Close())

	j = open(t, dir)
	s, err := j.Source("fleet")
	must(t, err)
	if s != (Source{Commit: "one", Refused: "two"}) {
		t.Errorf("after a restart: %+v", s)
	}
	for _, scope := range []string{testScope, "other"} {
		events, err := j.Workspace(scope).History(9)
		must(t, err)
		if len(events) != 1 || events[0].Verb != "refused" {
			t.Errorf("history of %s: %+v", scope, events)
		}
	}
	if s, err := j.Source("another"); err != nil || s != (Source{}) {
		t.Errorf("another source: %+v, %v", s, err)
	}
}
