package forge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/computesync/computesync/internal/secret"
)

// gitHub speaks GitHub's REST API, as docs.github.com/rest describes it, also
// that of Enterprise Server.
type gitHub struct {
	*wire
	repo   string // path of the repository
	number string
	head   *string
	me     string // the login that the token writes as
	bot    bool   // the token is an app's, which may not ask who it is
}

var (
	repository = regexp.MustCompile(`^[\w.-]+/[\w.-]+$`)
	pullRef    = regexp.MustCompile(`^refs/pull/([0-9]+)/(merge|head)$`)
	commitHash = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)
)

func openGitHub(env Env) (*PullRequest, error) {
	token := secret.NewValue(strings.TrimSpace(env.get("GITHUB_TOKEN")))
	repo := env.get("GITHUB_REPOSITORY")
	switch {
	case token.IsZero():
		return nil, missing("GITHUB_TOKEN", "give the step env: {GITHUB_TOKEN: ${{ github.token }}}, and its job permissions: {pull-requests: write, statuses: write}")
	case !repository.MatchString(repo):
		return nil, &contextError{"GITHUB_REPOSITORY is not OWNER/NAME", "GitHub Actions sets it; set it where this runs elsewhere"}
	}
	p, err := gitHubPull(env)
	if err != nil {
		return nil, err
	}
	api := env.get("GITHUB_API_URL")
	if api == "" {
		api = "https://api.github.com"
	}
	p.wire, err = newWire(env, api, http.Header{
		"Authorization":        {"Bearer " + token.Reveal()},
		"Accept":               {"application/vnd.github+json"},
		"X-Github-Api-Version": {"2022-11-28"},
	}, token)
	if err != nil {
		return nil, err
	}
	p.wire.explain = explainGitHub
	p.host = &gitHub{wire: p.wire, repo: "/repos/" + repo, number: p.number, head: &p.head}
	if run := env.get("GITHUB_RUN_ID"); run != "" && env.get("GITHUB_SERVER_URL") != "" {
		p.target = env.get("GITHUB_SERVER_URL") + "/" + repo + "/actions/runs/" + url.PathEscape(run)
	}
	return p, nil
}

// gitHubPull takes number and head from the event: GITHUB_SHA is a merge commit
// that is on no branch, and a status of it would not show. Of another event, on
// the pull request's ref, the number alone is known.
func gitHubPull(env Env) (*PullRequest, error) {
	var event struct {
		PullRequest struct {
			Number int64
			Head   struct{ SHA string }
		} `json:"pull_request"`
	}
	if path := env.get("GITHUB_EVENT_PATH"); path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("post: read GITHUB_EVENT_PATH: %w", err)
		}
		if json.Unmarshal(data, &event) != nil {
			return nil, &contextError{"the file of GITHUB_EVENT_PATH holds no event", "GitHub Actions writes it; unset the variable where this runs elsewhere"}
		}
	}
	if e := event.PullRequest; e.Number > 0 && commitHash.MatchString(e.Head.SHA) {
		return &PullRequest{number: strconv.FormatInt(e.Number, 10), head: e.Head.SHA}, nil
	}
	if m := pullRef.FindStringSubmatch(env.get("GITHUB_REF")); m != nil {
		return &PullRequest{number: m[1]}, nil
	}
	return nil, &contextError{"this does not run for a pull request", "run it on: pull_request, or leave --post away"}
}

func (g *gitHub) look(ctx context.Context) (pull, error) {
	var p struct {
		State string
		Head  struct{ SHA string }
	}
	_, err := g.call(ctx, http.MethodGet, g.repo+"/pulls/"+g.number, nil, &p)
	if err == nil && !commitHash.MatchString(p.Head.SHA) {
		err = errors.New("the answer names no head commit")
	}
	return pull{p.State == "open", p.State, p.Head.SHA}, err
}

type gitHubComment struct {
	ID   int64
	Body string
	User struct{ Login, Type string }
}

func (g *gitHub) find(ctx context.Context, marker string) (found *comment, err error) {
	err = g.pages(ctx, g.repo+"/issues/"+g.number+"/comments?per_page=100", func(data json.RawMessage) (bool, error) {
		var page []gitHubComment
		if err := json.Unmarshal(data, &page); err != nil {
			return false, errNotExpected
		}
		for i := range page {
			c := &page[i]
			if !endsWith(c.Body, marker) {
				continue
			}
			if ours, err := g.ours(ctx, c); err != nil {
				return false, err
			} else if ours {
				found = &comment{body: c.Body, id: c.ID}
				return true, nil
			}
		}
		return false, nil
	})
	return found, err
}

// ours reports whether we wrote the comment. A token that may write may edit
// anybody's, and anybody may write our marker. An app's token, such as that of
// a workflow, may not ask who it is: it is known that it is a bot.
func (g *gitHub) ours(ctx context.Context, c *gitHubComment) (bool, error) {
	if g.me == "" && !g.bot {
		var me struct{ Login string }
		_, err := g.call(ctx, http.MethodGet, "/user", nil, &me)
		var e *RequestError
		g.bot = errors.As(err, &e) && e.Status == http.StatusForbidden && !e.limited
		if err != nil && !g.bot {
			return false, err
		}
		g.me = me.Login
	}
	return g.bot && c.User.Type == "Bot" || g.me != "" && strings.EqualFold(c.User.Login, g.me), nil
}

// A comment of GitHub cannot be resolved: open says nothing there.

func (g *gitHub) create(ctx context.Context, n Note) error {
	_, err := g.call(ctx, http.MethodPost, g.repo+"/issues/"+g.number+"/comments", body{n.Body}, &struct{}{})
	return err
}

func (g *gitHub) edit(ctx context.Context, c *comment, n Note) error {
	_, err := g.call(ctx, http.MethodPatch, g.repo+"/issues/comments/"+strconv.FormatInt(c.id, 10), body{n.Body}, &struct{}{})
	return err
}

type body struct {
	Body string `json:"body"`
}

type gitHubStatus struct {
	State       State  `json:"state"`
	TargetURL   string `json:"target_url,omitempty"`
	Description string `json:"description"`
	Context     string `json:"context"`
}

func (g *gitHub) status(ctx context.Context, context string) (found *Status, err error) {
	err = g.pages(ctx, g.repo+"/commits/"+*g.head+"/status?per_page=100", func(data json.RawMessage) (bool, error) {
		var page struct{ Statuses []gitHubStatus }
		if err := json.Unmarshal(data, &page); err != nil {
			return false, errNotExpected
		}
		for _, s := range page.Statuses {
			if strings.EqualFold(s.Context, context) {
				found = &Status{s.State, s.Description, s.Context, s.TargetURL}
				return true, nil
			}
		}
		return false, nil
	})
	return found, err
}

func (g *gitHub) set(ctx context.Context, s Status) error {
	_, err := g.call(ctx, http.MethodPost, g.repo+"/statuses/"+*g.head, gitHubStatus{s.State, s.target, s.Description, s.Context}, &struct{}{})
	return err
}

var errNotExpected = errors.New("the answer is not the JSON that was expected")

// pages follows a list from page to page until see is done with it.
func (g *gitHub) pages(ctx context.Context, link string, see func(json.RawMessage) (done bool, err error)) error {
	const most = 100 // a list that leads in a circle must end, too
	for range most {
		var page json.RawMessage
		header, err := g.call(ctx, http.MethodGet, link, nil, &page)
		if err != nil {
			return err
		}
		done, err := see(page)
		if link = nextPage(header); done || err != nil || link == "" {
			return err
		}
	}
	return fmt.Errorf("the list has more than %d pages", most)
}

var linkNext = regexp.MustCompile(`<([^>]*)>\s*;[^,<]*\brel="next"`)

func nextPage(h http.Header) string {
	if m := linkNext.FindStringSubmatch(strings.Join(h.Values("Link"), ",")); m != nil {
		return m[1]
	}
	return ""
}

func explainGitHub(e *RequestError) string {
	switch {
	case e.limited || e.Status >= 500:
		return "run it again later"
	case e.Status == http.StatusUnauthorized:
		return "GITHUB_TOKEN is not valid, or has expired; give the step env: {GITHUB_TOKEN: ${{ github.token }}}"
	case strings.Contains(e.Text, "locked"):
		return "unlock the conversation, or use the token of somebody who may write to the repository"
	case e.Status != http.StatusForbidden && e.Status != http.StatusNotFound:
		return ""
	case strings.Contains(e.Path, "/statuses/") || strings.HasSuffix(e.Path, "/status"):
		return "give the job permissions: {statuses: write}; for a pull request from a fork GitHub gives a token that only reads"
	}
	return "give the job permissions: {pull-requests: write}; for a pull request from a fork GitHub gives a token that only reads"
}
