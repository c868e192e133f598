package forge_test

import (
	"maps"
	"testing"
	"testing/synctest"

	"github.com/computesync/computesync/internal/forge"
	"github.com/computesync/computesync/internal/forge/forgetest"
)

// onAzure runs a case on Azure DevOps alone.
func onAzure(t *testing.T, run func(t *testing.T, z *forgetest.AzureDevOps, env map[string]string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, env := hosts[1].new(t)
		run(t, s.(*forgetest.AzureDevOps), env)
		for _, p := range s.Problems() {
			t.Error(p)
		}
	})
}

func TestThreadIsActiveWhileSomebodyShouldAct(t *testing.T) {
	onAzure(t, func(t *testing.T, z *forgetest.AzureDevOps, env map[string]string) {
		p := checked(t, &hosts[1], z, env)
		held := note
		held.Open = true
		for _, step := range []struct {
			note forge.Note
			want forge.Outcome
			word string
		}{
			{note, forge.Created, "closed"},
			{held, forge.Edited, "active"},
			{held, forge.Unchanged, "active"},
			{note, forge.Edited, "closed"},
			{note, forge.Unchanged, "closed"},
		} {
			tell(t, p, step.note, step.want)
			if got := z.Threads[0].Status; got != step.word {
				t.Errorf("the thread is %s, want %s", got, step.word)
			}
		}
		if len(z.Threads) != 1 {
			t.Errorf("threads %+v", z.Threads)
		}
	})
}

func TestDeletedThreadIsNotFound(t *testing.T) {
	onAzure(t, func(t *testing.T, z *forgetest.AzureDevOps, env map[string]string) {
		p := checked(t, &hosts[1], z, env)
		tell(t, p, note, forge.Created)
		z.Threads[0].Deleted = true
		tell(t, p, note, forge.Created)
	})
}

func TestPersonalAccessToken(t *testing.T) {
	onAzure(t, func(t *testing.T, z *forgetest.AzureDevOps, env map[string]string) {
		delete(env, "SYSTEM_ACCESSTOKEN")
		env["AZURE_DEVOPS_EXT_PAT"] = forgetest.Token
		tell(t, checked(t, &hosts[1], z, env), note, forge.Created)
	})
}

func TestAzureContext(t *testing.T) {
	onAzure(t, func(t *testing.T, z *forgetest.AzureDevOps, env map[string]string) {
		for _, c := range []struct{ name, value, want string }{
			{"SYSTEM_ACCESSTOKEN", "", "SYSTEM_ACCESSTOKEN is not set"},
			{"SYSTEM_COLLECTIONURI", "", "SYSTEM_COLLECTIONURI is not set"},
			{"SYSTEM_COLLECTIONURI", "http://dev.example/org/", "plain http is for loopback"},
			{"SYSTEM_PULLREQUEST_PULLREQUESTID", "", "not run for a pull request"},
			{"SYSTEM_PULLREQUEST_PULLREQUESTID", "7/../8", "not run for a pull request"},
			{"BUILD_REPOSITORY_PROVIDER", "GitHub", "--post github"},
		} {
			env := maps.Clone(env)
			env[c.name] = c.value
			_, err := forge.Open("azuredevops", forge.Env{Lookup: func(n string) (string, bool) { return env[n], true }})
			wantError(t, err, c.want)
		}
	})
}

func TestStatusOfAnEarlierPushIsNone(t *testing.T) {
	onAzure(t, func(t *testing.T, z *forgetest.AzureDevOps, env map[string]string) {
		p := checked(t, &hosts[1], z, env)
		if err := p.Set(t.Context(), verdict); err != nil {
			t.Fatal(err)
		}
		z.Before, z.Statuses = z.Statuses, nil
		if err := p.Set(t.Context(), verdict); err != nil {
			t.Fatal(err)
		}
		if len(z.Statuses) != 1 {
			t.Error("the status of the push before was taken for one of this")
		}
	})
}

func TestOwnReplyIsLeft(t *testing.T) {
	onAzure(t, func(t *testing.T, z *forgetest.AzureDevOps, env map[string]string) {
		hosts[1].write(z, z.Me, note.Body+"\nquoted by the same account")
		tell(t, checked(t, &hosts[1], z, env), note, forge.Created)
	})
}
