package forgetest

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"unicode/utf8"
)

// Thread is a conversation on a pull request of Azure Repos.
type Thread struct {
	ID       int64
	Status   string
	Deleted  bool
	Comments []Comment
}

// AzureDevOps stands in for pull request 7 of the repository "fleet" in the
// project "ML Platform". Each route is one of
// learn.microsoft.com/rest/api/azure/devops/git: pull requests, pull request
// threads, thread comments, iterations and statuses.
type AzureDevOps struct {
	*Stand
	Threads  []Thread
	Before   []Status // of iteration 1
	Statuses []Status // of iteration 2, the last one
	State    string   // active, completed or abandoned
	Latest   string   // head of the pull request
	Me       string   // id of who the token writes as
	next     int64
}

const azurePull = "/org/{project}/_apis/git/repositories/fleet/pullRequests/7"

// NewAzureDevOps returns a stand-in whose pull request is active.
func NewAzureDevOps() *AzureDevOps {
	z := &AzureDevOps{Stand: newStand(checkAzure), State: "active", Latest: Head, Me: "b0b0", next: 100}
	z.mux.HandleFunc("GET "+azurePull, z.pull)
	z.mux.HandleFunc("GET "+azurePull+"/threads", z.list)
	z.mux.HandleFunc("POST "+azurePull+"/threads", z.create)
	z.mux.HandleFunc("PATCH "+azurePull+"/threads/{id}", z.resolve)
	z.mux.HandleFunc("PATCH "+azurePull+"/threads/{id}/comments/{comment}", z.edit)
	z.mux.HandleFunc("GET "+azurePull+"/iterations", z.iterations)
	z.mux.HandleFunc("GET "+azurePull+"/statuses", z.statuses)
	z.mux.HandleFunc("POST "+azurePull+"/statuses", z.set)
	z.mux.HandleFunc("GET /org/_apis/connectionData", z.whoAmI)
	return z
}

func checkAzure(rq *http.Request) error {
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(":"+Token))
	if got := rq.Header.Get("Authorization"); got != "Bearer "+Token && got != basic {
		return fmt.Errorf("header Authorization is %q", got)
	}
	want := "7.1"
	if rq.URL.Path == "/org/_apis/connectionData" {
		want = "7.1-preview"
	}
	if q := rq.URL.Query(); len(q) != 1 || q.Get("api-version") != want {
		return fmt.Errorf("query %s", rq.URL.RawQuery)
	}
	return nil
}

func (z *AzureDevOps) pull(w http.ResponseWriter, rq *http.Request) {
	if got := rq.PathValue("project"); got != "ML Platform" {
		z.wrong(w, "project %q", got)
		return
	}
	answer(w, http.StatusOK, map[string]any{"pullRequestId": 7, "status": z.State, "lastMergeSourceCommit": map[string]string{"commitId": z.Latest}})
}

func (z *AzureDevOps) list(w http.ResponseWriter, _ *http.Request) {
	list := []any{}
	for i := range z.Threads {
		list = append(list, z.Threads[i].json())
	}
	answer(w, http.StatusOK, map[string]any{"count": len(list), "value": list})
}

func (t *Thread) json() map[string]any {
	comments := []any{}
	for _, c := range t.Comments {
		comments = append(comments, map[string]any{"id": c.ID, "content": c.Body, "author": map[string]string{"id": c.Author}, "commentType": "text"})
	}
	return map[string]any{"id": t.ID, "status": t.Status, "isDeleted": t.Deleted, "comments": comments}
}

// takes checks a content as the service does.
func (z *AzureDevOps) takes(w http.ResponseWriter, content string) bool {
	if n := utf8.RuneCountInString(content); n == 0 || n > 150000 {
		answer(w, http.StatusBadRequest, map[string]string{"message": "The comment content is empty, or longer than 150000 characters."})
		return false
	}
	return true
}

func (z *AzureDevOps) create(w http.ResponseWriter, rq *http.Request) {
	var in struct {
		Comments []struct {
			ParentCommentID int    `json:"parentCommentId"`
			Content         string `json:"content"`
			CommentType     string `json:"commentType"`
		} `json:"comments"`
		Status string `json:"status"`
	}
	if !z.decode(w, rq, &in) {
		return
	}
	if len(in.Comments) != 1 || in.Comments[0].ParentCommentID != 0 || in.Comments[0].CommentType != "text" || !z.threadStatus(in.Status) {
		z.wrong(w, "a thread that is not one comment: %+v", in)
		return
	}
	if !z.takes(w, in.Comments[0].Content) {
		return
	}
	z.next++
	z.Threads = append(z.Threads, Thread{ID: z.next, Status: in.Status, Comments: []Comment{{ID: 1, Author: z.Me, Body: in.Comments[0].Content}}})
	answer(w, http.StatusOK, z.Threads[len(z.Threads)-1].json())
}

func (z *AzureDevOps) threadStatus(word string) bool {
	switch word {
	case "active", "byDesign", "closed", "fixed", "pending", "wontFix":
		return true
	}
	return false
}

// thread finds the one of the path.
func (z *AzureDevOps) thread(w http.ResponseWriter, rq *http.Request) *Thread {
	for i := range z.Threads {
		if strconv.FormatInt(z.Threads[i].ID, 10) == rq.PathValue("id") {
			return &z.Threads[i]
		}
	}
	answer(w, http.StatusNotFound, map[string]string{"message": "TF401180: The requested thread was not found."})
	return nil
}

func (z *AzureDevOps) resolve(w http.ResponseWriter, rq *http.Request) {
	var in struct {
		Status string `json:"status"`
	}
	t := z.thread(w, rq)
	if t == nil || !z.decode(w, rq, &in) {
		return
	}
	if !z.threadStatus(in.Status) {
		z.wrong(w, "thread status %q", in.Status)
		return
	}
	t.Status = in.Status
	answer(w, http.StatusOK, t.json())
}

func (z *AzureDevOps) edit(w http.ResponseWriter, rq *http.Request) {
	var in struct {
		Content string `json:"content"`
	}
	t := z.thread(w, rq)
	if t == nil || !z.decode(w, rq, &in) || !z.takes(w, in.Content) {
		return
	}
	if rq.PathValue("comment") != strconv.FormatInt(t.Comments[0].ID, 10) {
		z.wrong(w, "comment %s", rq.PathValue("comment"))
		return
	}
	t.Comments[0].Body = in.Content
	answer(w, http.StatusOK, map[string]any{"id": t.Comments[0].ID, "content": in.Content})
}

func (z *AzureDevOps) iterations(w http.ResponseWriter, _ *http.Request) {
	one := func(id int, commit string) any {
		return map[string]any{"id": id, "sourceRefCommit": map[string]string{"commitId": commit}}
	}
	answer(w, http.StatusOK, map[string]any{"count": 2, "value": []any{one(1, "0000000000000000000000000000000000000000"), one(2, Head)}})
}

func (z *AzureDevOps) statuses(w http.ResponseWriter, _ *http.Request) {
	list := []any{}
	for i, of := range [][]Status{z.Before, z.Statuses} {
		for _, s := range of {
			list = append(list, map[string]any{
				"id": len(list) + 1, "iterationId": i + 1, "state": s.State, "description": s.Description, "targetUrl": s.Target,
				"context": map[string]string{"genre": "computesync", "name": s.Context},
			})
		}
	}
	answer(w, http.StatusOK, map[string]any{"count": len(list), "value": list})
}

func (z *AzureDevOps) set(w http.ResponseWriter, rq *http.Request) {
	var in struct {
		IterationID int    `json:"iterationId"`
		State       string `json:"state"`
		Description string `json:"description"`
		TargetURL   string `json:"targetUrl"`
		Context     struct {
			Name  string `json:"name"`
			Genre string `json:"genre"`
		} `json:"context"`
	}
	if !z.decode(w, rq, &in) {
		return
	}
	switch in.State {
	case "notSet", "pending", "succeeded", "failed", "error", "notApplicable", "partiallySucceeded":
	default:
		z.wrong(w, "state %q", in.State)
		return
	}
	if in.IterationID != 2 || in.Context.Name == "" || in.Context.Genre != "computesync" {
		z.wrong(w, "status %+v", in)
		return
	}
	z.Statuses = append(z.Statuses, Status{in.State, in.Description, in.Context.Name, in.TargetURL})
	answer(w, http.StatusOK, map[string]any{"id": len(z.Statuses) + 1, "state": in.State})
}

func (z *AzureDevOps) whoAmI(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"authenticatedUser": map[string]string{"id": z.Me}})
}

// Env is that of a pipeline which runs for the pull request; api is where the stand-in listens.
func (z *AzureDevOps) Env(api string) map[string]string {
	return map[string]string{
		"SYSTEM_ACCESSTOKEN": Token, "SYSTEM_COLLECTIONURI": api + "/org/", "SYSTEM_TEAMPROJECT": "ML Platform", "BUILD_REPOSITORY_ID": "fleet",
		"BUILD_REPOSITORY_PROVIDER": "TfsGit", "SYSTEM_PULLREQUEST_PULLREQUESTID": "7", "SYSTEM_PULLREQUEST_SOURCECOMMITID": Head, "BUILD_BUILDID": "4711",
	}
}
