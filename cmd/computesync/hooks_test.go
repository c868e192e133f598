package main

import (
	"slices"
	"testing"

	"github.com/computesync/computesync/internal/config"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/webhook"
)

// TestHooksHaveKinds holds the configuration's hooks against those that there are.
func TestHooksHaveKinds(t *testing.T) {
	ref := secret.Ref{Scheme: secret.Env, Name: "HOOK"}
	stated := config.Webhooks{GitHub: ref, AzureDevOps: ref, Generic: ref}.ByKind()
	if len(stated) != len(webhook.Kinds) {
		t.Errorf("%d hooks can be stated, and there are %d", len(stated), len(webhook.Kinds))
	}
	for _, k := range webhook.Kinds {
		if stated[k.Name] != ref {
			t.Errorf("no hook of kind %s can be stated", k.Name)
		}
		if !slices.ContainsFunc(config.Keys(), func(key config.Key) bool { return key.Name == "webhooks."+k.Name }) {
			t.Errorf("the configuration has no webhooks.%s", k.Name)
		}
	}
}
