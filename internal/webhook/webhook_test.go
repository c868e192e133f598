package webhook

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/secret"
)

const key = "It's a Secret to Everybody"

// fixed is a secret that stays.
func fixed(text string) Secret {
	return func(context.Context) (secret.Value, error) { return secret.NewValue(text), nil }
}

func uncounted(Outcome) {}

// call sends one call to a hook and returns the answer, the outcome, and
// whether the sources were woken.
func call(t *testing.T, kind, body string, header ...string) (status int, outcome Outcome, woke bool) {
	t.Helper()
	h := New(KindByName(kind), fixed(key), func() { woke = true }, func(o Outcome) { outcome = o })
	r := httptest.NewRequest(http.MethodPost, "/hooks/"+kind, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if answer := w.Body.String(); strings.Contains(answer, key) || strings.Contains(answer, body) && body != "" {
		t.Errorf("the answer repeats what was sent: %s", answer)
	}
	return w.Code, outcome, woke
}

func sum(body, with string) string {
	mac := hmac.New(sha256.New, []byte(with))
	io.WriteString(mac, body)
	return hex.EncodeToString(mac.Sum(nil))
}

func TestProofs(t *testing.T) {
	const body = "Hello, World!"
	// The example of GitHub's documentation.
	const documented = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	if got := sum(body, key); got != documented {
		t.Fatalf("the sum is %s", got)
	}
	for _, c := range []struct {
		name, kind, body string
		header           []string
		want             Outcome
	}{
		{"a push on GitHub", "github", body, []string{"X-Hub-Signature-256", "sha256=" + documented, "X-GitHub-Event", "push"}, Woke},
		{"a ping of GitHub", "github", body, []string{"X-Hub-Signature-256", "sha256=" + documented, "X-GitHub-Event", "ping"}, Ignored},
		{"another body", "github", body + "!", []string{"X-Hub-Signature-256", "sha256=" + documented, "X-GitHub-Event", "push"}, Refused},
		{"another secret", "github", body, []string{"X-Hub-Signature-256", "sha256=" + sum(body, "x"), "X-GitHub-Event", "push"}, Refused},
		{"half a sum", "github", body, []string{"X-Hub-Signature-256", "sha256=" + documented[:32], "X-GitHub-Event", "push"}, Refused},
		{"no hex", "github", body, []string{"X-Hub-Signature-256", "sha256=zz", "X-GitHub-Event", "push"}, Refused},
		{"another sum", "github", body, []string{"X-Hub-Signature-256", "sha1=" + documented, "X-GitHub-Event", "push"}, Refused},
		{"no sum", "github", body, []string{"X-GitHub-Event", "push"}, Refused},
		{"a token is none for GitHub", "github", body, []string{"Authorization", "Bearer " + key, "X-GitHub-Event", "push"}, Refused},
		{"Azure DevOps", "azuredevops", body, []string{"Authorization", basicAuth("any", key)}, Woke},
		{"Azure DevOps without a user", "azuredevops", body, []string{"Authorization", basicAuth("", key)}, Woke},
		{"the secret as the user", "azuredevops", body, []string{"Authorization", basicAuth(key, "")}, Refused},
		{"no base64", "azuredevops", body, []string{"Authorization", "Basic !"}, Refused},
		{"Azure DevOps without anything", "azuredevops", body, nil, Refused},
		{"a bearer token", "generic", "", []string{"Authorization", "bearer " + key}, Woke},
		{"a wrong one", "generic", "", []string{"Authorization", "bearer " + key + "x"}, Refused},
		{"an empty one", "generic", "", []string{"Authorization", "bearer "}, Refused},
		{"GitLab", "generic", body, []string{"X-Gitlab-Token", key}, Woke},
		{"Gitea", "generic", body, []string{"X-Gitea-Signature", documented}, Woke},
		{"Bitbucket", "generic", body, []string{"X-Hub-Signature", "sha256=" + documented}, Woke},
		{"nothing", "generic", body, nil, Refused},
		{"too long", "generic", strings.Repeat("x", maxBody+1), []string{"X-Gitea-Signature", documented}, TooLong},
		{"a token is enough, whatever follows", "generic", strings.Repeat("x", maxBody+1), []string{"X-Gitlab-Token", key}, Woke},
		{"too long and not proven", "generic", strings.Repeat("x", maxBody+1), nil, Refused},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, outcome, woke := call(t, c.kind, c.body, c.header...)
			if outcome != c.want || woke != (c.want == Woke) {
				t.Errorf("%s (%d), woke %t; want %s", outcome, status, woke, c.want)
			}
			if good := c.want == Woke || c.want == Ignored; good != (status/100 == 2) {
				t.Errorf("answered %d to what is %s", status, outcome)
			}
		})
	}
}

func basicAuth(user, password string) string {
	r := &http.Request{Header: http.Header{}}
	r.SetBasicAuth(user, password)
	return r.Header.Get("Authorization")
}

// TestNoSecret has a hook without one: nobody can prove to know it.
func TestNoSecret(t *testing.T) {
	for _, k := range Kinds {
		h := New(k, func(context.Context) (secret.Value, error) { return secret.Value{}, nil }, func() { t.Error("woke") }, uncounted)
		for _, header := range []string{"Authorization", "X-Gitlab-Token", "X-Hub-Signature-256", "X-Hub-Signature", "X-Gitea-Signature"} {
			for _, v := range []string{"", "Bearer ", basicAuth("", ""), "sha256=" + sum("", ""), sum("", "")} {
				r := httptest.NewRequest(http.MethodPost, "/", nil)
				r.Header.Set(header, v)
				r.Header.Set("X-GitHub-Event", "push")
				w := httptest.NewRecorder()
				if h.ServeHTTP(w, r); w.Code != http.StatusUnauthorized {
					t.Errorf("%s takes %s: %q with %d", k.Name, header, v, w.Code)
				}
			}
		}
	}
}

func TestOnlyPOST(t *testing.T) {
	h := New(KindByName("generic"), fixed(key), func() { t.Error("woke") }, uncounted)
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("X-Gitlab-Token", key)
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != http.MethodPost {
		t.Errorf("GET: %d", w.Code)
	}
}

// TestSlowCallers has callers who announce a body and do not send it: whoever sends one is heard, they are cut off.
func TestSlowCallers(t *testing.T) {
	var woke, busy atomic.Int32
	h := New(KindByName("generic"), fixed(key), func() { woke.Add(1) }, func(o Outcome) {
		if o == Busy {
			busy.Add(1)
		}
	})
	reading := make(chan struct{}, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(r.Body, signal(reading)), r.Body}
		h.ServeHTTP(w, r)
	}))
	defer s.Close()
	var answers []net.Conn
	for range 2 * atOnce {
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nX-Gitea-Signature: %064d\r\n\r\nx", 0)
		answers = append(answers, conn)
		<-reading
	}
	post := func(header, value string) int {
		r, err := http.NewRequest(http.MethodPost, s.URL, strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(header, value)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		return answer.StatusCode
	}
	for range 2 * atOnce {
		if got := post("X-Gitea-Signature", sum("body", key)); got != http.StatusAccepted {
			t.Errorf("a signed call among slow ones: %d", got)
		}
		if got := post("X-Gitlab-Token", key); got != http.StatusAccepted {
			t.Errorf("a call with a token among slow ones: %d", got)
		}
	}
	for i, conn := range answers[:atOnce+1] {
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || answer.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("slow call %d: %v, %v", i, answer, err)
		}
	}
	if woke.Load() != 4*atOnce || busy.Load() < atOnce+1 {
		t.Errorf("woke %d times, cut off %d", woke.Load(), busy.Load())
	}
}

// stalled is a caller who stops in the middle of a body.
type stalled struct {
	*httptest.ResponseRecorder
	until time.Time
}

func (s *stalled) SetReadDeadline(at time.Time) error { s.until = at; return nil }

func (s *stalled) Read([]byte) (int, error) {
	<-time.After(time.Until(s.until))
	return 0, os.ErrDeadlineExceeded
}

// TestStalledCaller has a body that does not come within its time.
func TestStalledCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var outcome Outcome
		h := New(KindByName("generic"), fixed(key), func() { t.Error("woke") }, func(o Outcome) { outcome = o })
		s := &stalled{ResponseRecorder: httptest.NewRecorder(), until: time.Now().Add(time.Hour)}
		r := httptest.NewRequest(http.MethodPost, "/", s)
		r.Header.Set("X-Gitea-Signature", sum("", key))
		began := time.Now()
		if h.ServeHTTP(s, r); outcome != Refused || time.Since(began) != bodyTime {
			t.Errorf("%s after %s", outcome, time.Since(began))
		}
	})
}

// signal tells of what is written.
type signal chan<- struct{}

func (s signal) Write(p []byte) (int, error) {
	if len(p) > 0 {
		s <- struct{}{}
	}
	return len(p), nil
}

// TestQueueIsFair has one caller with many calls, and others with one each: it loses its own.
func TestQueueIsFair(t *testing.T) {
	var q queue
	ended := map[string]int{}
	enter := func(remote string) *reading {
		r := &reading{from: origin(remote), end: func() { ended[origin(remote)]++ }}
		q.enter(r)
		return r
	}
	few := []*reading{enter("192.0.2.1:1"), enter("[2001:db8:1::1]:1")}
	for i := range 100 {
		enter(fmt.Sprintf("[2001:db8:2::%x]:%d", i+1, i+1)) // one network
	}
	few = append(few, enter("192.0.2.2:1"))
	if len(q.calls) != atOnce || len(ended) != 1 || ended["2001:db8:2::/64"] != 103-atOnce {
		t.Errorf("%d calls, ended %v", len(q.calls), ended)
	}
	for _, r := range few {
		if !q.leave(r) {
			t.Errorf("%s lost its place", r.from)
		}
	}
}

// TestSecretGone has a hook whose secret cannot be read for a while.
func TestSecretGone(t *testing.T) {
	err := errors.New("no such file")
	h := New(KindByName("generic"), func(context.Context) (secret.Value, error) { return secret.NewValue(key), err }, func() {}, uncounted)
	post := func() int {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("X-Gitlab-Token", key)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	if got := post(); got != http.StatusServiceUnavailable {
		t.Errorf("without its secret: %d", got)
	}
	err = nil
	if got := post(); got != http.StatusAccepted {
		t.Errorf("with it again: %d", got)
	}
}

// TestBell has a storm, and calls that come one by one.
func TestBell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		woke := 0
		b := NewBell(func() { woke++ })
		ring := func(n int, every time.Duration, want int) {
			t.Helper()
			woke = 0
			for range n {
				b.Ring()
				<-time.After(every)
			}
			<-time.After(2 * gap)
			synctest.Wait()
			if woke != want {
				t.Errorf("%d calls, one each %s, wake %d times, want %d", n, every, woke, want)
			}
		}
		ring(1, 0, 1)
		ring(1000, 0, 2)
		ring(1000, 10*time.Millisecond, 11) // ten seconds: the first, and one each second
		ring(5, time.Minute, 5)
		b.Ring()
		b.Ring()
		b.Stop()
		woke = 0
		<-time.After(time.Minute)
		if synctest.Wait(); woke != 0 {
			t.Error("a stopped bell rings")
		}
	})
}
