package webhook

import (
	"net/http"
	"slices"
)

// Kind is a sort of git host: how it proves that it knows the secret, and how
// it says what happened.
type Kind struct {
	Name   string
	Doc    string // one sentence: what to set up there
	proofs []func(http.Header, []byte) proof
	event  string // the header that names the event; "": every call is a push
	push   []string
}

// Kinds are all of them: one line each.
var Kinds = []*Kind{
	// https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
	{"github", "The webhook's secret; events: push.", list(signature("X-Hub-Signature-256", "sha256=")), "X-GitHub-Event", []string{"push"}},
	// Service hooks of Azure DevOps sign nothing; they send basic authentication.
	{"azuredevops", "The password of the service hook's basic authentication, with any user name; event: code pushed.", list(basic), "", nil},
	// GitLab, Gitea, Forgejo, Bitbucket, or curl in a pipeline.
	{"generic", "A bearer token, GitLab's secret token, or an HMAC-SHA256 of the body in X-Hub-Signature-256, X-Hub-Signature or X-Gitea-Signature.", list(
		bearer, token("X-Gitlab-Token"),
		signature("X-Hub-Signature-256", "sha256="), signature("X-Hub-Signature", "sha256="), signature("X-Gitea-Signature", ""),
	), "", nil},
}

func list(proofs ...func(http.Header, []byte) proof) []func(http.Header, []byte) proof { return proofs }

// KindByName finds a kind; nil when there is none of that name.
func KindByName(name string) *Kind {
	for _, k := range Kinds {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// isPush reports whether a call tells of a push, as far as its host says.
func (k *Kind) isPush(h http.Header) bool {
	return k.event == "" || slices.Contains(k.push, h.Get(k.event))
}
