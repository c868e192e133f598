package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/computesync/computesync/internal/policy"
	"github.com/computesync/computesync/internal/spec"
)

// policyFlag adds --policy to a command that judges specs: with the operator's
// guard rails it finds what the daemon does.
func (a *app) policyFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.policy, "policy", "", "judge by the guard rails in this `file` too, as the daemon does by the policy of its configuration")
}

// guards are the guard rails of --policy, beside those that each workspace.yaml
// has of its own.
func (a *app) guards() (spec.Guards, error) {
	if a.policy == "" {
		return policy.Operator{}, nil
	}
	data, err := os.ReadFile(a.policy)
	if err != nil {
		return nil, usage(fmt.Sprintf("read policy: %v", err), "name a file with --policy")
	}
	rails, errs := policy.Parse(a.policy, data)
	if len(errs) > 0 {
		specErrors(a.err, errs)
		return nil, ended(exitError)
	}
	return policy.Operator{Policy: rails}, nil
}
