package arm

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const computes = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws/computes"

// serve starts a server on loopback and a client of it.
func serve(t *testing.T, h http.HandlerFunc) (*Client, *httptest.Server) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c, err := New(Config{Endpoint: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, srv
}

func TestRequestsGoOutAsTheCallerMeans(t *testing.T) {
	type seen struct{ method, path, query, body, contentType string }
	var got seen
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = seen{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, string(body), r.Header.Get("Content-Type")}
		w.Header().Set(headerCorrelation, "aa7388b3")
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(http.StatusAccepted)
	})
	tests := []struct {
		name, method, path string
		query              url.Values
		body               any
		want               seen
	}{
		{"raw body", "PUT", "/a", nil, json.RawMessage(`{"b": 1, "<": 2}`), seen{"PUT", "/a", "api-version=2025-12-01", `{"b": 1, "<": 2}`, "application/json"}},
		{"value", "PATCH", "/a", nil, map[string]int{"b": 1}, seen{"PATCH", "/a", "api-version=2025-12-01", `{"b":1}`, "application/json"}},
		{"query", "DELETE", "/a", url.Values{"underlyingResourceAction": {"Detach"}}, nil, seen{"DELETE", "/a", "api-version=2025-12-01&underlyingResourceAction=Detach", "", ""}},
		{"version of the caller", "POST", "/a", url.Values{"api-version": {"2021-04-01"}}, nil, seen{"POST", "/a", "api-version=2021-04-01", "", ""}},
	}
	for _, tt := range tests {
		resp, err := c.Do(t.Context(), tt.method, tt.path, tt.query, tt.body)
		if err != nil || got != tt.want {
			t.Errorf("%s: error %v\ngot  %+v\nwant %+v", tt.name, err, got, tt.want)
			continue
		}
		if resp.Status != 202 || resp.CorrelationID != "aa7388b3" || resp.RetryAfter != 3*time.Second || resp.Operation != nil {
			t.Errorf("%s: response %+v", tt.name, resp)
		}
	}
	for _, path := range []string{"", "a", "http://example.com/a"} {
		if _, err := c.Do(t.Context(), "GET", path, nil, nil); err == nil {
			t.Errorf("path %q was accepted", path)
		}
	}
	if _, err := c.Do(t.Context(), "PUT", "/a", nil, func() {}); err == nil {
		t.Error("a function was accepted as a body")
	}
}

func TestEndpointWithAPrefix(t *testing.T) {
	var got string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.URL.Path }))
	defer srv.Close()
	c, err := New(Config{Endpoint: srv.URL + "/arm/", APIVersion: "2024-04-01"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(t.Context(), computes, nil); err != nil || got != "/arm"+computes {
		t.Errorf("asked for %s, error %v", got, err)
	}
}

func TestPutBeginsAnOperationThatIsPolledAtItsURL(t *testing.T) {
	query := "api-version=2024-04-01&service=new&t=638978460520958590&c=a%2Bb+c%2f&s=sig&h=" + strings.Repeat("x", 4500)
	var polled string
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			w.Header().Set("Azure-AsyncOperation", "http://"+r.Host+operationPath+"?"+query)
			w.WriteHeader(http.StatusCreated)
			return
		}
		polled = r.RequestURI
		io.WriteString(w, `{"status":"Succeeded","percentComplete":100.0}`)
	})
	resp, err := c.Do(t.Context(), http.MethodPut, computes+"/gpu", nil, json.RawMessage(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Poll(t.Context(), resp.Operation)
	if err != nil || !p.Done || p.Failed != nil {
		t.Fatalf("progress %+v, error %v", p, err)
	}
	if polled != operationPath+"?"+query {
		t.Errorf("polled %s, want the URL byte for byte", polled)
	}
}

func TestGetOfWhatIsNotADocument(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>sign in</html>") })
	var v struct{}
	_, err := c.Get(t.Context(), computes+"/a", &v)
	if _, ok := errors.AsType[*MalformedError](err); !ok {
		t.Errorf("got %v", err)
	}
}

func TestOversizedAnswerIsRefused(t *testing.T) {
	s := &script{steps: []step{{status: 200, body: io.LimitReader(zeros{}, maxBody+1)}}}
	_, err := virtual(t, s).Do(t.Context(), http.MethodPost, computes+"/a/listNodes", nil, nil)
	if err == nil || !strings.Contains(err.Error(), "more than 32 MiB") || !Ambiguous(err) {
		t.Errorf("got %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestSlotsAreForTheWireOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var flying, most atomic.Int64
		refuse := true
		c, err := New(Config{Parallelism: 2, Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			most.Store(max(most.Load(), flying.Add(1)))
			defer flying.Add(-1)
			if req.Method == http.MethodPatch && refuse {
				refuse = false
				return answer(req, 429, http.Header{"Retry-After": {"60"}}, ""), nil
			}
			return answer(req, 200, http.Header{}, "{}"), pass(req.Context(), time.Second)
		})})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		do := func(method string) func() {
			return func() {
				if _, err := c.Do(t.Context(), method, computes, nil, nil); err != nil {
					t.Error(err)
				}
			}
		}
		wg.Go(do(http.MethodPatch)) // waits a minute for its retry, without a slot
		synctest.Wait()
		begin := time.Now()
		var others sync.WaitGroup
		for range 3 {
			others.Go(do(http.MethodGet))
			others.Go(do(http.MethodDelete))
		}
		others.Wait()
		if took := time.Since(begin); took != 3*time.Second || most.Load() != 2 {
			t.Errorf("6 requests of a second took %s with %d in flight, want 3s with 2", took, most.Load())
		}
		wg.Wait()
	})
}

func TestWaitingForASlotEndsWithTheContext(t *testing.T) {
	w := &wire{slots: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, "https://management.azure.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Do(req); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestHTTP2OverTLS(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"proto":"`+r.Proto+`"}`)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	transport := newTransport(4)
	transport.TLSClientConfig.RootCAs = srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	defer transport.CloseIdleConnections()
	c, err := New(Config{Endpoint: srv.URL, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	var v struct{ Proto string }
	if _, err := c.Get(t.Context(), "/proto", &v); err != nil || v.Proto != "HTTP/2.0" {
		t.Errorf("spoke %q, error %v", v.Proto, err)
	}
}
