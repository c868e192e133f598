package journal

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/computesync/computesync/internal/spec"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// model is what a workspace's part of the journal should hold.
type model struct {
	records           map[string]*spec.Record
	disowned          map[string]*spec.Disowned
	current, previous *spec.Permissions
	good              *LastGood
	units             []Unit
	suspended         []spec.Suspension // by what they cover
	approval          *Approval
	events            []Event // oldest first
}

func (m *model) apply(u Update) {
	for _, name := range u.Forget {
		key := spec.FoldName(name)
		if r := m.records[key]; r != nil && !u.At.IsZero() {
			m.disowned[key] = &spec.Disowned{Name: r.Name, CreatedOn: r.CreatedOn, Removed: true, At: u.At}
		}
		delete(m.records, key)
	}
	if u.Disown != nil {
		m.disowned[spec.FoldName(u.Disown.Name)] = u.Disown
	}
	for _, r := range u.Put {
		key := spec.FoldName(r.Name)
		if old := m.records[key]; old == nil || r.CreatedOn >= old.CreatedOn { // in one format, times sort as text
			m.records[key] = r
		}
	}
	m.events = append(m.events, u.Events...)
}

var (
	someName  = rapid.SampledFrom([]string{"cpu", "CPU", "gpu", "vm-1", "Vm-1"})
	someUnit  = rapid.SampledFrom([]string{"u1", "u2", "u3"})
	someStep  = rapid.SampledFrom([]string{"1", "2"})
	someGlob  = rapid.SampledFrom([]string{"*", "gpu-*", "cpu"})
	someText  = rapid.SampledFrom([]string{"", "a", "quota: \"<&>\"\n", "https://example.net/op?s=sig"})
	someBody  = rapid.SampledFrom([]json.RawMessage{nil, json.RawMessage(`{"a":[1,2,null]}`), json.RawMessage(`"x"`)})
	someTime  = rapid.Map(rapid.Int64Range(0, 1e15), func(n int64) time.Time { return noon.Add(time.Duration(n)) })
	someEvent = rapid.Custom(func(t *rapid.T) Event {
		return Event{At: someTime.Draw(t, "at"), Name: someName.Draw(t, "name"), Text: someText.Draw(t, "text")}
	})
	someRecord = rapid.Custom(func(t *rapid.T) *spec.Record {
		r := cluster(someName.Draw(t, "name"))
		r.Unremoved = someText.Draw(t, "unremoved")
		r.Adopted, r.Remakes, r.RemakeAt = rapid.Bool().Draw(t, "adopted"), rapid.IntRange(0, 3).Draw(t, "remakes"), someTime.Draw(t, "at")
		r.CreatedOn = rapid.SampledFrom([]string{"2025-11-20T10:00:00Z", "2025-11-20T10:00:01Z", "2025-11-21T10:00:00Z"}).Draw(t, "created")
		r.Spec.Values["max_instances"] = rapid.Int64Range(0, 100).Draw(t, "max")
		return r
	})
	someDisowned = rapid.Custom(func(t *rapid.T) *spec.Disowned {
		return &spec.Disowned{Name: someName.Draw(t, "name"), CreatedOn: "2025-11-20T10:00:00Z", At: someTime.Draw(t, "at")}
	})
	someUpdate = rapid.Custom(func(t *rapid.T) Update {
		return Update{
			Put:    rapid.SliceOfN(someRecord, 0, 3).Draw(t, "put"),
			Forget: rapid.SliceOfN(someName, 0, 2).Draw(t, "forget"),
			At:     rapid.OneOf(rapid.Just(time.Time{}), someTime).Draw(t, "went"),
			Disown: rapid.OneOf(rapid.Just[*spec.Disowned](nil), someDisowned).Draw(t, "disown"),
			Events: rapid.SliceOfN(someEvent, 0, 2).Draw(t, "events"),
		}
	})
)

// TestModel makes random calls on a journal, which is closed and opened again
// now and then, and compares all it holds with a model after each.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "journal")
		ok(t, err)
		defer os.RemoveAll(dir)
		r := &run{t: t, dir: dir, m: model{records: map[string]*spec.Record{}, disowned: map[string]*spec.Disowned{}}}
		r.open()
		defer func() { r.j.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"": r.compare, "reopen": r.reopen, "save": r.save, "permissions": r.permissions, "last good": r.lastGood,
			"begin": r.begin, "intent": r.intent, "sent": r.sent, "done": r.done, "failed": r.failed, "finish": r.finish,
			"suspend": r.suspend, "resume": r.resume, "approve": r.approve, "drop approval": r.dropApproval,
		})
	})
}

type run struct {
	t   *rapid.T
	dir string
	j   *Journal
	w   *Workspace
	m   model
}

func ok(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (r *run) open() {
	var err error
	r.j, err = Open(r.dir, WithKey(testKey))
	ok(r.t, err)
	r.j.db.NoSync = true // what survives a crash is TestKill's
	r.w = r.j.Workspace(testScope)
}

func (r *run) reopen(t *rapid.T) {
	ok(t, r.j.Close())
	r.open()
}

func (r *run) save(t *rapid.T) {
	u := someUpdate.Draw(t, "update")
	ok(t, r.w.Save(u))
	r.m.apply(u)
}

func (r *run) permissions(t *rapid.T) {
	p := spec.Permissions{Commit: someText.Draw(t, "commit"), Settings: spec.Settings{Prune: rapid.Bool().Draw(t, "prune")}}
	ok(t, r.w.SetPermissions(p))
	if r.m.current != nil && r.m.current.Commit != p.Commit {
		r.m.previous = r.m.current
	}
	r.m.current = &p
}

func (r *run) lastGood(t *rapid.T) {
	g := LastGood{Commit: someText.Draw(t, "commit"), Dir: someText.Draw(t, "dir"), ID: testID, Files: map[string][]byte{}}
	for _, name := range rapid.SliceOfN(someName, 0, 3).Draw(t, "files") {
		g.Files[name] = rapid.SliceOf(rapid.Byte()).Draw(t, "content")
	}
	ok(t, r.w.SetLastGood(g))
	r.m.good = &g
}

func (r *run) begin(t *rapid.T) {
	id := someUnit.Draw(t, "unit")
	u := Unit{ID: id, Change: someBody.Draw(t, "change"), Steps: []Step{{ID: "1", Verb: "delete"}, {ID: "2", Verb: "create", Name: "x"}}}
	err := r.w.Begin(u)
	if r.unit(id) < 0 {
		ok(t, err)
		r.m.units = append(r.m.units, u)
	} else if err == nil {
		t.Fatal("a unit was begun twice")
	}
}

func (r *run) unit(id string) int {
	return slices.IndexFunc(r.m.units, func(u Unit) bool { return u.ID == id })
}

// step makes a call on some step; on a unit that is not there it must fail.
func (r *run) step(t *rapid.T, call func(unit, step string) error, change func(*Step)) {
	unit, step := someUnit.Draw(t, "unit"), someStep.Draw(t, "step")
	err := call(unit, step)
	i := r.unit(unit)
	if i < 0 {
		if err == nil {
			t.Fatal("a unit that was not begun took a step")
		}
		return
	}
	ok(t, err)
	steps := slices.Clone(r.m.units[i].Steps)
	change(&steps[slices.IndexFunc(steps, func(s Step) bool { return s.ID == step })])
	r.m.units[i].Steps = steps
}

func (r *run) intent(t *rapid.T) {
	at, body := someTime.Draw(t, "at"), someBody.Draw(t, "body")
	r.step(t, func(unit, step string) error { return r.w.Intent(unit, step, at, body) }, func(s *Step) {
		first := s.First
		if first.IsZero() {
			first = at
		}
		*s = Step{ID: s.ID, Verb: s.Verb, Name: s.Name, State: "intent", First: first, Begun: at, Body: body}
	})
}

func (r *run) sent(t *rapid.T) {
	token := someText.Draw(t, "token")
	r.step(t, func(unit, step string) error { return r.w.Sent(unit, step, token, "") }, func(s *Step) {
		s.State, s.Token = "sent", token
	})
}

func (r *run) done(t *rapid.T) {
	u := someUpdate.Draw(t, "update")
	r.step(t, func(unit, step string) error { return r.w.Done(unit, step, u) }, func(s *Step) {
		s.State, s.Token, s.Error = "done", "", ""
		r.m.apply(u)
	})
}

func (r *run) failed(t *rapid.T) {
	text, e := someText.Draw(t, "text"), someEvent.Draw(t, "event")
	r.step(t, func(unit, step string) error { return r.w.Failed(unit, step, text, e) }, func(s *Step) {
		s.State, s.Token, s.Error = "failed", "", text
		r.m.events = append(r.m.events, e)
	})
}

func (r *run) finish(t *rapid.T) {
	unit, u := someUnit.Draw(t, "unit"), someUpdate.Draw(t, "update")
	err := r.w.Finish(unit, u)
	i := r.unit(unit)
	if i < 0 {
		if err == nil {
			t.Fatal("a unit that was not begun was finished")
		}
		return
	}
	ok(t, err)
	r.m.units = slices.Delete(r.m.units, i, i+1)
	r.m.apply(u)
}

func (r *run) suspend(t *rapid.T) {
	s := spec.Suspension{Computes: someGlob.Draw(t, "computes"), Reason: someText.Draw(t, "reason"), Until: someTime.Draw(t, "until")}
	e := someEvent.Draw(t, "event")
	ok(t, r.w.Suspend(s, e))
	r.lift(s.Computes)
	r.m.suspended = append(r.m.suspended, s)
	slices.SortFunc(r.m.suspended, func(a, b spec.Suspension) int { return strings.Compare(a.Computes, b.Computes) })
	r.m.events = append(r.m.events, e)
}

func (r *run) resume(t *rapid.T) {
	computes, e := someGlob.Draw(t, "computes"), someEvent.Draw(t, "event")
	found, err := r.w.Resume(computes, e)
	ok(t, err)
	if want := r.lift(computes); found != want {
		t.Fatalf("resume found %v, want %v", found, want)
	}
	if found {
		r.m.events = append(r.m.events, e)
	}
}

// lift takes a suspension out of the model.
func (r *run) lift(computes string) bool {
	before := len(r.m.suspended)
	r.m.suspended = slices.DeleteFunc(r.m.suspended, func(s spec.Suspension) bool { return s.Computes == computes })
	return len(r.m.suspended) < before
}

func (r *run) approve(t *rapid.T) {
	a, e := Approval{Plan: someText.Draw(t, "plan"), By: someText.Draw(t, "by"), At: someTime.Draw(t, "at")}, someEvent.Draw(t, "event")
	ok(t, r.w.Approve(a, e))
	r.m.approval, r.m.events = &a, append(r.m.events, e)
}

func (r *run) dropApproval(t *rapid.T) {
	events := rapid.SliceOfN(someEvent, 0, 1).Draw(t, "events")
	ok(t, r.w.DropApproval(events...))
	r.m.approval, r.m.events = nil, append(r.m.events, events...)
}

func (r *run) compare(t *rapid.T) {
	var got model
	var err error
	got.records, err = r.w.Records()
	ok(t, err)
	got.disowned, err = r.w.Disowned()
	ok(t, err)
	got.current, got.previous, err = r.w.Permissions()
	ok(t, err)
	got.good, err = r.w.LastGood()
	ok(t, err)
	got.units, err = r.w.Unfinished()
	ok(t, err)
	got.suspended, err = r.w.Suspensions()
	ok(t, err)
	got.approval, err = r.w.Approval()
	ok(t, err)
	got.events, err = r.w.History(keepEvents)
	ok(t, err)
	slices.Reverse(got.events)
	opts := cmp.Options{cmp.AllowUnexported(model{}), cmp.Comparer(sameKind), cmpopts.EquateEmpty()}
	if diff := cmp.Diff(r.m, got, opts); diff != "" {
		t.Fatalf("records %v\n%s", fmt.Sprint(slices.Sorted(maps.Keys(got.records))), diff)
	}
}
