package daemon_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
)

// recorder notes what would change something in Azure, on its way there.
type recorder struct {
	next transporter

	mu   sync.Mutex
	sent []sent
}

type sent struct{ method, name, what, body string }

// Do implements policy.Transporter.
func (r *recorder) Do(rq *http.Request) (*http.Response, error) {
	if rq.Method == http.MethodGet || strings.HasSuffix(rq.URL.Path, "/checkComputeNameAvailability") {
		return r.next.Do(rq)
	}
	var body []byte
	if rq.Body != nil {
		var err error
		if body, err = io.ReadAll(rq.Body); err != nil {
			return nil, err
		}
		rq.Body = io.NopCloser(bytes.NewReader(body))
	}
	_, path, _ := strings.Cut(rq.URL.Path, "/computes/")
	name, what, _ := strings.Cut(path, "/")
	r.mu.Lock()
	r.sent = append(r.sent, sent{rq.Method, name, what + rq.URL.Query().Get("underlyingResourceAction"), string(body)})
	r.mu.Unlock()
	return r.next.Do(rq)
}

// take returns what was sent since the last call.
func (r *recorder) take() []sent {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.sent
	r.sent = nil
	return all
}

// writes tells what was sent.
func writes(all []sent) string {
	var parts []string
	for _, one := range all {
		parts = append(parts, strings.TrimSpace(one.method+" "+one.name+" "+one.what))
	}
	return strings.Join(parts, ", ")
}
