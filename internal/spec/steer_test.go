package spec

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/window"
)

// TestSteeringKeys reads what steers a workspace and a compute, and what the
// journal keeps of it.
func TestSteeringKeys(t *testing.T) {
	ws := loadValid(t, map[string]string{
		WorkspaceFile: workspaceYAML + `suspend: {reason: incident 42, by: ann, until: 2026-12-24T18:00:00+01:00}
windows:
  - {allow: "0 22 * * 1-5", duration: 6h, zone: Europe/Berlin}
  - {deny: "0 0 24 12 *", duration: 72h, actions: [destructive, update]}
approval: {actions: [delete, re-attach], computes: ["gpu-*"]}
`,
		"c.yaml": "name: cpu\ntype: amlcompute\ncomputesync: {suspend: {reason: mine}}\n",
	})
	s := ws.Settings
	if s.Suspend == nil || !s.Suspend.Until.Equal(time.Date(2026, 12, 24, 17, 0, 0, 0, time.UTC)) {
		t.Fatalf("suspend: %+v", s.Suspend)
	}
	s.Suspend.Until = time.Time{}
	want := Settings{
		Owner: "ml-platform", MaxDeletions: Limit{Count: 3}, Suspend: &Suspension{Reason: "incident 42", By: "ann"},
		Windows: window.Set{
			{Cron: "0 22 * * 1-5", Seconds: 6 * 3600, Zone: "Europe/Berlin"},
			{Deny: true, Cron: "0 0 24 12 *", Seconds: 72 * 3600, Actions: []string{"destructive", "update"}},
		},
		Approval: &Approval{Actions: []string{"delete", "re-attach"}, Computes: []string{"gpu-*"}},
	}
	if d := cmp.Diff(want, s); d != "" {
		t.Errorf("settings (-want +got):\n%s", d)
	}
	if d := cmp.Diff(&Suspension{Reason: "mine"}, ws.Computes[0].Lifecycle.Suspend); d != "" {
		t.Errorf("suspend of a compute (-want +got):\n%s", d)
	}
	text, err := json.Marshal(ws)
	if err != nil {
		t.Fatal(err)
	}
	var again Workspace
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(ws.Settings, again.Settings); d != "" {
		t.Errorf("settings from JSON (-want +got):\n%s", d)
	}
}

// TestSteeringMistakes tells what is wrong, where, and the way out.
func TestSteeringMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"suspend: true":                                                     `workspace.yaml:5:10: expected a map, found true or false (say why: suspend: {reason: …}, and perhaps by and until)`,
		"suspend: {by: ann}":                                                `workspace.yaml:5:10: suspend: reason is missing`,
		"suspend: {reason: \"\"}":                                           `workspace.yaml:5:19: reason: it is empty`,
		"suspend: {reason: \"a\\nb\"}":                                      `workspace.yaml:5:19: reason: it is more than one line, or has characters that do not show`,
		"suspend: {reason: x, until: tomorrow}":                             `workspace.yaml:5:29: until is not a time (write it as 2026-12-24T18:00:00Z)`,
		"suspend: {reason: x, till: tomorrow}":                              `workspace.yaml:5:22: unknown key "till"`,
		"suspend: {reason: \"see https://a:b@host/\"}":                      `workspace.yaml:5:19: reason: credentials inside a URL (remove what stands before the @)`,
		"windows: {}":                                                       `workspace.yaml:5:10: expected a list, found a map`,
		"windows: [{duration: 6h}]":                                         `workspace.yaml:5:11: a window says either allow or deny (write allow: or deny: with a cron expression, such as "0 22 * * 1-5")`,
		`windows: [{allow: "0 1 * * *"}]`:                                   `workspace.yaml:5:11: window: duration is missing`,
		`windows: [{allow: "0 25 * * *", duration: 6h}]`:                    `workspace.yaml:5:19: allow: "0 25 * * *" is no cron expression`,
		`windows: [{deny: "@daily", duration: 6h}]`:                         `workspace.yaml:5:18: deny: a cron expression has five fields: minute, hour, day, month, weekday`,
		`windows: [{deny: "0 0 30 2 *", duration: 6h}]`:                     `workspace.yaml:5:18: deny: "0 0 30 2 *" names no moment that ever comes`,
		`windows: [{allow: "0 1 * * *", duration: 6}]`:                      `workspace.yaml:5:42: duration must be a time between 1m and 744h (write it as 90m or 6h)`,
		`windows: [{allow: "0 1 * * *", duration: 6h, zone: Berlin}]`:       `workspace.yaml:5:52: zone: there is no zone "Berlin"`,
		`windows: [{allow: "0 1 * * *", duration: 6h, actions: [destroy]}]`: `workspace.yaml:5:56: there is no action "destroy" (known actions: ` + strings.Join(ActionWords(), ", ") + `)`,
		"approval: true":                                                    `workspace.yaml:5:11: expected a map, found true or false`,
		"approval: {actions: [remove]}":                                     `workspace.yaml:5:22: there is no action "remove" (known actions: ` + strings.Join(ActionWords(), ", ") + `)`,
		`approval: {computes: ["["]}`:                                       `workspace.yaml:5:23: computes: "[" is not a glob`,
	} {
		set := load(t, map[string]string{WorkspaceFile: workspaceYAML + text + "\n"}, Options{})
		var got []string
		for _, e := range set.AllErrors() {
			line := e.Error()
			if e.Hint != "" {
				line += " (" + e.Hint + ")"
			}
			got = append(got, line)
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("%s: got %s\nwant %s", text, strings.Join(got, "\n"), want)
		}
	}
}
