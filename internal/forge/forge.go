// Package forge tells a pull request two things: a comment, which is found again
// by its marker and edited, and a status of the commit at its head. It finds out
// from the environment of a pipeline which pull request that is. What it tells
// is the caller's.
package forge

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// Env is where the process runs.
type Env struct {
	Lookup    func(string) (string, bool) // environment variables
	Agent     string                      // the User-Agent of requests
	Transport http.RoundTripper           // nil: the network
}

func (e Env) get(name string) string {
	v, _ := e.Lookup(name)
	return v
}

// Note is the comment.
type Note struct {
	Marker string // the last line of Body, by which the comment is found again
	Body   string // Markdown, at most 60,000 bytes
	Create bool   // make one where there is none; false: only edit
	Open   bool   // somebody should act on it: where comments can be resolved, it is not
}

// State is the verdict of a status.
type State string

// The states, in GitHub's words.
const (
	Success State = "success"
	Failure State = "failure" // whoever asks to merge has something to do
	Error   State = "error"   // no verdict could be reached
)

// Status is a line beside a commit. Another one of the same context takes its place.
type Status struct {
	State       State
	Description string // is cut to 140 characters
	Context     string // is cut to 100 characters, such that different ones stay different
	target      string
}

// pull is a pull request as its host shows it.
type pull struct {
	open  bool
	state string // the host's word for it
	head  string // hash of the last commit
}

// comment is one that is ours.
type comment struct {
	body         string
	open         bool
	id, threadID int64
}

// host is a platform's view of one pull request: a file for each, and a line in hosts.
type host interface {
	look(context.Context) (pull, error)
	// find returns the first comment of ours that ends with the marker, nil when there is none.
	find(ctx context.Context, marker string) (*comment, error)
	create(context.Context, Note) error
	edit(context.Context, *comment, Note) error
	// status returns the one in force, nil when there is none.
	status(ctx context.Context, context string) (*Status, error)
	set(context.Context, Status) error
}

var hosts = []struct {
	name string
	open func(Env) (*PullRequest, error)
}{
	{"github", openGitHub},
	{"azuredevops", openAzureDevOps},
}

// Hosts are the platforms that Open knows.
func Hosts() []string {
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.name
	}
	return names
}

// PullRequest is the one that a pipeline runs for.
type PullRequest struct {
	host
	wire   *wire
	number string
	head   string // the commit that the pipeline looks at; "": the last one
	target string // the page of this run, "" where unknown
}

// Open finds out which pull request the pipeline runs for. It makes no request.
// An error says what is missing.
func Open(name string, env Env) (*PullRequest, error) {
	for _, h := range hosts {
		if h.name == name {
			return h.open(env)
		}
	}
	return nil, fmt.Errorf("post: unknown platform %q: it is %s", name, strings.Join(Hosts(), " or "))
}

// String names the pull request.
func (p *PullRequest) String() string { return "pull request " + p.number }
