package journal

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/computesync/computesync/internal/spec"
	"github.com/google/go-cmp/cmp"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func replaceUnit(id string) Unit {
	return Unit{
		ID: id, Plan: "sha256:77", Commit: "abc", Change: json.RawMessage(`{"action":"replace"}`),
		Steps: []Step{{ID: "1", Verb: "delete", Name: "gpu"}, {ID: "2", Verb: "create", Name: "gpu"}},
	}
}

func TestUnitFromBeginToFinish(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir).Workspace(testScope)
	reopen := func() {
		must(t, w.j.Close())
		w = open(t, dir).Workspace(testScope)
	}
	want := replaceUnit("u")
	expect := func() {
		t.Helper()
		reopen()
		units, err := w.Unfinished()
		must(t, err)
		if diff := cmp.Diff([]Unit{want}, units); diff != "" {
			t.Fatal(diff)
		}
	}
	first, second := &want.Steps[0], &want.Steps[1]

	must(t, w.Begin(want))
	expect()

	must(t, w.Intent("u", "1", noon, json.RawMessage(`{"action":"Delete"}`)))
	first.State, first.First, first.Begun, first.Body = Intent, noon, noon, json.RawMessage(`{"action":"Delete"}`)
	expect()

	must(t, w.Sent("u", "1", "https://example.net/operations/1?s=sig", ""))
	first.State, first.Token = Sent, "https://example.net/operations/1?s=sig"
	expect()

	must(t, w.Done("u", "1", Update{Forget: []string{"gpu"}}))
	first.State, first.Token = Done, ""
	expect()

	must(t, w.Intent("u", "2", noon, nil))
	must(t, w.Failed("u", "2", "quota is used up", Event{Name: "gpu", Outcome: "failed"}))
	second.State, second.First, second.Begun, second.Error = Failed, noon, noon, "quota is used up"
	expect()

	must(t, w.Intent("u", "2", noon.Add(time.Minute), nil))
	second.State, second.Begun, second.Error = Intent, noon.Add(time.Minute), ""
	expect()

	must(t, w.Finish("u", Update{Put: []*spec.Record{cluster("GPU")}, Events: []Event{{Name: "gpu", Outcome: "done"}}}))
	reopen()
	units, err := w.Unfinished()
	must(t, err)
	records, err := w.Records()
	must(t, err)
	events, err := w.History(10)
	must(t, err)
	if len(units) != 0 || records["gpu"] == nil {
		t.Errorf("after finish: units %v, records %v", units, records)
	}
	if diff := cmp.Diff([]Event{{Name: "gpu", Outcome: "done"}, {Name: "gpu", Outcome: "failed"}}, events); diff != "" {
		t.Error(diff)
	}
}

func TestBeginWithIntentIsOneWrite(t *testing.T) {
	writes := 0
	w := open(t, t.TempDir(), AfterWrite(func(n int) error { writes = n; return nil })).Workspace(testScope)
	u := Unit{ID: "u", Steps: []Step{{ID: "1", Verb: "create", Name: "cpu", State: Intent, Begun: noon}}}
	must(t, w.Begin(u))
	units, err := w.Unfinished()
	must(t, err)
	if diff := cmp.Diff([]Unit{u}, units); diff != "" || writes != 1 {
		t.Errorf("%d writes\n%s", writes, diff)
	}
}

func TestUnfinishedKeepsTheOrderOfBegin(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir).Workspace(testScope)
	order := func() (ids string) {
		units, err := w.Unfinished()
		must(t, err)
		for _, u := range units {
			ids += u.ID
		}
		return ids
	}
	for _, id := range []string{"z", "b", "m", "a"} {
		must(t, w.Begin(Unit{ID: id}))
	}
	must(t, w.Finish("b", Update{}))
	must(t, w.j.Close())
	w = open(t, dir).Workspace(testScope)
	must(t, w.Begin(Unit{ID: "b"}))
	if got := order(); got != "zmab" {
		t.Errorf("order %q, want zmab", got)
	}
}

func TestUnitRefusals(t *testing.T) {
	w := open(t, t.TempDir()).Workspace(testScope)
	other := w.j.Workspace("elsewhere")
	must(t, w.Begin(replaceUnit("u")))
	must(t, w.Intent("u", "1", noon, nil))
	before, err := w.Unfinished()
	must(t, err)
	for name, call := range map[string]func() error{
		"begin twice":           func() error { return w.Begin(Unit{ID: "u"}) },
		"begin without id":      func() error { return w.Begin(Unit{}) },
		"step without id":       func() error { return w.Begin(Unit{ID: "v", Steps: []Step{{}}}) },
		"two steps of one id":   func() error { return w.Begin(Unit{ID: "v", Steps: []Step{{ID: "1"}, {ID: "1"}}}) },
		"change is no JSON":     func() error { return w.Begin(Unit{ID: "v", Change: json.RawMessage(`{`)}) },
		"intent of no unit":     func() error { return w.Intent("v", "1", noon, nil) },
		"intent of no step":     func() error { return w.Intent("u", "9", noon, nil) },
		"body is no JSON":       func() error { return w.Intent("u", "2", noon, json.RawMessage(`{`)) },
		"sent of no step":       func() error { return w.Sent("u", "9", "", "") },
		"done of no step":       func() error { return w.Done("u", "9", Update{Put: []*spec.Record{cluster("lost")}}) },
		"failed of no step":     func() error { return w.Failed("u", "9", "text", Event{}) },
		"finish of no unit":     func() error { return w.Finish("v", Update{Put: []*spec.Record{cluster("lost")}}) },
		"another workspace's":   func() error { return other.Finish("u", Update{}) },
		"record without a name": func() error { return w.Done("u", "1", Update{Put: []*spec.Record{cluster("")}}) },
	} {
		if call() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	after, err := w.Unfinished()
	must(t, err)
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("a refused call changed something:\n%s", diff)
	}
	records, err := w.Records()
	must(t, err)
	if len(records) != 0 {
		t.Errorf("a refused call left records: %v", records)
	}
	if scopes, err := w.j.Workspaces(); err != nil || len(scopes) != 1 {
		t.Errorf("a refused call left a workspace: %q, %v", scopes, err)
	}
}
