package status

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/strictyaml"
)

// ours are the names of all metrics of ours that there are.
func ours(t *testing.T) []string {
	t.Helper()
	m := newTeller(full()).Metrics
	m.Pass(mlProd, daemon.PassOK, time.Second, 1)
	m.Step(plan.VerbPut, apply.Done)
	m.Called("github", "woke")
	families, err := m.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range families {
		if strings.HasPrefix(f.GetName(), "computesync_") {
			names = append(names, f.GetName())
		}
	}
	return names
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var metricName = regexp.MustCompile(`computesync_[a-z_]+`)

// TestMetricNames holds what tells of metrics against those that there are.
func TestMetricNames(t *testing.T) {
	names, told := ours(t), map[string]bool{}
	for _, file := range []string{"examples/monitoring/alerts.yaml", "examples/monitoring/dashboard.json", "docs/operations.md"} {
		for _, name := range metricName.FindAllString(read(t, file), -1) {
			name = strings.TrimSuffix(name, "_bucket")
			if !slices.Contains(names, name) {
				t.Errorf("%s speaks of %s, which there is not", file, name)
			}
			if file == "docs/operations.md" {
				told[name] = true
			}
		}
	}
	for _, name := range names {
		if !told[name] {
			t.Errorf("docs/operations.md does not explain %s", name)
		}
	}
}

// TestAlertsHaveARunbook holds the rules to their form, and wants a line of the
// runbook for each.
func TestAlertsHaveARunbook(t *testing.T) {
	file, errs := strictyaml.Parse("alerts.yaml", []byte(read(t, "examples/monitoring/alerts.yaml")))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	text := func(n *strictyaml.Node, keys ...string) string {
		for _, key := range keys {
			if n = n.Get(key); n == nil {
				return ""
			}
		}
		s, _ := n.Text()
		return s
	}
	runbook := read(t, "docs/operations.md")
	n := 0
	for _, g := range file.Docs[0].Root.Get("groups").Items {
		for _, r := range g.Get("rules").Items {
			n++
			name, expr := text(r, "alert"), text(r, "expr")
			if name == "" || expr == "" || text(r, "labels", "severity") == "" || text(r, "annotations", "summary") == "" {
				t.Errorf("rule %d, %s, lacks something", n, name)
			}
			if strings.Count(expr, "(") != strings.Count(expr, ")") || strings.Count(expr, "{") != strings.Count(expr, "}") {
				t.Errorf("%s: brackets do not match", name)
			}
			if !strings.Contains(runbook, "| `"+name+"` |") {
				t.Errorf("docs/operations.md has no line for %s", name)
			}
		}
	}
	if n == 0 {
		t.Error("there are no rules")
	}
	if !json.Valid([]byte(read(t, "examples/monitoring/dashboard.json"))) {
		t.Error("the dashboard is not JSON")
	}
}
