package status

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/plan"
)

// ours are the names of all metrics of ours that there are.
func ours(t *testing.T) []string {
	t.Helper()
	m := newTeller(full()).Metrics
	m.Pass(mlProd, daemon.PassOK, time.Second, 1)
	m.Step(plan.VerbPut, apply.Done)
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
	var rules struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For string
				Labels           struct{ Severity string }
				Annotations      struct{ Summary string }
			}
		}
	}
	d := yaml.NewDecoder(strings.NewReader(read(t, "examples/monitoring/alerts.yaml")))
	d.KnownFields(true)
	if err := d.Decode(&rules); err != nil {
		t.Fatal(err)
	}
	runbook := read(t, "docs/operations.md")
	n := 0
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			n++
			if r.Alert == "" || r.Expr == "" || r.Labels.Severity == "" || r.Annotations.Summary == "" {
				t.Errorf("the rule %+v lacks something", r)
			}
			if strings.Count(r.Expr, "(") != strings.Count(r.Expr, ")") || strings.Count(r.Expr, "{") != strings.Count(r.Expr, "}") {
				t.Errorf("%s: brackets do not match", r.Alert)
			}
			if !strings.Contains(runbook, "| `"+r.Alert+"` |") {
				t.Errorf("docs/operations.md has no line for %s", r.Alert)
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
