package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/computesync/computesync/internal/spec"
)

// limit is a guard that allows clusters so many nodes, and cannot judge what is
// called unknown.
type limit int64

func (limit) Judge(*spec.Compute) []spec.Finding { return nil }
func (limit) Protect() []string                  { return nil }

func (l limit) Hold(desired, actual *spec.Compute) (string, []string) {
	if desired.Name == "unknown" {
		return "", []string{"not judged"}
	}
	n, _ := spec.Carry(desired, actual).Int("max_instances")
	before := int64(-1)
	if actual != nil {
		before, _ = actual.Int("max_instances")
	}
	if n > int64(l) && n > before {
		return fmt.Sprintf("%d nodes", n), nil
	}
	return "", nil
}

// TestPolicy holds what a guard holds, and nothing that it has no say in.
func TestPolicy(t *testing.T) {
	nodes := func(n int64) fieldsOf { return fieldsOf{"max_instances": n} }
	check(t, []scenario{
		{"what would be made or grow", func(w *world) {
			w.Desired.Guard = limit(10)
			w.declare(cluster("new", nodes(20)), cluster("grows", nodes(20)), cluster("shrinks", nodes(20)), cluster("within", nodes(10)), cluster("same", nodes(20)))
			w.owns(cluster("grows", nodes(15)))
			w.owns(cluster("shrinks", nodes(25)))
			w.owns(cluster("same", nodes(20)))
		}, "grows update (max_instances) held policy\nnew create () held policy\nshrinks update (max_instances): patch\nwithin create (): create"},
		{"what never worked is made anew", func(w *world) {
			w.Desired.Guard = limit(10)
			w.declare(cluster("gpu", nodes(20)))
			w.owns(cluster("gpu", nodes(20)), provisioning("Failed")).Good = false
		}, "gpu remake () held policy"},
		{"what goes may go", func(w *world) {
			w.Desired.Guard = limit(-1)
			w.Desired.Settings.Prune, w.Desired.Settings.AllowEmpty = true, true
			leaving(w, "gpu")
		}, "gpu delete (): delete"},
		{"what is held does not count as a deletion", func(w *world) {
			w.Desired.Guard = limit(10)
			w.Desired.Settings.MaxDeletions = spec.Limit{Count: 1}
			w.declare(cluster("cpu", fieldsOf{"size": "B"}), cluster("gpu", fieldsOf{"size": "B", "max_instances": int64(20)}))
			w.owns(cluster("cpu", nil))
			w.owns(cluster("gpu", nil))
		}, "cpu replace (size): delete create\ngpu replace (size,max_instances) held policy"},
	})
	w := newWorld()
	w.Desired.Guard = limit(10)
	w.declare(cluster("unknown", nil))
	if notes := w.plan().Workspaces[0].Changes[0].Notes; strings.Join(notes, "") != "not judged" {
		t.Errorf("notes %q", notes)
	}
}
