package forgetest

import (
	"fmt"
	"net/http"
	"strconv"
	"unicode/utf8"
)

// What the stand-ins know of one pull request.
const (
	Token = "hunter2-forge-token"
	Head  = "1111111111111111111111111111111111111111"
)

// Comment is one on a pull request.
type Comment struct {
	ID     int64
	Author string
	Bot    bool
	Body   string
}

// Status is one of a commit.
type Status struct{ State, Description, Context, Target string }

// GitHub stands in for pull request 7 of acme/fleet. Each route is one of
// docs.github.com/rest: pulls, issues/comments, commits/statuses, users.
type GitHub struct {
	*Stand
	Comments []Comment
	Statuses []Status // of the head
	State    string   // open or closed
	Locked   bool
	Latest   string // head of the pull request
	Login    string // "": the token is an app's
	PerPage  int    // a bound on pages, to have many
	next     int64
}

// NewGitHub returns a stand-in whose pull request is open.
func NewGitHub() *GitHub {
	g := &GitHub{Stand: newStand(checkGitHub), State: "open", Latest: Head, PerPage: 100, next: 100}
	g.mux.HandleFunc("GET /repos/acme/fleet/pulls/7", g.pull)
	g.mux.HandleFunc("GET /repos/acme/fleet/issues/7/comments", g.list)
	g.mux.HandleFunc("POST /repos/acme/fleet/issues/7/comments", g.create)
	g.mux.HandleFunc("PATCH /repos/acme/fleet/issues/comments/{id}", g.edit)
	g.mux.HandleFunc("GET /repos/acme/fleet/commits/"+Head+"/status", g.combined)
	g.mux.HandleFunc("POST /repos/acme/fleet/statuses/"+Head, g.set)
	g.mux.HandleFunc("GET /user", g.user)
	return g
}

func checkGitHub(rq *http.Request) error {
	for name, want := range map[string]string{
		"Authorization": "Bearer " + Token, "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28",
	} {
		if got := rq.Header.Get(name); got != want {
			return fmt.Errorf("%s is %q, not %q", name, got, want)
		}
	}
	if rq.Header.Get("User-Agent") == "" {
		return fmt.Errorf("no User-Agent: GitHub refuses that")
	}
	for name, values := range rq.URL.Query() {
		if n, err := strconv.Atoi(values[0]); name != "per_page" && name != "page" || rq.Method != http.MethodGet || err != nil || n < 1 || name == "per_page" && n > 100 {
			return fmt.Errorf("query %s=%s", name, values[0])
		}
	}
	return nil
}

func (g *GitHub) pull(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{"number": 7, "state": g.State, "locked": g.Locked, "head": map[string]string{"sha": g.Latest}})
}

// page says which of n things to answer, and links to the next.
func (g *GitHub) page(w http.ResponseWriter, rq *http.Request, n int) (from, to int) {
	q := rq.URL.Query()
	size, page := 30, 1
	if s := q.Get("per_page"); s != "" {
		size, _ = strconv.Atoi(s)
	}
	if s := q.Get("page"); s != "" {
		page, _ = strconv.Atoi(s)
	}
	size = min(size, g.PerPage)
	from, to = min((page-1)*size, n), min(page*size, n)
	if to < n {
		q.Set("page", strconv.Itoa(page+1))
		link := *rq.URL
		link.Scheme, link.Host, link.RawQuery = "http", rq.Host, q.Encode()
		if rq.URL.Scheme != "" {
			link.Scheme = rq.URL.Scheme
		}
		w.Header().Set("Link", fmt.Sprintf(`<%s>; rel="prev", <%s>; rel="next", <%s>; rel="last"`, "http://"+rq.Host+"/prev", link.String(), "http://"+rq.Host+"/last"))
	}
	return from, to
}

func (g *GitHub) list(w http.ResponseWriter, rq *http.Request) {
	from, to := g.page(w, rq, len(g.Comments))
	out := []any{}
	for _, c := range g.Comments[from:to] {
		out = append(out, c.json())
	}
	answer(w, http.StatusOK, out)
}

func (c *Comment) json() map[string]any {
	kind := "User"
	if c.Bot {
		kind = "Bot"
	}
	return map[string]any{"id": c.ID, "body": c.Body, "user": map[string]any{"login": c.Author, "type": kind}}
}

// body reads the one field that both requests have.
func (g *GitHub) body(w http.ResponseWriter, rq *http.Request) (string, bool) {
	var in struct {
		Body string `json:"body"`
	}
	if !g.decode(w, rq, &in) {
		return "", false
	}
	switch n := utf8.RuneCountInString(in.Body); {
	case g.Locked:
		answer(w, http.StatusForbidden, map[string]any{"message": "Unable to create comment because issue is locked."})
	case n == 0, n > 65536:
		answer(w, http.StatusUnprocessableEntity, map[string]any{"message": "Validation Failed", "errors": []any{map[string]any{"message": "body is too long (maximum is 65536 characters)"}}})
	default:
		return in.Body, true
	}
	return "", false
}

func (g *GitHub) create(w http.ResponseWriter, rq *http.Request) {
	body, ok := g.body(w, rq)
	if !ok {
		return
	}
	g.next++
	c := Comment{ID: g.next, Body: body, Author: g.Login}
	if g.Login == "" {
		c.Author, c.Bot = "github-actions[bot]", true
	}
	g.Comments = append(g.Comments, c)
	answer(w, http.StatusCreated, c.json())
}

func (g *GitHub) edit(w http.ResponseWriter, rq *http.Request) {
	body, ok := g.body(w, rq)
	if !ok {
		return
	}
	for i := range g.Comments {
		if c := &g.Comments[i]; strconv.FormatInt(c.ID, 10) == rq.PathValue("id") {
			c.Body = body
			answer(w, http.StatusOK, c.json())
			return
		}
	}
	answer(w, http.StatusNotFound, map[string]string{"message": "Not Found"})
}

func (g *GitHub) user(w http.ResponseWriter, _ *http.Request) {
	if g.Login == "" {
		answer(w, http.StatusForbidden, map[string]string{"message": "Resource not accessible by integration"})
		return
	}
	answer(w, http.StatusOK, map[string]string{"login": g.Login, "type": "User"})
}

// combined has the last status of each context.
func (g *GitHub) combined(w http.ResponseWriter, rq *http.Request) {
	last := map[string]int{}
	for i, s := range g.Statuses {
		last[s.Context] = i
	}
	var list []any
	for i, s := range g.Statuses {
		if last[s.Context] == i {
			list = append(list, map[string]any{"state": s.State, "description": s.Description, "context": s.Context, "target_url": s.Target})
		}
	}
	from, to := g.page(w, rq, len(list))
	answer(w, http.StatusOK, map[string]any{"state": "success", "sha": Head, "total_count": len(list), "statuses": list[from:to]})
}

func (g *GitHub) set(w http.ResponseWriter, rq *http.Request) {
	var in struct {
		State       string `json:"state"`
		TargetURL   string `json:"target_url"`
		Description string `json:"description"`
		Context     string `json:"context"`
	}
	if !g.decode(w, rq, &in) {
		return
	}
	switch in.State {
	case "error", "failure", "pending", "success":
	default:
		g.wrong(w, "state %q", in.State)
		return
	}
	if utf8.RuneCountInString(in.Description) > 140 || utf8.RuneCountInString(in.Context) > 255 {
		answer(w, http.StatusUnprocessableEntity, map[string]any{"message": "Validation Failed", "errors": []any{map[string]any{"message": "description is too long (maximum is 140 characters)"}}})
		return
	}
	g.Statuses = append(g.Statuses, Status{in.State, in.Description, in.Context, in.TargetURL})
	answer(w, http.StatusCreated, map[string]any{"id": len(g.Statuses), "state": in.State})
}

// Env is that of a workflow which runs for the pull request; api is where the stand-in listens.
func (g *GitHub) Env(api, event string) map[string]string {
	return map[string]string{
		"GITHUB_TOKEN": Token, "GITHUB_API_URL": api, "GITHUB_REPOSITORY": "acme/fleet", "GITHUB_EVENT_PATH": event,
		"GITHUB_REF": "refs/pull/7/merge", "GITHUB_SHA": "2222222222222222222222222222222222222222",
		"GITHUB_SERVER_URL": "https://github.example", "GITHUB_RUN_ID": "4711",
	}
}
