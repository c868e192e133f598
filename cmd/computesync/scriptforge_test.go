package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/computesync/computesync/internal/forge/forgetest"
)

// forgeHost is a stand-in as scripts use it.
type forgeHost interface {
	http.Handler
	Fail(forgetest.Fault)
	Problems() []string
	Writes() []string
	Between(do func())
}

// forgeKey is the key of a script's stand-in.
type forgeKey struct{}

// forgeCommand is the script's command forge:
//
//	forge start github|azuredevops   stand in for the host; the environment is that of a pipeline for its pull request
//	forge fail JSON                  lay a fault in wait
//	forge comments                   print all comments
//	forge statuses                   print all statuses, one a line
//	forge writes N                   there were N writes in all
//	forge close                      close the pull request
//
// Each fails when a request was not as the host's documents define it.
func forgeCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: forge start|fail|comments|statuses|writes|close")
	}
	do, arg := args[0], strings.Join(args[1:], " ")
	if do == "start" {
		startForge(ts, arg)
		return
	}
	h := ts.Value(forgeKey{}).(*started).forgeHost
	for _, p := range h.Problems() {
		ts.Fatalf("a request as no document defines it: %s", p)
	}
	switch do {
	case "fail":
		var f forgetest.Fault
		ts.Check(json.Unmarshal([]byte(arg), &f))
		h.Fail(f)
	case "comments", "statuses", "close":
		var state string
		h.Between(func() { state = forgeState(h, do) })
		fmt.Fprint(ts.Stdout(), state)
	case "writes":
		if got := h.Writes(); strconv.Itoa(len(got)) != arg {
			ts.Fatalf("%d writes, want %s: %q", len(got), arg, got)
		}
	default:
		ts.Fatalf("forge cannot %s", do)
	}
}

// started holds the stand-in that runs.
type started struct{ forgeHost }

func startForge(ts *testscript.TestScript, name string) {
	var h forgeHost
	var env func(api string) map[string]string
	switch name {
	case "github":
		g := forgetest.NewGitHub()
		event := ts.MkAbs("event.json")
		ts.Check(os.WriteFile(event, []byte(`{"pull_request": {"number": 7, "head": {"sha": "`+forgetest.Head+`"}}}`), 0o600))
		h, env = g, func(api string) map[string]string { return g.Env(api, event) }
	case "azuredevops":
		z := forgetest.NewAzureDevOps()
		h, env = z, z.Env
	default:
		ts.Fatalf("no stand-in for %s", name)
	}
	server := httptest.NewServer(h)
	ts.Defer(server.Close)
	for k, v := range env(server.URL) {
		ts.Setenv(k, v)
	}
	ts.Value(forgeKey{}).(*started).forgeHost = h
}

// forgeState prints comments or statuses, or closes the pull request.
func forgeState(h forgeHost, do string) string {
	var comments []string
	var statuses []forgetest.Status
	switch h := h.(type) {
	case *forgetest.GitHub:
		for _, c := range h.Comments {
			comments = append(comments, c.Body)
		}
		statuses = h.Statuses
		if do == "close" {
			h.State = "closed"
		}
	case *forgetest.AzureDevOps:
		for _, t := range h.Threads {
			comments = append(comments, "thread "+t.Status+"\n"+t.Comments[0].Body)
		}
		statuses = h.Statuses
		if do == "close" {
			h.State = "abandoned"
		}
	}
	if do == "comments" {
		return strings.Join(comments, "")
	}
	var b strings.Builder
	for _, s := range statuses {
		fmt.Fprintf(&b, "%s: %s: %s\n", s.Context, s.State, s.Description)
	}
	return b.String()
}
