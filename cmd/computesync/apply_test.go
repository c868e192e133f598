package main

import (
	"strings"
	"testing"

	"github.com/computesync/computesync/internal/plan"
)

// TestRefuseMore has what a plan that is made again on the way may do beyond the one
// whose hash was approved: nothing that destroys.
func TestRefuseMore(t *testing.T) {
	of := func(actions ...plan.Action) *plan.Plan {
		p := &plan.Plan{Workspaces: make([]plan.Workspace, 1)}
		for _, a := range actions {
			p.Workspaces[0].Changes = append(p.Workspaces[0].Changes, plan.Change{Name: "cpu", Action: a, Steps: make([]plan.Step, 1)})
		}
		return p
	}
	held := of(plan.Delete)
	held.Workspaces[0].Changes[0].Steps = nil
	for _, c := range []struct {
		name        string
		first, then *plan.Plan
		refused     string
	}{
		{"the rest of it", of(plan.Replace, plan.Update), of(plan.Replace), ""},
		{"what is made", of(plan.Update), of(plan.Create, plan.Update), ""},
		{"what is held", of(plan.Update), held, ""},
		{"a replacement in place of an update", of(plan.Update), of(plan.Replace), "would now also replace cpu in"},
		{"one removal in place of another", of(plan.Replace), of(plan.Delete), "would now also delete cpu in"},
	} {
		a := &applyCmd{app: &app{output: "json"}, autoApprove: true, destroys: c.first.Destructions()}
		err := a.refuseMore(c.then)
		if (err == nil) != (c.refused == "") || err != nil && !strings.Contains(err.Error(), c.refused) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
