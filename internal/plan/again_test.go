package plan

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/spec"
)

// forged is the plan of many as somebody else wrote it, who knows how to make
// its digests fit.
func forged(t *testing.T, edit func(ws *Workspace, change func(name string) *Change)) (*Plan, error) {
	t.Helper()
	p := new(Plan)
	if err := json.Unmarshal([]byte(written(t, many().plan())), p); err != nil {
		t.Fatal(err)
	}
	ws := &p.Workspaces[0]
	edit(ws, func(name string) *Change {
		return &ws.Changes[slices.IndexFunc(ws.Changes, func(c Change) bool { return c.Name == name })]
	})
	p.Hash, p.Summary = planHash(p), summarize(p.Workspaces)
	return Read([]byte(written(t, p)))
}

// again is the plan of what a file declares, in the world as it is.
func again(p *Plan, w *world) *Plan {
	in := w.Input
	in.Desired = p.Workspaces[0].Declares()
	return Build(p.Commit, []Input{in})
}

// TestForgedPlans edits every part of a plan file, with digests that fit: none of
// it is carried out, neither without specs nor with them.
func TestForgedPlans(t *testing.T) {
	type find = func(string) *Change
	for name, c := range map[string]struct {
		want string
		edit func(*Workspace, find)
	}{
		"not held any more": {"held: the file says replace, and that is held now (protected)", func(_ *Workspace, change find) {
			change("held").Held = nil
			change("held").Steps = []Step{{ID: "held/delete", Verb: VerbDelete, Name: "held", Needs: []string{}}, {ID: "held/create", Verb: VerbCreate, Name: "held", Needs: []string{"held/delete"}}}
		}},
		"another verb": {`gpu: the file has another steps than is planned now: [{"id":"gpu/delete","verb":"detach"`, func(_ *Workspace, change find) { change("gpu").Steps[0].Verb = VerbDetach }},
		"a step more": {"cpu: the file has another steps", func(_ *Workspace, change find) {
			change("cpu").Steps = append(change("cpu").Steps, Step{ID: "cpu/stop", Verb: VerbStop, Name: "cpu", Needs: []string{}})
		}},
		"a step that waits for nothing": {"gpu: the file has another steps", func(_ *Workspace, change find) { change("gpu").Steps[1].Needs = []string{} }},
		"another body":                  {"cpu: the file has another fields", func(_ *Workspace, change find) { change("cpu").Desired.Values["max_instances"] = int64(80) }},
		"another difference":            {"cpu: the file has another fields", func(_ *Workspace, change find) { change("cpu").Fields[0].To = "5" }},
		"another note":                  {"moved: the file has another notes", func(_ *Workspace, change find) { change("moved").Notes = []string{"harmless"} }},
		"a note less":                   {"moved: the file has another notes", func(_ *Workspace, change find) { change("moved").Notes = nil }},
		"another way back":              {"moved: the file has another way back", func(_ *Workspace, change find) { change("moved").Previous.Values["address"] = "elsewhere" }},
		"an update shown as a start":    {"cpu: the file says start, and nothing like that is planned now", func(_ *Workspace, change find) { change("cpu").Action, change("cpu").Steps[0].Verb = Start, VerbStart }},
		"another kind":                  {"gpu: the file has another kind", func(_ *Workspace, change find) { change("gpu").Kind = "aks" }},
		"another file":                  {"gpu: the file has another place in the specs", func(_ *Workspace, change find) { change("gpu").File = "else.yaml" }},
		"another owner's tag": {"new: the file has another body", func(_ *Workspace, change find) {
			change("new").Desired.Values["tags"] = map[string]string{spec.OwnerTag: "you/new"}
		}},
		"force":           {"gone: the file has another force", func(_ *Workspace, change find) { change("gone").Force = true }},
		"another compute": {"gone: the file has another created_on and fingerprint", func(_ *Workspace, change find) { change("gone").CreatedOn = "later" }},
	} {
		p, err := forged(t, c.edit)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		w := many()
		_, bySpecs := p.Limit(w.plan(), true)
		_, byItself := p.Limit(again(p, w), false)
		want := map[bool]string{true: c.want, false: c.want}
		if name == "another body" { // what the file declares is all that there is without specs
			want[true] = "cpu: the file has another body"
		}
		for exact, differ := range map[bool][]string{true: bySpecs, false: byItself} {
			if !strings.Contains(strings.Join(differ, "\n"), want[exact]) {
				t.Errorf("%s, with specs %v: %q", name, exact, differ)
			}
		}
	}
	if _, err := forged(t, func(ws *Workspace, _ find) { ws.Changes = append(ws.Changes, ws.Changes[0]) }); err == nil {
		t.Error("one change twice was read")
	}
}

// TestLimit has what remains of a plan when it is carried out.
func TestLimit(t *testing.T) {
	p, err := forged(t, func(*Workspace, func(string) *Change) {})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*world)
		exact  bool
		differ string
		want   string // a line of what is shown; "" for the same plan
	}{
		"as it was":              {change: func(*world) {}},
		"by the specs":           {change: func(*world) {}, exact: true},
		"what it does not touch": {change: func(w *world) { w.find("same").Values["max_instances"] = int64(9) }},
		"which specs want to be planned": {
			change: func(w *world) { w.find("same").Values["max_instances"] = int64(9) }, exact: true,
			differ: "workspace ws: the file declares other computes than the specs\nworkspace ws: same: update is planned now, and the file does not have it",
		},
		"what is held stays held": {change: func(w *world) {
			w.declared("held").Lifecycle = spec.Lifecycle{ReplaceAllow: true}
		}},
		"other settings": {change: func(w *world) {
			w.Desired.Settings.Prune, w.AllowDeletions = true, 9
			w.Desired.Settings.BusyDeadline = 7
		}, exact: true, differ: "workspace ws: the file has other settings than workspace.yaml"},
		"another spec": {
			change: func(w *world) { w.declared("same").Lifecycle.OnDelete = spec.OnDeleteRemove }, exact: true,
			differ: "workspace ws: the file declares other computes than the specs",
		},
	} {
		w := many()
		c.change(w)
		then := again(p, w)
		if c.exact || name == "what is held stays held" {
			then = Build(p.Commit, []Input{w.Input})
		}
		limited, differ := p.Limit(then, c.exact)
		if got := strings.Join(differ, "\n"); got != c.differ {
			t.Errorf("%s: differs in %q", name, got)
		}
		if d := cmp.Diff(show(p), show(limited)); c.differ == "" && d != "" {
			t.Errorf("%s (-file +carried out):\n%s", name, d)
		}
		if c.differ == "" && (limited.Hash != p.Hash || limited.Commit != p.Commit) {
			t.Errorf("%s: it is plan %s at %s", name, limited.Hash, limited.Commit)
		}
	}
}

// find finds an actual compute.
func (w *world) find(name string) *spec.Compute {
	return w.Actual[slices.IndexFunc(w.Actual, func(a *spec.Compute) bool { return a.Name == name })]
}

// declared finds a declared compute.
func (w *world) declared(name string) *spec.Compute {
	return w.Desired.Computes[slices.IndexFunc(w.Desired.Computes, func(d *spec.Compute) bool { return d.Name == name })]
}
