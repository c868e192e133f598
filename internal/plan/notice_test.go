package plan

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/spec"
)

func reports(texts ...string) func(*spec.Compute) {
	return func(a *spec.Compute) { a.Live.Errors = texts }
}

func nodes(n spec.Nodes) func(*spec.Compute) { return func(a *spec.Compute) { a.Live.Nodes = n } }

// TestNotices has which computes are degraded, and which are not.
func TestNotices(t *testing.T) {
	quota := reports("ClusterCoreQuotaReached: no cores")
	two := fieldsOf{"min_instances": int64(2)}
	for _, c := range []struct {
		name string
		make func(*world)
		want string
	}{
		{"as declared", func(w *world) { w.declare(cluster("cpu", nil)); w.owns(cluster("cpu", nil)) }, ""},
		{
			"a cluster without nodes", func(w *world) { w.declare(cluster("cpu", two)); w.owns(cluster("cpu", two), quota) },
			"cpu degraded: ClusterCoreQuotaReached: no cores; it has 0 of at least 2 nodes",
		},
		{"a cluster with all nodes that it must have", func(w *world) {
			w.declare(cluster("cpu", two))
			w.owns(cluster("cpu", two), quota, nodes(spec.Nodes{Running: 1, Idle: 1}))
		}, "cpu degraded: ClusterCoreQuotaReached: no cores"},
		{"few nodes alone: it may be resizing", func(w *world) { w.declare(cluster("cpu", two)); w.owns(cluster("cpu", two)) }, ""},
		{"unusable nodes", func(w *world) {
			w.declare(cluster("cpu", two))
			w.owns(cluster("cpu", two), nodes(spec.Nodes{Unusable: 1, Idle: 1}))
		}, "cpu degraded: unusable nodes: 1; it has 1 of at least 2 nodes"},
		{"an instance and an attachment, by name", func(w *world) {
			w.declare(vm("lab", 1, nil), box("dev", nil))
			w.owns(vm("lab", 1, nil), reports("b"))
			w.owns(box("dev", nil), reports("a", "c"))
		}, "dev degraded: a; c\nlab degraded: b"},
		{"what changes all the same", func(w *world) {
			w.declare(cluster("cpu", fieldsOf{"max_instances": int64(8)}))
			w.owns(cluster("cpu", nil), quota)
		}, "cpu degraded: ClusterCoreQuotaReached: no cores"},
		{"what failed is held", func(w *world) {
			w.declare(cluster("cpu", nil))
			w.owns(cluster("cpu", nil), quota, provisioning("Failed"))
		}, ""},
		{"what nobody declares", func(w *world) { w.exists(cluster("cpu", nil), quota) }, ""},
		{"an old answer", func(w *world) {
			w.declare(cluster("cpu", nil))
			r := w.owns(cluster("cpu", nil), quota, func(a *spec.Compute) { a.Live.CreatedOn = "2026-10-01T00:00:00Z" })
			r.CreatedOn = "2026-10-02T00:00:00Z"
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			c.make(w)
			p := w.plan()
			sound(t, p)
			var got []string
			for _, n := range p.Workspaces[0].Notices {
				got = append(got, fmt.Sprintf("%s %s: %s", n.Name, n.Code, n.Text))
			}
			if d := cmp.Diff(c.want, strings.Join(got, "\n")); d != "" {
				t.Errorf("notices (-want +got):\n%s", d)
			}
			for _, a := range w.Actual {
				if a.Live.ProvisioningState != "Failed" {
					a.Live.Errors, a.Live.Nodes.Unusable = nil, 0
				}
			}
			if again := w.plan(); again.Hash != p.Hash || len(again.Workspaces[0].Notices) > 0 {
				t.Errorf("with nothing to notice: hash %s, was %s; notices %v", again.Hash, p.Hash, again.Workspaces[0].Notices)
			}
		})
	}
}

// TestNoticeKinds holds the table of notices against the documentation.
func TestNoticeKinds(t *testing.T) {
	doc, err := os.ReadFile("../../docs/planning.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range NoticeKinds {
		if row := fmt.Sprintf("\n| `%s` | %s | %s |\n", k.Code, k.Means, k.Remedy); !strings.Contains(string(doc), row) {
			t.Errorf("docs/planning.md has no row%s", row)
		}
		if k.Code.Kind() != k {
			t.Errorf("%s is another kind: %v", k.Code, k.Code.Kind())
		}
	}
}
