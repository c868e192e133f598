package config

var policyKeys = []Key{{
	Name: "policy", Type: Rules, Doc: "Guard rails for the computes of all workspaces, as [guardrails.md](guardrails.md) lists them. A `workspace.yaml` can add to them, and loosen none.",
}}
