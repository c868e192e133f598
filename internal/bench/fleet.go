package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// The workspaces of the simulator: any exists.
const (
	subscription = "11111111-2222-3333-4444-555555555555"
	group        = "rg-bench"
)

func workspacePath(workspace string) string {
	return "/subscriptions/" + subscription + "/resourceGroups/" + group +
		"/providers/Microsoft.MachineLearningServices/workspaces/" + workspace
}

func computeName(i int) string { return fmt.Sprintf("cpu%05d", i) }

// writeFleet writes the specs of a workspace with n clusters, as many to a
// folder as a team has. The first changed ones get one node more.
func writeFleet(dir, workspace string, n, changed int) error {
	text := fmt.Sprintf("subscription_id: %s\nresource_group: %s\nworkspace_name: %s\nlocation: westeurope\nowner: bench\n",
		subscription, group, workspace)
	if err := write(filepath.Join(dir, "workspace.yaml"), text); err != nil {
		return err
	}
	for i := range n {
		nodes := 4
		if i < changed {
			nodes++
		}
		file := filepath.Join(dir, fmt.Sprintf("team-%03d", i/100), computeName(i)+".yaml")
		text := fmt.Sprintf(`$schema: https://azuremlschemas.azureedge.net/latest/amlCompute.schema.json
name: %s
type: amlcompute
size: Standard_DS3_v2
min_instances: 0
max_instances: %d
idle_time_before_scale_down: 300
tags:
  team: team-%03d
`, computeName(i), nodes, i/100)
		if err := write(file, text); err != nil {
			return err
		}
	}
	return nil
}

func write(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// body is what the floor sends for the same cluster.
func body(i int) string {
	return fmt.Sprintf(`{"location":"westeurope","tags":{"team":"team-%03d","computesync-owner":"bench/%s"},"properties":{"computeType":"AmlCompute",`+
		`"properties":{"vmSize":"STANDARD_DS3_V2","scaleSettings":{"minNodeCount":0,"maxNodeCount":4,"nodeIdleTimeBeforeScaleDown":"PT300S"}}}}`,
		i/100, computeName(i))
}
