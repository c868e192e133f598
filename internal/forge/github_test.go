package forge_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/computesync/computesync/internal/forge"
	"github.com/computesync/computesync/internal/forge/forgetest"
)

// onGitHub runs a case on GitHub alone.
func onGitHub(t *testing.T, run func(t *testing.T, g *forgetest.GitHub, env map[string]string)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, env := hosts[0].new(t)
		run(t, s.(*forgetest.GitHub), env)
		for _, p := range s.Problems() {
			t.Error(p)
		}
	})
}

func TestCommentOnPageThree(t *testing.T) {
	onGitHub(t, func(t *testing.T, g *forgetest.GitHub, env map[string]string) {
		g.PerPage = 2
		for i := range 4 {
			g.Comments = append(g.Comments, forgetest.Comment{ID: int64(i + 1), Author: "somebody", Body: "hm"})
		}
		p := checked(t, &hosts[0], g, env)
		tell(t, p, note, forge.Created)
		g.Comments = append(g.Comments, forgetest.Comment{ID: 6, Body: "hm"}, forgetest.Comment{ID: 7, Body: "hm"})
		tell(t, p, note, forge.Unchanged)
		changed := note
		changed.Body = "new\n" + marker
		tell(t, p, changed, forge.Edited)
		if len(g.Comments) != 7 || g.Comments[4].Body != changed.Body {
			t.Errorf("comments %+v", g.Comments)
		}
	})
}

func TestStatusOnPageThree(t *testing.T) {
	onGitHub(t, func(t *testing.T, g *forgetest.GitHub, env map[string]string) {
		g.PerPage = 2
		for i := range 4 {
			g.Statuses = append(g.Statuses, forgetest.Status{State: "success", Context: fmt.Sprint("ci ", i)})
		}
		p := checked(t, &hosts[0], g, env)
		for range 2 {
			if err := p.Set(t.Context(), verdict); err != nil {
				t.Fatal(err)
			}
		}
		if len(g.Statuses) != 5 {
			t.Errorf("statuses %+v", g.Statuses)
		}
	})
}

func TestPersonalTokenKnowsItsOwnComments(t *testing.T) {
	onGitHub(t, func(t *testing.T, g *forgetest.GitHub, env map[string]string) {
		g.Login = "Octo"
		g.Comments = []forgetest.Comment{{ID: 1, Author: "some[bot]", Bot: true, Body: note.Body}}
		p := checked(t, &hosts[0], g, env)
		tell(t, p, note, forge.Created)
		tell(t, p, note, forge.Unchanged)
	})
}

func TestOtherBotsQuotesAreLeft(t *testing.T) {
	onGitHub(t, func(t *testing.T, g *forgetest.GitHub, env map[string]string) {
		g.Comments = []forgetest.Comment{
			{ID: 1, Author: "some[bot]", Bot: true, Body: "> " + marker},
			{ID: 2, Author: "some[bot]", Bot: true, Body: note.Body + "\nquoted"},
		}
		tell(t, checked(t, &hosts[0], g, env), note, forge.Created)
	})
}

func TestLimitIsNotTakenForAnAppsToken(t *testing.T) {
	onGitHub(t, func(t *testing.T, g *forgetest.GitHub, env map[string]string) {
		g.Comments = []forgetest.Comment{{ID: 1, Author: "some[bot]", Bot: true, Body: note.Body}}
		g.Fail(forgetest.Fault{Method: http.MethodGet, Path: "/user", Status: 403, Times: 10, Body: `{"message": "You have exceeded a secondary rate limit"}`})
		_, err := checked(t, &hosts[0], g, env).Tell(t.Context(), note)
		wantError(t, err, "GET /user: 403", "tried again after")
	})
}

func TestNextPageElsewhereIsNotFollowed(t *testing.T) {
	onGitHub(t, func(t *testing.T, g *forgetest.GitHub, env map[string]string) {
		for _, link := range []string{"https://evil.example/x", "http://api.example/x", "https://api.example:444/x", "https://api.example@evil.example/x"} {
			g.Fail(forgetest.Fault{Method: http.MethodGet, Path: "/comments", Status: 200, Body: "[]", Header: map[string]string{"Link": "<" + link + `>; rel="next"`}})
			_, err := checked(t, &hosts[0], g, env).Tell(t.Context(), note)
			wantError(t, err, "the next page is on", "not shown the token")
		}
	})
}

func TestRedirects(t *testing.T) {
	onGitHub(t, func(t *testing.T, g *forgetest.GitHub, env map[string]string) {
		to := func(status int, method, path, where string) {
			g.Fail(forgetest.Fault{Method: method, Path: path, Status: status, Header: map[string]string{"Location": where}})
		}
		p := checked(t, &hosts[0], g, env)
		to(301, "GET", "/comments", "https://evil.example/repos/acme/fleet/issues/7/comments")
		_, err := p.Tell(t.Context(), note)
		wantError(t, err, "301", "not followed")
		to(302, "POST", "/comments", "https://api.example/repos/acme/fleet/issues/7/comments") // would become a GET
		_, err = p.Tell(t.Context(), note)
		wantError(t, err, "302", "not followed")
		if len(g.Comments) > 0 {
			t.Errorf("comments %+v", g.Comments)
		}
		to(301, "GET", "/comments", "https://api.example/repos/acme/fleet/issues/7/comments") // renamed
		to(307, "POST", "/comments", "https://api.example/repos/acme/fleet/issues/7/comments")
		tell(t, p, note, forge.Created)
	})
}

func TestEndlessListEnds(t *testing.T) {
	onGitHub(t, func(t *testing.T, g *forgetest.GitHub, env map[string]string) {
		g.Fail(forgetest.Fault{Method: http.MethodGet, Path: "/comments", Times: 1000, Status: 200, Body: "[]", Header: map[string]string{"Link": `<https://api.example/repos/acme/fleet/issues/7/comments?page=1>; rel="next"`}})
		_, err := checked(t, &hosts[0], g, env).Tell(t.Context(), note)
		wantError(t, err, "more than 100 pages")
	})
}

func TestLockedConversation(t *testing.T) {
	onGitHub(t, func(t *testing.T, g *forgetest.GitHub, env map[string]string) {
		g.Locked = true
		p := checked(t, &hosts[0], g, env)
		_, err := p.Tell(t.Context(), note)
		wantError(t, err, "issue is locked", "unlock the conversation")
		if err := p.Set(t.Context(), verdict); err != nil {
			t.Errorf("a locked conversation takes a status: %v", err)
		}
	})
}

func TestGitHubContext(t *testing.T) {
	onGitHub(t, func(t *testing.T, g *forgetest.GitHub, env map[string]string) {
		for _, c := range []struct{ name, value, want string }{
			{"GITHUB_TOKEN", " ", "GITHUB_TOKEN is not set"},
			{"GITHUB_REPOSITORY", "acme/fleet/../x", "not OWNER/NAME"},
			{"GITHUB_EVENT_PATH", "/nowhere", "no such file"},
			{"GITHUB_EVENT_PATH", eventFile(t, "not JSON"), "holds no event"},
			{"GITHUB_API_URL", "http://api.example", "plain http is for loopback"},
			{"GITHUB_API_URL", "https://u:hunter2@api.example", "not one to send a token to"},
		} {
			err := openWith(g, env, c.name, c.value)
			wantError(t, err, c.want)
		}
		delete(env, "GITHUB_EVENT_PATH")
		wantError(t, openWith(g, env, "GITHUB_REF", "refs/heads/main"), "not run for a pull request", "on: pull_request")
		// The ref alone tells the number, and the API the head.
		if err := checked(t, &hosts[0], g, env).Set(t.Context(), verdict); err != nil {
			t.Error(err)
		}
		wantError(t, openWith(g, env, "GITHUB_REF", "refs/pull/7x/merge"), "not run for a pull request")
	})
}

func openWith(s stand, env map[string]string, name, value string) error {
	_, err := forge.Open("github", forge.Env{Transport: forgetest.Transport(s), Lookup: func(n string) (string, bool) {
		if n == name {
			return value, true
		}
		v, ok := env[n]
		return v, ok
	}})
	return err
}

func TestUnknownHost(t *testing.T) {
	_, err := forge.Open("gitea", forge.Env{})
	wantError(t, err, `"gitea"`, strings.Join(forge.Hosts(), " or "))
}
