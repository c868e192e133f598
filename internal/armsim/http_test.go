package armsim

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestOverTheWire is what the in-process transport cannot show: addresses under TLS, and connections that really end.
func TestOverTheWire(t *testing.T) {
	for name, h2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		t.Run(name, func(t *testing.T) {
			s := New()
			server := httptest.NewUnstartedServer(s)
			server.EnableHTTP2 = h2
			server.StartTLS()
			defer server.Close()
			put := func(path string) (*http.Response, error) {
				r, err := http.NewRequestWithContext(t.Context(), "PUT", server.URL+computes+path+"?api-version="+version, strings.NewReader(cluster("Standard_DS3_v2", 0, 8)))
				if err != nil {
					t.Fatal(err)
				}
				return server.Client().Do(r)
			}
			res, err := put("/gpu1a")
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if got := res.Header.Get("Azure-AsyncOperation"); res.Proto != name || !strings.HasPrefix(got, server.URL+"/subscriptions/") {
				t.Errorf("got %s with address %.80s", res.Proto, got)
			}
			if err := s.AddFault(Fault{Match: Match{Name: "gpu1b"}, Drop: true}); err != nil {
				t.Fatal(err)
			}
			if res, err := put("/gpu1b"); err == nil {
				t.Errorf("dropped: got %s", res.Status)
				res.Body.Close()
			}
			if err := s.AddFault(Fault{Match: Match{Name: "gpu1c"}, Truncate: true}); err != nil {
				t.Fatal(err)
			}
			if res, err := put("/gpu1c"); err == nil { // the headers may arrive or not
				if data, err := io.ReadAll(res.Body); err == nil {
					t.Errorf("truncated: got all of %d bytes", len(data))
				}
				res.Body.Close()
			}
			if got := len(s.Snapshot().Workspaces[0].Computes); got != 2 {
				t.Errorf("got %d computes, want the first and the truncated one", got)
			}
		})
	}
}
