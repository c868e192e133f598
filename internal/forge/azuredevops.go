package forge

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/computesync/computesync/internal/output"
	"github.com/computesync/computesync/internal/secret"
)

// azureDevOps speaks the REST API of Azure Repos, version 7.1, as
// learn.microsoft.com/rest/api/azure/devops/git describes it.
type azureDevOps struct {
	*wire
	pull      string // path of the pull request
	head      *string
	me        string // id of who the token writes as
	iteration int64  // the push that the head came with
}

const azureVersion = "?api-version=7.1"

var digits = regexp.MustCompile(`^[0-9]+$`)

func openAzureDevOps(env Env) (*PullRequest, error) {
	number, provider := env.get("SYSTEM_PULLREQUEST_PULLREQUESTID"), env.get("BUILD_REPOSITORY_PROVIDER")
	switch {
	case provider != "" && provider != "TfsGit":
		return nil, &contextError{"the repository is not in Azure Repos", "this posts to pull requests of Azure Repos; of GitHub, --post github does"}
	case !digits.MatchString(number):
		return nil, &contextError{"this does not run for a pull request", "run it as a build validation policy of the branch, or leave --post away"}
	}
	for _, name := range []string{"SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_REPOSITORY_ID"} {
		if env.get(name) == "" {
			return nil, missing(name, "Azure Pipelines sets it; set it where this runs elsewhere")
		}
	}
	p := &PullRequest{number: number, head: env.get("SYSTEM_PULLREQUEST_SOURCECOMMITID")}
	project := strings.TrimRight(env.get("SYSTEM_COLLECTIONURI"), "/") + "/" + url.PathEscape(env.get("SYSTEM_TEAMPROJECT"))
	if err := p.wireAzure(env); err != nil {
		return nil, err
	}
	p.host = &azureDevOps{wire: p.wire, head: &p.head, pull: fmt.Sprintf("/%s/_apis/git/repositories/%s/pullRequests/%s",
		url.PathEscape(env.get("SYSTEM_TEAMPROJECT")), url.PathEscape(env.get("BUILD_REPOSITORY_ID")), number)}
	if run := env.get("BUILD_BUILDID"); run != "" {
		p.target = project + "/_build/results?buildId=" + url.QueryEscape(run)
	}
	return p, nil
}

// wireAzure takes the pipeline's own token, or a personal one, which is sent as a
// password without a name.
func (p *PullRequest) wireAzure(env Env) (err error) {
	token, pat := strings.TrimSpace(env.get("SYSTEM_ACCESSTOKEN")), strings.TrimSpace(env.get("AZURE_DEVOPS_EXT_PAT"))
	basic := base64.StdEncoding.EncodeToString([]byte(":" + pat))
	authorization := "Bearer " + token
	switch {
	case token != "":
	case pat != "":
		authorization = "Basic " + basic
	default:
		return missing("SYSTEM_ACCESSTOKEN", "give the step env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}, or set AZURE_DEVOPS_EXT_PAT")
	}
	p.wire, err = newWire(env, env.get("SYSTEM_COLLECTIONURI"), http.Header{
		"Authorization": {authorization},
		"Accept":        {"application/json"},
		// Without it a wrong token is answered by a redirect to a page to sign in.
		"X-Tfs-Fedauthredirect": {"Suppress"},
	}, secret.NewValue(token), secret.NewValue(pat), secret.NewValue(basic))
	if err == nil {
		p.wire.explain = explainAzureDevOps
	}
	return err
}

func (z *azureDevOps) look(ctx context.Context) (pull, error) {
	var p struct {
		Status string
		Last   struct{ CommitID string } `json:"lastMergeSourceCommit"`
	}
	_, err := z.call(ctx, http.MethodGet, z.pull+azureVersion, nil, &p)
	if err == nil && p.Last.CommitID == "" {
		err = errors.New("the answer names no head commit")
	}
	return pull{p.Status == "active", p.Status, p.Last.CommitID}, err
}

type azureThread struct {
	ID        int64
	Status    string
	IsDeleted bool
	Comments  []struct {
		ID        int64
		Content   string
		IsDeleted bool
		Author    struct{ ID string }
	}
}

// find asks for the threads, which come all in one answer. A note of ours begins its thread.
func (z *azureDevOps) find(ctx context.Context, marker string) (*comment, error) {
	var list struct{ Value []azureThread }
	if _, err := z.call(ctx, http.MethodGet, z.pull+"/threads"+azureVersion, nil, &list); err != nil {
		return nil, err
	}
	for _, t := range list.Value {
		if t.IsDeleted || len(t.Comments) == 0 || t.Comments[0].IsDeleted || !endsWith(t.Comments[0].Content, marker) {
			continue
		}
		c := t.Comments[0]
		if err := z.whoAmI(ctx); err != nil {
			return nil, err
		}
		if strings.EqualFold(c.Author.ID, z.me) {
			return &comment{body: c.Content, open: t.Status != threadClosed, id: c.ID, threadID: t.ID}, nil
		}
	}
	return nil, nil
}

// whoAmI asks once. The request is in no released version: -preview is always taken.
func (z *azureDevOps) whoAmI(ctx context.Context) error {
	if z.me != "" {
		return nil
	}
	var data struct{ AuthenticatedUser struct{ ID string } }
	_, err := z.call(ctx, http.MethodGet, "/_apis/connectionData"+azureVersion+"-preview", nil, &data)
	if err == nil && data.AuthenticatedUser.ID == "" {
		err = errors.New("the answer does not say whose the token is")
	}
	z.me = data.AuthenticatedUser.ID
	return err
}

// A policy can ask that all threads are resolved before a merge: only one that
// somebody has to act on is active.
const (
	threadActive = "active"
	threadClosed = "closed"
)

func threadStatus(n Note) string {
	if n.Open {
		return threadActive
	}
	return threadClosed
}

type azureComment struct {
	ParentCommentID int    `json:"parentCommentId"`
	Content         string `json:"content"`
	CommentType     string `json:"commentType"`
}

func (z *azureDevOps) create(ctx context.Context, n Note) error {
	thread := struct {
		Comments []azureComment `json:"comments"`
		Status   string         `json:"status"`
	}{[]azureComment{{0, n.Body, "text"}}, threadStatus(n)}
	_, err := z.call(ctx, http.MethodPost, z.pull+"/threads"+azureVersion, thread, &struct{}{})
	return err
}

func (z *azureDevOps) edit(ctx context.Context, c *comment, n Note) error {
	thread := fmt.Sprintf("%s/threads/%d", z.pull, c.threadID)
	if !same(c.body, n.Body) {
		content := struct {
			Content string `json:"content"`
		}{n.Body}
		if _, err := z.call(ctx, http.MethodPatch, fmt.Sprintf("%s/comments/%d%s", thread, c.id, azureVersion), content, &struct{}{}); err != nil {
			return err
		}
	}
	if c.open == n.Open {
		return nil
	}
	status := struct {
		Status string `json:"status"`
	}{threadStatus(n)}
	_, err := z.call(ctx, http.MethodPatch, thread+azureVersion, status, &struct{}{})
	return err
}

// azureGenre and the context together name a status.
const azureGenre = "computesync"

type azureStatus struct {
	IterationID int64  `json:"iterationId"`
	State       string `json:"state"`
	Description string `json:"description"`
	TargetURL   string `json:"targetUrl,omitempty"`
	Context     struct {
		Name  string `json:"name"`
		Genre string `json:"genre"`
	} `json:"context"`
}

var azureStates = map[State]string{Success: "succeeded", Failure: "failed", Error: "error"}

// status looks at those of the iteration, of which the last one counts.
func (z *azureDevOps) status(ctx context.Context, context string) (*Status, error) {
	if err := z.iterate(ctx); err != nil {
		return nil, err
	}
	var list struct{ Value []azureStatus }
	if _, err := z.call(ctx, http.MethodGet, z.pull+"/statuses"+azureVersion, nil, &list); err != nil {
		return nil, err
	}
	var found *Status
	for _, s := range list.Value {
		if s.IterationID == z.iteration && s.Context.Genre == azureGenre && s.Context.Name == context {
			found = &Status{stateOf(s.State), s.Description, s.Context.Name, s.TargetURL}
		}
	}
	return found, nil
}

// stateOf is "" for a state that we do not set.
func stateOf(word string) State {
	for state, azure := range azureStates {
		if azure == word {
			return state
		}
	}
	return ""
}

// iterate finds the iteration of the head. A status without one would outlive
// the commit that it speaks of.
func (z *azureDevOps) iterate(ctx context.Context) error {
	if z.iteration != 0 {
		return nil
	}
	var list struct {
		Value []struct {
			ID     int64
			Source struct{ CommitID string } `json:"sourceRefCommit"`
		}
	}
	if _, err := z.call(ctx, http.MethodGet, z.pull+"/iterations"+azureVersion, nil, &list); err != nil {
		return err
	}
	for _, i := range list.Value {
		if i.Source.CommitID == *z.head {
			z.iteration = i.ID
		}
	}
	if z.iteration == 0 {
		return fmt.Errorf("no iteration of the pull request has the commit %.12s", output.OneLine(*z.head))
	}
	return nil
}

func (z *azureDevOps) set(ctx context.Context, s Status) error {
	status := azureStatus{IterationID: z.iteration, State: azureStates[s.State], Description: s.Description, TargetURL: s.target}
	status.Context.Name, status.Context.Genre = s.Context, azureGenre
	_, err := z.call(ctx, http.MethodPost, z.pull+"/statuses"+azureVersion, status, &struct{}{})
	return err
}

func explainAzureDevOps(e *RequestError) string {
	switch {
	case e.limited || e.Status >= 500:
		return "run it again later"
	case e.Status == http.StatusUnauthorized || e.Status/100 == 3:
		return "the token is not valid; give the step env: {SYSTEM_ACCESSTOKEN: $(System.AccessToken)}, or set AZURE_DEVOPS_EXT_PAT to one with the scopes Code (Read & write) and Code (Status)"
	case e.Status == http.StatusForbidden || e.Status == http.StatusNotFound:
		return `allow the project's build service "Contribute to pull requests" on the repository (project settings, repositories, security)`
	}
	return ""
}
