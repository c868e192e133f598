package plan

import (
	"strings"
	"testing"

	"github.com/computesync/computesync/internal/spec"
)

// k8s is an attachment of the first AKS cluster in a namespace; "" leaves that open.
func k8s(name, namespace string) *spec.Compute {
	c := attached("kubernetes", name, 1, fieldsOf{"resource_id": resource("aks", 1)})
	if namespace != "" {
		c.Values["namespace"] = namespace
	}
	return c
}

// TestNamespaces has one cluster attached once for each of its namespaces.
func TestNamespaces(t *testing.T) {
	unshown := func(a *spec.Compute) { delete(a.Values, "namespace") }
	check(t, []scenario{
		{"two", func(w *world) { w.declare(k8s("a", "na"), k8s("b", "nb")) }, "a attach (): attach\nb attach (): attach"},
		{"one beside another that is ours", func(w *world) {
			w.declare(k8s("a", "na"), k8s("b", "nb"))
			w.owns(k8s("a", "na"))
		}, "b attach (): attach"},
		{"one beside another that is not ours", func(w *world) { w.declare(k8s("b", "nb")); w.exists(k8s("a", "na")) }, "b attach (): attach"},
		{"the default beside another", func(w *world) { w.declare(k8s("b", "")); w.exists(k8s("a", "na")) }, "b attach (): attach"},
		{"two are adopted", func(w *world) {
			w.declare(k8s("a", "na"), k8s("b", ""))
			w.exists(k8s("a", "na"))
			w.exists(k8s("b", "default"))
		}, "a adopt (): adopt\nb adopt (): adopt"},
		{"no takeover", func(w *world) { w.declare(k8s("b", "nb")); w.owns(k8s("a", "na")) }, "a detach () held prune-off\nb attach (): attach"},
		{"prune takes its own", func(w *world) {
			pruning(w)
			w.declare(k8s("b", "nb"))
			w.owns(k8s("a", "na"))
			w.owns(k8s("b", "nb"))
		}, "a detach (): detach"},
		{"a rename", func(w *world) {
			w.declare(k8s("new", "na"), k8s("b", "nb"))
			w.owns(k8s("a", "na"))
			w.owns(k8s("b", "nb"))
		}, "new takeover from a (name): a/detach attach"},
		{"a rename in the default one", func(w *world) { w.declare(k8s("new", "default")); w.owns(k8s("a", "")) }, "new takeover from a (name): a/detach attach"},
		{"another namespace", func(w *world) { w.declare(k8s("a", "nc")); w.owns(k8s("a", "na")) }, "a re-attach (namespace): detach attach"},
		{"a swap", func(w *world) {
			w.declare(k8s("a", "nb"), k8s("b", "na"))
			w.owns(k8s("a", "na"))
			w.owns(k8s("b", "nb"))
		}, "a re-attach (namespace): detach attach<b/detach\nb re-attach (namespace): detach attach<a/detach"},
		{"a namespace that another has", func(w *world) {
			w.declare(k8s("a", "nb"), k8s("b", "nb2"))
			w.owns(k8s("a", "na"))
			w.exists(k8s("theirs", "nb"))
		}, "a re-attach (namespace) held not-ours\nb attach (): attach"},

		// what a spec leaves open stays where it is
		{"moved to another cluster in its own namespace", func(w *world) {
			w.declare(attached("kubernetes", "a", 2, nil), attached("kubernetes", "b", 2, fieldsOf{"namespace": "na"}))
			w.owns(k8s("a", "na"))
		}, "a re-attach (resource_id): detach attach\nb attach () held not-ours"},

		// the older kind takes all of a cluster
		{"the older kind beside a namespace that stays", func(w *world) {
			w.declare(attached("aks", "infer", 1, nil), k8s("a", "na"))
			w.owns(k8s("a", "na"))
		}, "infer attach () held not-ours"},
		{"a namespace beside the older kind that stays", func(w *world) {
			w.declare(attached("aks", "infer", 1, nil), k8s("a", "na"))
			w.owns(attached("aks", "infer", 1, nil))
		}, "a attach () held not-ours"},
		{"namespaces in place of the older kind", func(w *world) {
			w.declare(k8s("a", "na"), k8s("b", "nb"))
			w.owns(attached("aks", "infer", 1, nil))
		}, "a takeover from infer (name): infer/detach attach\nb attach (): attach<infer/detach"},

		// a namespace that Azure does not show may be any, unless we attached it
		{"unshown and attached by us", func(w *world) {
			w.declare(k8s("a", "na"), k8s("b", "nb"))
			w.owns(k8s("a", "na"), unshown)
		}, "b attach (): attach"},
		{"unshown, attached by us, and renamed", func(w *world) { w.declare(k8s("new", "na")); w.owns(k8s("a", "na"), unshown) }, "new takeover from a (name): a/detach attach"},
		{"unshown and not ours", func(w *world) { w.declare(k8s("b", "nb")); w.exists(k8s("a", "na"), unshown) }, "b takeover from a (name) held not-ours"},
		{"unshown and adopted", func(w *world) { w.declare(k8s("b", "na")); w.owns(k8s("a", "na"), unshown).Adopted = true }, "b takeover from a (name) held no-way-back"},
		{"unshown and declared", func(w *world) { w.declare(k8s("a", "na")); w.owns(k8s("a", "na"), unshown) }, ""},

		// what is begun
		{"the namespace that a begun unit attaches", func(w *world) {
			w.declare(k8s("a", "na"), k8s("b", "nb"))
			w.Attaching.Add(spec.Underlying{Resource: strings.ToLower(resource("aks", 1)), Part: "na"}, "other")
		}, "a attach () held transitional\nb attach (): attach"},
		{"the cluster that a begun unit attaches", func(w *world) {
			w.declare(k8s("a", "na"))
			w.Attaching.Add(spec.Underlying{Resource: strings.ToLower(resource("aks", 1))}, "other")
		}, "a attach () held transitional"},
	})
}

// TestWayBackToANamespace puts back what was there, also where the spec left the
// namespace open.
func TestWayBackToANamespace(t *testing.T) {
	w := newWorld()
	w.declare(attached("kubernetes", "a", 2, nil))
	w.owns(k8s("a", ""), set("namespace", "na"))
	if got := w.plan().Workspaces[0].Changes[0].Previous; got == nil || got.Text("namespace") != "na" {
		t.Errorf("put back as %+v", got)
	}
}

// TestNamespaceInTexts names the namespace in what holds a change.
func TestNamespaceInTexts(t *testing.T) {
	for part, want := range map[string]string{"na": "namespace na of /subscriptions/", "": "a namespace, which Azure does not show, of /subscriptions/"} {
		w := newWorld()
		w.declare(k8s("b", "na"))
		w.exists(k8s("a", part))
		if held := w.plan().Workspaces[0].Changes[0].Held; held == nil || !strings.HasPrefix(held.Text, want) {
			t.Errorf("held %+v, want %s", held, want)
		}
	}
}
