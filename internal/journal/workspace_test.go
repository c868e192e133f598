package journal

import (
	"fmt"
	"strings"
	"testing"

	"github.com/computesync/computesync/internal/spec"
	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"
)

func TestScopesAreApart(t *testing.T) {
	j := open(t, t.TempDir())
	folded := testID
	folded.Name = strings.ToLower(testID.Name)
	if Scope("https://a", testID) != Scope("https://A/", testID) {
		t.Error("one endpoint written in two ways is two scopes")
	}
	if Scope("https://a", testID) != Scope("https://a", folded) {
		t.Error("two spellings of a workspace are two scopes")
	}
	a, b := Scope("https://a", testID), Scope("https://b", testID)
	must(t, j.Workspace(b).Save(Update{Put: []*spec.Record{cluster("one")}}))
	must(t, j.Workspace(a).Save(Update{Put: []*spec.Record{cluster("two")}}))
	must(t, j.Workspace(a).Begin(Unit{ID: "u"}))
	must(t, j.Workspace(b).Begin(Unit{ID: "u"}))
	scopes, err := j.Workspaces()
	must(t, err)
	if diff := cmp.Diff([]string{a, b}, scopes); diff != "" {
		t.Error(diff)
	}
	records, err := j.Workspace(a).Records()
	must(t, err)
	if len(records) != 1 || records["two"] == nil {
		t.Errorf("records of a: %v", records)
	}
}

func TestPermissionsRotateWithTheCommit(t *testing.T) {
	w := open(t, t.TempDir()).Workspace(testScope)
	p := func(commit string, prune bool) *spec.Permissions {
		return &spec.Permissions{Commit: commit, Settings: spec.Settings{Prune: prune}}
	}
	sum := func(commit, sum string) *spec.Permissions { return &spec.Permissions{Commit: commit, Sum: sum} }
	for i, step := range []struct{ set, current, previous *spec.Permissions }{
		{nil, nil, nil},
		{p("1", false), p("1", false), nil},
		{p("1", true), p("1", true), nil},
		{p("2", true), p("2", true), p("1", true)},
		{p("2", true), p("2", true), p("1", true)},
		{p("2", false), p("2", false), p("1", true)},
		{p("1", true), p("1", true), p("2", false)},
		{sum("3", "x"), sum("3", "x"), p("1", true)},
		{sum("4", "x"), sum("4", "x"), p("1", true)}, // a commit that leaves the files alone
		{sum("5", "y"), sum("5", "y"), sum("4", "x")},
		{sum("6", "x"), sum("6", "x"), sum("5", "y")},
	} {
		if step.set != nil {
			must(t, w.SetPermissions(*step.set))
		}
		current, previous, err := w.Permissions()
		must(t, err)
		if diff := cmp.Diff([]*spec.Permissions{step.current, step.previous}, []*spec.Permissions{current, previous}); diff != "" {
			t.Errorf("step %d: %s", i, diff)
		}
	}
}

func TestLastGoodIsSmallAndExact(t *testing.T) {
	w := open(t, t.TempDir()).Workspace(testScope)
	if g, err := w.LastGood(); g != nil || err != nil {
		t.Fatalf("LastGood() = %v, %v before any was set", g, err)
	}
	want := LastGood{Commit: "abc", Dir: "fleet/prod", ID: testID, Files: map[string][]byte{
		"workspace.yaml": []byte("owner: ml\n"), "empty.yaml": {}, "ö/raw.yaml": {0, 255, '\n', 254},
	}}
	for i := range 500 {
		want.Files[fmt.Sprintf("cpu-%d.yaml", i)] = fmt.Appendf(nil, "name: cpu-%d\ntype: amlcompute\nsize: STANDARD_DS3_V2\n", i)
	}
	must(t, w.SetLastGood(want))
	got, err := w.LastGood()
	must(t, err)
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Error(diff)
	}
	must(t, w.view("", func(b *bucket) error {
		if n := len(b.Get(nameLastGood)); n > 10_000 {
			t.Errorf("500 alike files take %d bytes", n)
		}
		return nil
	}))
	want.Commit = "abd"
	must(t, w.SetLastGood(want))
	if got, err = w.LastGood(); err != nil || got.Commit != "abd" {
		t.Errorf("a new commit with the same files is not stored: %v", err)
	}
}

func TestHistoryKeepsTheLast(t *testing.T) {
	w := open(t, t.TempDir()).Workspace(testScope)
	const extra = 40
	var u Update
	for i := range keepEvents {
		u.Events = append(u.Events, Event{Text: fmt.Sprint(i)})
	}
	must(t, w.Save(u))
	for i := range extra {
		must(t, w.Append(Event{At: noon, Text: fmt.Sprint(keepEvents + i)}))
	}
	events, err := w.History(2 * keepEvents)
	must(t, err)
	if len(events) != keepEvents {
		t.Fatalf("%d events, want %d", len(events), keepEvents)
	}
	for i, e := range events {
		if want := fmt.Sprint(keepEvents + extra - 1 - i); e.Text != want {
			t.Fatalf("event %d is %s, want %s", i, e.Text, want)
		}
	}
	few, err := w.History(3)
	must(t, err)
	if diff := cmp.Diff(events[:3], few); diff != "" {
		t.Error(diff)
	}
	if none, err := w.History(0); err != nil || len(none) != 0 {
		t.Errorf("History(0) = %v, %v", none, err)
	}
}

// What is stored may be an operation's URL with its signature: errors about it
// must not quote it.
func TestErrorsDoNotQuoteTheJournal(t *testing.T) {
	j := open(t, t.TempDir())
	w := j.Workspace(testScope)
	must(t, w.Begin(Unit{ID: "u"}))
	must(t, w.Save(Update{Put: []*spec.Record{cluster("a")}, Events: []Event{{Text: "x"}}}))
	must(t, w.SetPermissions(spec.Permissions{}))
	must(t, w.SetLastGood(LastGood{}))
	for stored, unreadable := range map[string]string{
		`s=SIG`:   "records permissions last-good unfinished history intent set-permissions",
		`"s=SIG"`: "records permissions unfinished history intent set-permissions",
		`{"name":["s=SIG"],"steps":"s=SIG","at":"s=SIG","commit":5}`: "records permissions unfinished history intent set-permissions",
		`{"name":"a","spec":{"name":"s=SIG","kind":"s=SIG"}}`:        "records",
	} {
		must(t, j.db.Update(func(t *bolt.Tx) error {
			return putAll(j.workspaces(t).child(w.scope), []byte(stored))
		}))
		for _, c := range []struct {
			name string
			call func() error
		}{
			{"records", func() error { _, err := w.Records(); return err }},
			{"permissions", func() error { _, _, err := w.Permissions(); return err }},
			{"last-good", func() error { _, err := w.LastGood(); return err }},
			{"unfinished", func() error { _, err := w.Unfinished(); return err }},
			{"history", func() error { _, err := w.History(1); return err }},
			{"intent", func() error { return w.Intent("u", "1", noon, nil) }},
			{"set-permissions", func() error { return w.SetPermissions(spec.Permissions{Commit: "2"}) }},
		} {
			err := c.call()
			if err == nil && strings.Contains(unreadable, c.name) || err != nil && strings.Contains(err.Error(), "SIG") {
				t.Errorf("%s over %s: %v", c.name, stored, err)
			}
		}
	}
}

// putAll replaces every value below a bucket.
func putAll(b *bucket, value []byte) error {
	var names [][]byte
	err := b.ForEach(func(k, v []byte) error {
		if v == nil {
			return putAll(b.child(k), value)
		}
		names = append(names, k)
		return nil
	})
	for _, name := range names {
		if err == nil {
			err = b.Put(name, b.key.seal(b.place, name, value))
		}
	}
	return err
}
