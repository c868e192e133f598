package config

import (
	"maps"

	"github.com/computesync/computesync/internal/secret"
)

// Webhooks are the secrets of the hooks that there are.
type Webhooks struct {
	GitHub, AzureDevOps, Generic secret.Ref
}

// ByKind are the references that are stated, by the kind of the hook.
func (w Webhooks) ByKind() map[string]secret.Ref {
	all := map[string]secret.Ref{"github": w.GitHub, "azuredevops": w.AzureDevOps, "generic": w.Generic}
	maps.DeleteFunc(all, func(_ string, ref secret.Ref) bool { return ref.IsZero() })
	return all
}

var webhookKeys = []Key{
	{Name: "webhooks.github", Type: Secret, Doc: "The secret of a GitHub webhook that calls `/hooks/github`."},
	{Name: "webhooks.azuredevops", Type: Secret, Doc: "The password with which a service hook of Azure DevOps calls `/hooks/azuredevops`."},
	{Name: "webhooks.generic", Type: Secret, Doc: "What everybody else proves to know who calls `/hooks/generic`: a bearer token, GitLab's secret token, or the key of an HMAC-SHA256."},
}
