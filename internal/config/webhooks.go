package config

import "github.com/computesync/computesync/internal/secret"

// Webhooks are the secrets of the hooks that there are.
type Webhooks struct {
	GitHub, AzureDevOps, Generic secret.Ref
}

var webhookKeys = []Key{
	{Name: "webhooks.github", Type: Secret, Doc: "The secret of a GitHub webhook that calls `/hooks/github`."},
	{Name: "webhooks.azuredevops", Type: Secret, Doc: "The password with which a service hook of Azure DevOps calls `/hooks/azuredevops`."},
	{Name: "webhooks.generic", Type: Secret, Doc: "What everybody else proves to know who calls `/hooks/generic`: a bearer token, GitLab's secret token, or the key of an HMAC-SHA256."},
}
