package main

import (
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

var listens = regexp.MustCompile(`"address":"([^"]+)"`)

// addressOf is where a daemon in the background tells health and metrics.
func addressOf(ts *testscript.TestScript, name string) string {
	log := ts.MkAbs(name + ".err")
	text := func() string { data, _ := os.ReadFile(log); return string(data) }
	await(ts, listens.String(), 1, text)
	all := listens.FindAllStringSubmatch(text(), -1)
	return all[len(all)-1][1]
}

// address is the script's command address NAME: ADDRESS is where a daemon
// tells health and metrics.
func address(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: address NAME")
	}
	ts.Setenv("ADDRESS", addressOf(ts, args[0]))
}

// web is the script's command web NAME STATUS[|STATUS] PATH: it asks a daemon
// over HTTP, with TOKEN if that is set.
func web(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: web NAME STATUS PATH")
	}
	rq, err := http.NewRequest(http.MethodGet, "http://"+addressOf(ts, args[0])+args[2], nil)
	ts.Check(err)
	if token := ts.Getenv("TOKEN"); token != "" {
		rq.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := (&http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}).Do(rq)
	ts.Check(err)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	ts.Check(err)
	_, _ = ts.Stdout().Write(data)
	if !slices.Contains(strings.Split(args[1], "|"), strconv.Itoa(resp.StatusCode)) {
		ts.Fatalf("%s: %s, want %s: %s", args[2], resp.Status, args[1], data)
	}
}
