package armsim

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	sub      = "00000000-0000-0000-0000-000000000000"
	wsPath   = "/subscriptions/" + sub + "/resourceGroups/ml-test/providers/Microsoft.MachineLearningServices/workspaces/ws1"
	computes = wsPath + "/computes"
	version  = "2025-12-01"
	host     = "https://management.test"
)

// sim is a simulator with a clock that stands still until the test moves it, and requests to it in-process.
type sim struct {
	*Server
	t   *testing.T
	now time.Time
}

func newSim(t *testing.T, opts ...Option) *sim {
	t.Helper()
	s := &sim{t: t, now: time.Date(2025, 11, 4, 9, 40, 51, 901315700, time.UTC)}
	opts = append([]Option{WithClock(func() time.Time { return s.now }), WithSeed(1)}, opts...)
	s.Server = New(opts...)
	return s
}

// reply is an answer, read.
type reply struct {
	status int
	header http.Header
	body   *object // nil without JSON
	text   string
}

func (s *sim) raw(method, url, body string) (*reply, error) {
	s.t.Helper()
	if strings.HasPrefix(url, "/") {
		url = host + url
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := s.Transport().RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	out := &reply{status: res.StatusCode, header: res.Header, text: string(data)}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		if out.body, err = parseObject(data); err != nil {
			s.t.Fatalf("%s %s: %v in %s", method, url, err, data)
		}
	}
	return out, nil
}

// do sends a request to a path below the workspace's computes, with the api-version put in.
func (s *sim) do(method, path, body string) *reply {
	s.t.Helper()
	return s.send(method, computes+path, body)
}

func (s *sim) send(method, path, body string) *reply {
	s.t.Helper()
	if !strings.Contains(path, "api-version=") {
		path += map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "api-version=" + version
	}
	out, err := s.raw(method, path, body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return out
}

func (s *sim) want(out *reply, status int) *reply {
	s.t.Helper()
	if out.status != status {
		s.t.Fatalf("got status %d, want %d: %s", out.status, status, out.text)
	}
	return out
}

// poll asks for the status of the operation that an answer began.
func (s *sim) poll(begun *reply) *reply {
	s.t.Helper()
	url := begun.header.Get("Azure-AsyncOperation")
	if url == "" {
		s.t.Fatalf("no Azure-AsyncOperation in %v", begun.header)
	}
	return s.want(s.send("GET", strings.TrimPrefix(url, host), ""), 200)
}

func cluster(size string, least, most int) string {
	return string(appendJSON(nil, obj("location", "eastus", "properties", obj("computeType", "AmlCompute", "properties",
		obj("vmSize", size, "scaleSettings", obj("minNodeCount", least, "maxNodeCount", most)))), 0))
}

func TestThinPath(t *testing.T) {
	s := newSim(t, WithOperationTime(10*time.Second))
	s.want(s.do("GET", "/gpu", ""), 404)
	begun := s.want(s.do("PUT", "/gpu", cluster("Standard_DS3_v2", 0, 8)), 201)
	if got := s.poll(begun).body.str("status"); got != "InProgress" {
		t.Errorf("got status %q right after the PUT", got)
	}
	s.now = s.now.Add(10 * time.Second)
	if got := s.poll(begun).body.str("status"); got != "Succeeded" {
		t.Errorf("got status %q when its time has passed", got)
	}
	if got := s.want(s.do("GET", "/gpu", ""), 200).body.str("properties", "provisioningState"); got != "Succeeded" {
		t.Errorf("got provisioningState %q", got)
	}
	if list, _ := s.want(s.do("GET", "", ""), 200).body.get("value").([]any); len(list) != 1 {
		t.Errorf("got %d computes", len(list))
	}
	begun = s.want(s.do("DELETE", "/gpu?underlyingResourceAction=Delete", ""), 202)
	if got := s.want(s.do("GET", "/gpu", ""), 200).body.str("properties", "provisioningState"); got != "Deleting" {
		t.Errorf("got provisioningState %q", got)
	}
	s.now = s.now.Add(10 * time.Second)
	s.want(s.do("GET", "/gpu", ""), 404)
	s.poll(begun)
}
