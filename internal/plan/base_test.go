package plan

import (
	"testing"

	"github.com/computesync/computesync/internal/spec"
)

// TestCompareWith compares what a branch does with what its base does, each
// against one actual state.
func TestCompareWith(t *testing.T) {
	actual := func() *world {
		w := newWorld()
		pruning(w)
		leaving(w, "gone")
		w.owns(cluster("drifted", nil))
		w.Actual[len(w.Actual)-1].Values["max_instances"] = int64(9)
		w.owns(cluster("grown", nil))
		return w
	}
	drifted, grown, unmade := cluster("drifted", nil), cluster("grown", nil), cluster("unmade", nil)
	for name, c := range map[string]struct {
		base, branch func(*world)
		want         map[string]bool // by change: introduced
	}{
		"nothing": {
			func(w *world) { w.declare(drifted, grown, unmade) },
			func(w *world) { w.declare(drifted, grown, unmade) },
			map[string]bool{"drifted/update": false, "unmade/create": false, "gone/delete": false},
		},
		"a value, and a new one": {
			func(w *world) { w.declare(drifted, grown) },
			func(w *world) {
				w.declare(drifted, cluster("grown", fieldsOf{"max_instances": int64(8)}), cluster("unmade", nil))
			},
			map[string]bool{"drifted/update": false, "grown/update": true, "unmade/create": true, "gone/delete": false},
		},
		"another value of what drifted": {
			func(w *world) { w.declare(drifted, grown) },
			func(w *world) { w.declare(cluster("drifted", fieldsOf{"max_instances": int64(7)}), grown) },
			map[string]bool{"drifted/update": true, "gone/delete": false},
		},
		"another file": {
			func(w *world) { w.declare(drifted, grown, unmade) },
			func(w *world) {
				moved := *unmade
				moved.File, moved.Line = "elsewhere.yaml", 7
				w.declare(drifted, grown, &moved)
			},
			map[string]bool{"drifted/update": false, "unmade/create": false, "gone/delete": false},
		},
		"a file less": {
			func(w *world) { w.declare(drifted, grown) },
			func(w *world) { w.declare(drifted) },
			map[string]bool{"drifted/update": false, "grown/delete": true, "gone/delete": false},
		},
		"prune turned on": {
			func(w *world) { w.declare(drifted, grown); w.Desired.Settings.Prune = false },
			func(w *world) { w.declare(drifted, grown) },
			map[string]bool{"drifted/update": false, "gone/delete": true},
		},
		"another lifecycle": {
			func(w *world) { w.declare(drifted, grown, unmade) },
			func(w *world) {
				w.declare(drifted, grown, with(cluster("unmade", nil), spec.Lifecycle{Protect: true}))
			},
			map[string]bool{"drifted/update": false, "unmade/create": true, "gone/delete": false},
		},
		"another region": {
			func(w *world) { w.declare(drifted, grown, unmade); w.Desired.Location = "westeurope" },
			func(w *world) { w.declare(drifted, grown, unmade); w.Desired.Location = "northeurope" },
			map[string]bool{"drifted/update": true, "unmade/create": true, "gone/delete": true},
		},
		"another workspace": {
			func(w *world) { w.declare(drifted, grown); w.Desired.ID.Name = "other" },
			func(w *world) { w.declare(drifted, grown) },
			map[string]bool{"drifted/update": true, "gone/delete": true},
		},
	} {
		base, branch := actual(), actual()
		c.base(base)
		c.branch(branch)
		p := branch.plan()
		hash := p.Hash
		p.CompareWith(Base{Revision: "origin/main", Commit: "ba5e"}, base.plan())
		p.SetSeal()
		if p.Hash != hash || p.check() != nil {
			t.Errorf("%s: it is another plan", name)
		}
		introduced, there := p.Workspaces[0].Split()
		if len(introduced)+len(there) != len(c.want) {
			t.Errorf("%s:\n%s", name, show(p))
		}
		for got, list := range map[bool][]Change{true: introduced, false: there} {
			for i := range list {
				if want, known := c.want[list[i].ID()]; !known || want != got {
					t.Errorf("%s: %s introduced is %v", name, list[i].ID(), got)
				}
			}
		}
	}
}
