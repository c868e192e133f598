package arm

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
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

func TestPutBeginsAnOperationThatIsPolledAtItsURL(t *testing.T) {
	const query = "api-version=2024-04-01&service=new&t=638978460520958590&c=a%2Bb+c&s=sig&h=hash"
	var srv *httptest.Server
	var polled string
	c, srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			w.Header().Set("Azure-AsyncOperation", "http://"+r.Host+"/subscriptions/s/computeOperationsStatus/04e136e8?"+query)
			w.WriteHeader(http.StatusCreated)
			return
		}
		polled = r.URL.RawQuery
		w.Write([]byte(`{"status":"Succeeded","percentComplete":100.0}`))
	})
	_ = srv
	resp, err := c.Do(t.Context(), http.MethodPut, computes+"/gpu", nil, json.RawMessage(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Poll(t.Context(), resp.Operation)
	if err != nil || !p.Done || p.Failed != nil {
		t.Fatalf("progress %+v, error %v", p, err)
	}
	if polled != query {
		t.Errorf("polled with query %s, want it byte for byte", polled)
	}
}
