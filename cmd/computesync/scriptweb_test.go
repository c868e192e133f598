package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sync/errgroup"
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

// hook is the script's command hook NAME KIND PASSWORD STATUS N: a git host
// calls a daemon's webhook N times at once, and each is answered so.
func hook(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 5 {
		ts.Fatalf("usage: hook NAME KIND PASSWORD STATUS N")
	}
	n, err := strconv.Atoi(args[4])
	ts.Check(err)
	address := addressOf(ts, args[0])
	answers := make([]int, n)
	var all errgroup.Group
	all.SetLimit(8)
	for i := range n {
		all.Go(func() (err error) {
			answers[i], err = callHook("http://"+address+"/hooks/"+args[1], args[1], args[2])
			return err
		})
	}
	ts.Check(all.Wait())
	for _, status := range answers {
		if strconv.Itoa(status) != args[3] {
			ts.Fatalf("answered %d, want %s", status, args[3])
		}
	}
}

// callHook calls as the host does.
func callHook(url, kind, password string) (status int, err error) {
	const body = `{"ref":"refs/heads/main"}`
	rq, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	switch kind {
	case "github":
		mac := hmac.New(sha256.New, []byte(password))
		io.WriteString(mac, body)
		rq.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
		rq.Header.Set("X-GitHub-Event", "push")
	case "azuredevops":
		rq.SetBasicAuth("any", password)
	default:
		rq.Header.Set("Authorization", "Bearer "+password)
	}
	resp, err := (&http.Client{Timeout: patience}).Do(rq)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// slow is the script's command slow NAME KIND N: N callers of a webhook each
// announce a signed body, and send none.
func slow(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: slow NAME KIND N")
	}
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	for range n {
		conn, err := net.Dial("tcp", addressOf(ts, args[0]))
		ts.Check(err)
		ts.Defer(func() { conn.Close() })
		_, err = fmt.Fprintf(conn, "POST /hooks/%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n"+
			"Expect: 100-continue\r\nX-Hub-Signature-256: sha256=%064d\r\n\r\n", args[1], 0)
		ts.Check(err)
		_, err = conn.Read(make([]byte, 1)) // it is asked for the body: the daemon waits for it
		ts.Check(err)
	}
}

// redirector is the script's command redirector URL: REDIRECTOR is a server
// that sends everybody there, with the rest of the path.
func redirector(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: redirector URL")
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, args[0]+r.URL.RequestURI(), http.StatusFound)
	}))
	ts.Defer(s.Close)
	ts.Setenv("REDIRECTOR", s.URL)
}

// web is the script's command web NAME STATUS[|STATUS] PATH: it asks a daemon
// over HTTP, with TOKEN if that is set, and by the name HOST.
func web(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: web NAME STATUS PATH")
	}
	rq, err := http.NewRequest(http.MethodGet, "http://"+addressOf(ts, args[0])+args[2], nil)
	ts.Check(err)
	if token := ts.Getenv("TOKEN"); token != "" {
		rq.Header.Set("Authorization", "Bearer "+token)
	}
	rq.Host = ts.Getenv("HOST")
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
