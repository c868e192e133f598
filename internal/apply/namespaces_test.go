package apply_test

import (
	"testing"
	"testing/synctest"
)

// TestNamespaces attaches one cluster for several teams, each in its namespace,
// and lets them come, go, trade and change their names.
func TestNamespaces(t *testing.T) {
	for name, steps := range map[string][][]string{
		"side by side":    {{team("aaa", "na"), team("bbb", "nb")}, {team("aaa", "na"), team("bbb", "nb"), team("ccc", "default")}},
		"a rename":        {{team("aaa", "na"), team("bbb", "nb")}, {team("new", "na"), team("bbb", "nb")}},
		"another one":     {{team("aaa", "na"), team("bbb", "nb")}, {team("aaa", "nc"), team("bbb", "nb")}},
		"a swap":          {{team("aaa", "na"), team("bbb", "nb")}, {team("aaa", "nb"), team("bbb", "na")}},
		"a ring":          {{team("aaa", "na"), team("bbb", "nb"), team("ccc", "nc")}, {team("aaa", "nb"), team("bbb", "nc"), team("ccc", "na")}},
		"names trade":     {{team("aaa", "na"), team("bbb", "nb")}, {team("bbb", "na"), team("ccc", "nb")}},
		"leave and come":  {{team("aaa", "na")}, {team("bbb", "nb")}, {team("aaa", "nb"), team("bbb", "na")}},
		"the older kind":  {{team("aaa", "na"), team("bbb", "nb")}, {older("aaa")}},
		"from it to many": {{older("aaa")}, {team("bbb", "nb"), team("ccc", "nc")}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				for _, docs := range steps {
					w.declare(docs...)
					w.live(func(l *life) { l.converge() })
					w.sound()
				}
				w.settled()
			})
		})
	}
}

// older attaches all of the cluster.
func older(name string) string {
	return "name: " + name + "\ntype: aks\nresource_id: " + sharedID + "\n"
}

// TestNamespaceNotShown goes by what was attached where Azure does not show the
// namespace, and leaves alone what it did not attach.
func TestNamespaceNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.declare(team("aaa", "na"), team("bbb", "nb"))
		w.live(func(l *life) { l.converge() })
		hide := `{"properties":{"properties":{"namespace":null}}}`
		w.patch("aaa", hide)
		w.patch("bbb", hide)
		w.declare(team("new", "na"), team("bbb", "nb"), team("ccc", "nc"))
		w.live(func(l *life) { l.converge() })
		w.settled()

		w.patch("theirs", `{"properties":{"computeType":"Kubernetes","resourceId":"`+sharedID+`","properties":{"namespace":"x"}}}`)
		w.patch("theirs", hide)
		w.declare(team("new", "na"), team("bbb", "nb"), team("ccc", "nc"), team("ddd", "nd"))
		w.live(func(l *life) {
			if _, p := l.look(); p.Summary["held"] != 1 || p.Steps() != 0 {
				t.Errorf("plan %s", show(p))
			}
			l.pass()
		})
		if w.compute("ddd") != nil || w.compute("theirs") == nil {
			t.Error("attached beside what may have its namespace")
		}
		w.sound()
	})
}
