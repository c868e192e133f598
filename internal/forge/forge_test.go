package forge_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/forge"
	"github.com/computesync/computesync/internal/forge/forgetest"
)

const marker = "<!-- computesync plan/v1 0123 -->"

var note = forge.Note{Marker: marker, Body: "### a plan\n\n" + marker + "\n", Create: true}

var verdict = forge.Status{State: forge.Success, Description: "2 to create", Context: "computesync plan"}

// stand is a stand-in of either host, as far as cases of both need it.
type stand interface {
	http.Handler
	Fail(forgetest.Fault)
	Problems() []string
	Requests() []string
	Writes() []string
}

// hostCase is one host with what differs in its paths.
type hostCase struct {
	name     string
	new      func(t *testing.T) (stand, map[string]string)
	comments string // end of the path that lists and takes comments
	status   string // end of the path that takes a status
	edits    string // end of the path of comment 101
	read     string // end of the path that statuses are read from
	pull     string
	mine     func(stand) []string // bodies of all comments
	write    func(s stand, author string, bodies ...string)
	states   func(stand) []forgetest.Status
}

var hosts = []hostCase{
	{
		name: "github",
		new: func(t *testing.T) (stand, map[string]string) {
			g := forgetest.NewGitHub()
			return g, g.Env("https://api.example", eventFile(t, `{"number": 7, "pull_request": {"number": 7, "head": {"sha": "`+forgetest.Head+`"}}}`))
		},
		comments: "/issues/7/comments", edits: "/issues/comments/101", status: "/statuses/" + forgetest.Head, read: "/commits/" + forgetest.Head + "/status", pull: "/pulls/7",
		mine: func(s stand) (bodies []string) {
			for _, c := range s.(*forgetest.GitHub).Comments {
				bodies = append(bodies, c.Body)
			}
			return bodies
		},
		write: func(s stand, author string, bodies ...string) {
			g := s.(*forgetest.GitHub)
			for i, b := range bodies {
				g.Comments = append(g.Comments, forgetest.Comment{ID: int64(i + 1), Author: author, Body: b})
			}
		},
		states: func(s stand) []forgetest.Status { return s.(*forgetest.GitHub).Statuses },
	},
	{
		name: "azuredevops",
		new: func(*testing.T) (stand, map[string]string) {
			z := forgetest.NewAzureDevOps()
			return z, z.Env("https://dev.example")
		},
		comments: "/threads", edits: "/threads/101/comments/1", status: "/statuses", read: "/statuses", pull: "/pullRequests/7",
		mine: func(s stand) (bodies []string) {
			for _, t := range s.(*forgetest.AzureDevOps).Threads {
				bodies = append(bodies, t.Comments[0].Body)
			}
			return bodies
		},
		write: func(s stand, author string, bodies ...string) {
			z := s.(*forgetest.AzureDevOps)
			for i, b := range bodies {
				z.Threads = append(z.Threads, forgetest.Thread{ID: int64(i + 1), Status: "active", Comments: []forgetest.Comment{{ID: 1, Author: author, Body: b}}})
			}
		},
		states: func(s stand) []forgetest.Status { return s.(*forgetest.AzureDevOps).Statuses },
	},
}

func eventFile(t *testing.T, event string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "event.json")
	if err := os.WriteFile(path, []byte(event), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// each runs a case on every host, in simulated time, and holds it to the documents.
func each(t *testing.T, run func(t *testing.T, h *hostCase, s stand, env map[string]string)) {
	t.Helper()
	for i := range hosts {
		h := &hosts[i]
		t.Run(h.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, env := h.new(t)
				run(t, h, s, env)
				for _, p := range s.Problems() {
					t.Error(p)
				}
			})
		})
	}
}

func open(t *testing.T, h *hostCase, s stand, env map[string]string) *forge.PullRequest {
	t.Helper()
	p, err := forge.Open(h.name, forge.Env{
		Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		Agent:  "computesync/test", Transport: forgetest.Transport(s),
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// checked is a pull request that Check found open.
func checked(t *testing.T, h *hostCase, s stand, env map[string]string) *forge.PullRequest {
	t.Helper()
	p := open(t, h, s, env)
	if err := p.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

func tell(t *testing.T, p *forge.PullRequest, n forge.Note, want forge.Outcome) {
	t.Helper()
	got, err := p.Tell(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Fatalf("the comment was %s, want %s", got, want)
	}
}

func wantBodies(t *testing.T, h *hostCase, s stand, want ...string) {
	t.Helper()
	if got := h.mine(s); !slices.Equal(got, want) {
		t.Fatalf("comments %q, want %q", got, want)
	}
}

func TestOneCommentIsEdited(t *testing.T) {
	each(t, func(t *testing.T, h *hostCase, s stand, env map[string]string) {
		h.write(s, "somebody", "looks good")
		p := checked(t, h, s, env)
		tell(t, p, note, forge.Created)
		tell(t, p, note, forge.Unchanged)
		again := note
		again.Body = "### another plan\n\n" + marker + "\n"
		tell(t, open(t, h, s, env), again, forge.Edited)
		wantBodies(t, h, s, "looks good", again.Body)
		if w := s.Writes(); len(w) != 2 {
			t.Errorf("writes %q, want a POST and a PATCH", w)
		}
	})
}

func TestNothingToSayMakesNoComment(t *testing.T) {
	each(t, func(t *testing.T, h *hostCase, s stand, env map[string]string) {
		quiet := note
		quiet.Create = false
		p := checked(t, h, s, env)
		tell(t, p, quiet, forge.Nothing)
		wantBodies(t, h, s)
		tell(t, p, note, forge.Created)
		quiet.Body = "### nothing to do\n\n" + marker + "\n"
		tell(t, p, quiet, forge.Edited)
		wantBodies(t, h, s, quiet.Body)
	})
}

func TestMarkersKeepCommentsApart(t *testing.T) {
	each(t, func(t *testing.T, h *hostCase, s stand, env map[string]string) {
		p := checked(t, h, s, env)
		other := forge.Note{Marker: "<!-- computesync plan/v1 4567 -->", Body: "other\n<!-- computesync plan/v1 4567 -->\n", Create: true}
		tell(t, p, note, forge.Created)
		tell(t, p, other, forge.Created)
		tell(t, p, note, forge.Unchanged)
		tell(t, p, other, forge.Unchanged)
	})
}

func TestOthersCommentsAreLeft(t *testing.T) {
	each(t, func(t *testing.T, h *hostCase, s stand, env map[string]string) {
		others := []string{
			note.Body + "\nI do not agree",
			"> ### a plan\n>\n> " + marker,
			note.Body, // word for word, by somebody else
		}
		h.write(s, "somebody", others...)
		p := checked(t, h, s, env)
		tell(t, p, note, forge.Created)
		changed := note
		changed.Body = "new\n" + marker
		tell(t, p, changed, forge.Edited)
		wantBodies(t, h, s, append(others, changed.Body)...)
	})
}

func TestBodiesPassUnchanged(t *testing.T) {
	each(t, func(t *testing.T, h *hostCase, s stand, env map[string]string) {
		n := note
		n.Body = strings.Repeat("ä<>&\u2028\"\\`|\U0001F600\t", 60_000/17)[:59_000] + "\n" + marker + "\n"
		n.Body = strings.ToValidUTF8(n.Body, "")
		p := checked(t, h, s, env)
		tell(t, p, n, forge.Created)
		wantBodies(t, h, s, n.Body)
		tell(t, p, n, forge.Unchanged)
	})
}

func TestStatusIsSetOnce(t *testing.T) {
	each(t, func(t *testing.T, h *hostCase, s stand, env map[string]string) {
		p := checked(t, h, s, env)
		for range 2 {
			if err := p.Set(t.Context(), verdict); err != nil {
				t.Fatal(err)
			}
		}
		worse := verdict
		worse.State, worse.Description = forge.Failure, strings.Repeat("ä", 200)+"\x1b[2J"
		if err := p.Set(t.Context(), worse); err != nil {
			t.Fatal(err)
		}
		got := h.states(s)
		if len(got) != 2 || got[1].Description != strings.Repeat("ä", 139)+"…" || !strings.Contains(got[0].Target, "4711") {
			t.Errorf("statuses %+v", got)
		}
	})
}

func TestLongContextsStayApart(t *testing.T) {
	each(t, func(t *testing.T, h *hostCase, s stand, env map[string]string) {
		p := checked(t, h, s, env)
		for _, end := range []string{"a", "b", "a"} {
			long := verdict
			long.Context = strings.Repeat("x", 300) + end
			if err := p.Set(t.Context(), long); err != nil {
				t.Fatal(err)
			}
		}
		got := h.states(s)
		if len(got) != 2 || got[0].Context == got[1].Context || len([]rune(got[0].Context)) != 100 {
			t.Errorf("statuses %+v, want two of 100 characters each", got)
		}
	})
}

func TestLostAnswersAreLookedAfter(t *testing.T) {
	each(t, func(t *testing.T, h *hostCase, s stand, env map[string]string) {
		s.Fail(forgetest.Fault{Method: http.MethodPost, Path: h.comments, Lost: true})
		s.Fail(forgetest.Fault{Method: http.MethodPatch, Path: h.edits, Lost: true})
		s.Fail(forgetest.Fault{Method: http.MethodPost, Path: h.status, Lost: true})
		p := checked(t, h, s, env)
		tell(t, p, note, forge.Created)
		edited := note
		edited.Body = "new\n" + marker
		tell(t, p, edited, forge.Edited)
		if err := p.Set(t.Context(), verdict); err != nil {
			t.Fatal(err)
		}
		wantBodies(t, h, s, edited.Body)
		if w := s.Writes(); len(w) != 3 {
			t.Errorf("writes %q: one was repeated", w)
		}
	})
}

func TestFailedWritesAreRepeatedAfterALook(t *testing.T) {
	each(t, func(t *testing.T, h *hostCase, s stand, env map[string]string) {
		s.Fail(forgetest.Fault{Method: http.MethodPost, Path: h.comments, Status: 502, Times: 2})
		p := checked(t, h, s, env)
		tell(t, p, note, forge.Created)
		wantBodies(t, h, s, note.Body)
		s.Fail(forgetest.Fault{Method: http.MethodPost, Path: h.status, Status: 500, Times: 100})
		begin := time.Now()
		if err := p.Set(t.Context(), verdict); err == nil {
			t.Error("no error after 100 faults")
		}
		if d := time.Since(begin); d > 2*time.Minute {
			t.Errorf("tried for %s", d)
		}
	})
}

func TestReadsAreRepeated(t *testing.T) {
	each(t, func(t *testing.T, h *hostCase, s stand, env map[string]string) {
		s.Fail(forgetest.Fault{Method: http.MethodGet, Path: h.pull, Status: 503})
		s.Fail(forgetest.Fault{Method: http.MethodGet, Path: h.comments, Lost: true, Times: 2})
		tell(t, checked(t, h, s, env), note, forge.Created)
	})
}

func TestLimits(t *testing.T) {
	// Simulated time begins at midnight of 2000-01-01, 946684800 seconds after 1970.
	for name, c := range map[string]struct {
		fault forgetest.Fault
		least time.Duration
	}{
		"429 with seconds": {forgetest.Fault{Status: 429, Header: map[string]string{"Retry-After": "20"}}, 20 * time.Second},
		"429 with a date":  {forgetest.Fault{Status: 429, Header: map[string]string{"Retry-After": "Sat, 01 Jan 2000 00:00:30 GMT"}}, 30 * time.Second},
		"429 alone":        {forgetest.Fault{Status: 429}, time.Minute},
		"403, Retry-After": {forgetest.Fault{Status: 403, Header: map[string]string{"Retry-After": "20"}, Body: `{"message": "slow down"}`}, 20 * time.Second},
		"403, spent":       {forgetest.Fault{Status: 403, Header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "946684840"}}, 40 * time.Second},
		"403, secondary":   {forgetest.Fault{Status: 403, Body: `{"message": "You have exceeded a secondary rate limit."}`}, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, h *hostCase, s stand, env map[string]string) {
				c.fault.Method, c.fault.Path = http.MethodPost, h.comments
				s.Fail(c.fault)
				begin := time.Now()
				tell(t, checked(t, h, s, env), note, forge.Created)
				if d := time.Since(begin); d < c.least || d > c.least+5*time.Second {
					t.Errorf("waited %s, was asked for %s", d, c.least)
				}
				wantBodies(t, h, s, note.Body)
			})
		})
	}
}

func TestLongWaitsAreRefused(t *testing.T) {
	each(t, func(t *testing.T, h *hostCase, s stand, env map[string]string) {
		s.Fail(forgetest.Fault{Method: http.MethodPost, Path: h.comments, Status: 429, Times: 10, Header: map[string]string{"Retry-After": "50"}})
		p := checked(t, h, s, env)
		begin := time.Now()
		_, err := p.Tell(t.Context(), note)
		wantError(t, err, "429", "to be tried again after 50s", "run it again later")
		if d := time.Since(begin); d != 100*time.Second {
			t.Errorf("waited %s in all, want twice 50s", d)
		}
		s.Fail(forgetest.Fault{Method: http.MethodPost, Path: h.status, Status: 429, Header: map[string]string{"Retry-After": "99999999999999"}})
		wantError(t, p.Set(t.Context(), verdict), "429", "tried again after")
	})
}

// hanging never answers.
type hanging struct{}

func (hanging) RoundTrip(rq *http.Request) (*http.Response, error) {
	<-rq.Context().Done()
	return nil, rq.Context().Err()
}

func TestHangingHostIsGivenUp(t *testing.T) {
	each(t, func(t *testing.T, h *hostCase, _ stand, env map[string]string) {
		p, err := forge.Open(h.name, forge.Env{Lookup: func(name string) (string, bool) { return env[name], true }, Transport: hanging{}})
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		wantError(t, p.Check(t.Context()), "look at pull request 7: GET ")
		if d := time.Since(begin); d < time.Minute || d > 150*time.Second {
			t.Errorf("given up after %s", d)
		}
	})
}

func TestInterruptEndsWaiting(t *testing.T) {
	each(t, func(t *testing.T, h *hostCase, s stand, env map[string]string) {
		s.Fail(forgetest.Fault{Method: http.MethodPost, Path: h.comments, Status: 429, Header: map[string]string{"Retry-After": "100"}})
		p := checked(t, h, s, env)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		begin := time.Now()
		if _, err := p.Tell(ctx, note); err == nil || time.Since(begin) > 4*time.Second {
			t.Errorf("%v after %s", err, time.Since(begin))
		}
	})
}

// wantError holds an error and its hint to what they should tell, and to hold no token.
func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one that tells %q", parts)
	}
	text := err.Error()
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		text += "\nhint: " + hinted.Hint()
	}
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("the error does not tell %q:\n%s", part, text)
		}
	}
	if strings.Contains(text, "hunter2") || strings.ContainsAny(strings.Replace(text, "\n", "", 1), "\x1b\n") {
		t.Errorf("a token, or what acts on a terminal, in %q", text)
	}
}

func TestRefusals(t *testing.T) {
	permission := map[string]string{"github": "pull-requests: write", "azuredevops": "Contribute to pull requests"}
	status := map[string]string{"github": "statuses: write", "azuredevops": "Contribute to pull requests"}
	token := map[string]string{"github": "GITHUB_TOKEN is not valid", "azuredevops": "the token is not valid"}
	each(t, func(t *testing.T, h *hostCase, s stand, env map[string]string) {
		p := checked(t, h, s, env)
		fail := func(method, path string, status int, body string) {
			s.Fail(forgetest.Fault{Method: method, Path: path, Status: status, Body: body})
		}
		comment := func() error { _, err := p.Tell(t.Context(), note); return err }

		fail("POST", h.comments, 403, `{"message": "Resource not accessible by integration"}`)
		wantError(t, comment(), "403 forbidden: Resource not accessible by integration", permission[h.name])
		fail("GET", h.comments, 404, `{"message": "Not Found"}`)
		wantError(t, comment(), "404", permission[h.name])
		fail("POST", h.status, 403, `{"message": "no"}`)
		wantError(t, p.Set(t.Context(), verdict), "403", status[h.name])
		fail("GET", h.comments, 401, `{"message": "Bad credentials"}`)
		wantError(t, comment(), "401", token[h.name])
		fail("GET", h.comments, 203, `<html>sign in</html>`)
		wantError(t, comment(), "sign in", token[h.name])
		fail("GET", h.comments, 200, `<html>a proxy</html>`)
		wantError(t, comment(), "not the JSON that was expected")
		fail("GET", h.comments, 200, `[{"id": "x"}]`)
		wantError(t, comment(), "not the JSON that was expected")
		fail("POST", h.status, 422, `{"message": "Validation failed", "errors": [{"message": "too many statuses"}]}`)
		wantError(t, p.Set(t.Context(), verdict), "422", "Validation failed too many statuses")
		if w := s.Writes(); len(w) != 3 {
			t.Errorf("writes %q: a refused one was repeated", w)
		}
	})
}

func TestTokensStayOutOfErrors(t *testing.T) {
	each(t, func(t *testing.T, h *hostCase, s stand, env map[string]string) {
		for _, body := range []string{
			`{"message": "bad token Bearer ` + forgetest.Token + ` in \u001b[2J\n` + strings.Repeat("long ", 100) + `"}`,
			`{"message": "` + strings.Repeat("x", 290) + ` ` + forgetest.Token + `"}`,
			forgetest.Token,
		} {
			s.Fail(forgetest.Fault{Method: http.MethodGet, Path: h.comments, Status: 400, Body: body})
			_, err := open(t, h, s, env).Tell(t.Context(), note)
			wantError(t, err, "400")
		}
	})
}

func TestGarbledAnswersToWritesAreLookedAfter(t *testing.T) {
	each(t, func(t *testing.T, h *hostCase, s stand, env map[string]string) {
		s.Fail(forgetest.Fault{Method: http.MethodPost, Path: h.comments, Status: 201, Body: "<html>"})
		tell(t, checked(t, h, s, env), note, forge.Created)
		wantBodies(t, h, s, note.Body)
	})
}

func TestClosedAndSuperseded(t *testing.T) {
	each(t, func(t *testing.T, h *hostCase, s stand, env map[string]string) {
		latest := "3333333333333333333333333333333333333333"
		switch s := s.(type) {
		case *forgetest.GitHub:
			s.Latest = latest
		case *forgetest.AzureDevOps:
			s.Latest = latest
		}
		var superseded *forge.SupersededError
		if err := open(t, h, s, env).Check(t.Context()); !errors.As(err, &superseded) || superseded.Latest != latest {
			t.Errorf("%v, want that it is superseded", err)
		}
		switch s := s.(type) {
		case *forgetest.GitHub:
			s.State = "closed"
		case *forgetest.AzureDevOps:
			s.State = "abandoned"
		}
		wantError(t, open(t, h, s, env).Check(t.Context()), "pull request 7 is ", "open pull requests")
		if w := s.Writes(); len(w) > 0 {
			t.Errorf("writes %q", w)
		}
	})
}
