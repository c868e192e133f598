package status

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	mlProd = spec.WorkspaceID{Subscription: "S", ResourceGroup: "rg", Name: "ml-prod"}
	noon   = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
)

// full is a report with everything in it.
func full() *daemon.Report {
	return &daemon.Report{
		At: noon, Outage: &daemon.Outage{Endpoint: "https://arm"},
		Sources: []daemon.SourceReport{{
			Name: "fleet", Attempted: "c2", Good: "c1", Asked: noon, Ended: noon, Answered: noon, Lag: 7, Error: "away", Failing: noon,
		}},
		Workspaces: []daemon.WorkspaceReport{{
			ID: mlProd, Attempted: "c2", Good: "c1", Applied: "c0", Mistakes: 2, Phase: daemon.Failing, Since: noon,
			Held:    []daemon.Held{{Name: "a", Code: plan.Busy}, {Name: "b", Code: plan.Busy}, {Name: "c", Code: plan.Protected}},
			Notices: []daemon.Notice{{Notice: plan.Notice{Name: "e", Code: plan.Degraded}}},
			Steps:   []daemon.UnderWay{{Name: "d", Verb: plan.VerbCreate, Since: noon.Add(-time.Minute)}},
			Last:    &daemon.PassReport{Ended: noon},
		}},
	}
}

func newTeller(report *daemon.Report) *Teller {
	requests := func() []Requests {
		return []Requests{{Subscription: "s", Class: "reads", ByStatus: map[int]int64{200: 3, 429: 1}, Remaining: 240}}
	}
	get := func() *daemon.Report { return report }
	return &Teller{Report: get, Healthy: func() bool { return true }, Metrics: NewMetrics("v1", get, requests)}
}

func TestMetrics(t *testing.T) {
	r := full()
	m := newTeller(r).Metrics
	m.Pass(mlProd, daemon.PassFailed, time.Second, 2)
	m.Step(plan.VerbPatch, apply.Done)
	m.Reloaded(false)
	m.OutageBegan()
	problems, err := testutil.GatherAndLint(m.registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v %v", problems, err)
	}
	text := scrape(t, m)
	for _, line := range []string{
		`computesync_passes_total{outcome="failed",workspace="s/rg/ml-prod"} 1`,
		`computesync_passes_total{outcome="ok",workspace="s/rg/ml-prod"} 0`,
		`computesync_pass_duration_seconds_count 1`,
		`computesync_drift_found_total{workspace="s/rg/ml-prod"} 2`,
		`computesync_steps_total{outcome="done",verb="patch"} 1`,
		`computesync_held_changes{code="busy",workspace="s/rg/ml-prod"} 2`,
		`computesync_held_changes{code="protected",workspace="s/rg/ml-prod"} 1`,
		`computesync_compute_notices{code="degraded",workspace="s/rg/ml-prod"} 1`,
		`computesync_workspace_phase{phase="failing",workspace="s/rg/ml-prod"} 1`,
		`computesync_workspace_phase{phase="in sync",workspace="s/rg/ml-prod"} 0`,
		`computesync_workspace_attempted_commit_info{commit="c2",workspace="s/rg/ml-prod"} 1`,
		`computesync_workspace_good_commit_info{commit="c1",workspace="s/rg/ml-prod"} 1`,
		`computesync_workspace_applied_commit_info{commit="c0",workspace="s/rg/ml-prod"} 1`,
		`computesync_operations_in_flight{workspace="s/rg/ml-prod"} 1`,
		`computesync_oldest_operation_age_seconds{workspace="s/rg/ml-prod"} 60`,
		`computesync_state_up 1`,
		`computesync_source_up{source="fleet"} 0`,
		`computesync_source_lag_seconds{source="fleet"} 7`,
		`computesync_arm_requests_total{class="reads",status="429",subscription="s"} 1`,
		`computesync_arm_request_budget_remaining{class="reads",subscription="s"} 240`,
		`computesync_arm_outage 1`,
		`computesync_arm_outages_total 1`,
		`computesync_config_last_reload_successful 0`,
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no line %s", line)
		}
	}
	r.State = &daemon.StateReport{Since: noon, Error: "gone"}
	if text := scrape(t, m); !strings.Contains(text, "\ncomputesync_state_up 0\n") {
		t.Error("a state that is gone does not show")
	}
	if !strings.Contains(text, "\ncomputesync_build_info{") || !strings.Contains(text, "\nprocess_open_fds ") {
		t.Error("no build info, or no figures of the process")
	}
	// A workspace that is gone takes its series along: at the latest with the
	// second scrape.
	r.Workspaces, r.Outage = nil, nil
	if text := scrape(t, m); !strings.Contains(text, "\ncomputesync_arm_outage 0\n") {
		t.Error("an outage has no end")
	}
	if text := scrape(t, m); strings.Contains(text, "ml-prod") {
		t.Errorf("series of a workspace that is gone:\n%s", text)
	}
}

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	return "\n" + w.Body.String()
}

func TestReady(t *testing.T) {
	r := full()
	teller := newTeller(r)
	h := teller.handler(secret.Value{}, nil)
	check := func(path string, status int, text string) {
		t.Helper()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if w.Code != status || !strings.Contains(w.Body.String(), text) {
			t.Errorf("%s: got %d %s, want %d %s", path, w.Code, w.Body, status, text)
		}
	}
	check("/-/healthy", 200, "healthy\n")
	check("/-/ready", 200, "ready\n") // a failed first pass is one, too
	r.State = &daemon.StateReport{Since: noon, Error: "the journal's file is gone"}
	check("/-/ready", 503, "the journal's file is gone\n")
	check("/-/healthy", 200, "healthy\n")
	r.State = nil
	r.Workspaces[0].Last = nil
	check("/-/ready", 503, "workspace S/rg/ml-prod has not had its first pass yet\n")
	r.Sources[0].Ended = time.Time{}
	check("/-/ready", 503, "source fleet has not answered yet\n")
	h = teller.handler(secret.NewValue("t0ken"), nil)
	check("/-/ready", 503, "not ready\n")
	teller.Healthy = func() bool { return false }
	check("/-/healthy", 503, "no sign of life")
	check("/nothing", 404, "")
}

func TestStatusIsTheReport(t *testing.T) {
	r := full()
	w := httptest.NewRecorder()
	newTeller(r).handler(secret.Value{}, nil).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/status", nil))
	var got struct {
		Format string
		daemon.Report
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Format != "computesync.status/v1" || len(got.Workspaces) != 1 || got.Workspaces[0].ID != mlProd || got.Workspaces[0].Steps[0].Name != "d" {
		t.Errorf("got %s", w.Body)
	}
}

func TestToken(t *testing.T) {
	mounts := map[string]http.Handler{"POST /hooks/x": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusAccepted, "taken") })}
	h := newTeller(full()).handler(secret.NewValue("t0ken"), mounts)
	for _, c := range []struct {
		method, path, authorization string
		want                        int
	}{
		{"GET", "/metrics", "", 401},
		{"GET", "/metrics", "Bearer t0ke", 401},
		{"GET", "/metrics", "t0ken", 401},
		{"GET", "/metrics", "Bearer t0ken", 200},
		{"GET", "/api/v1/status", "", 401},
		{"GET", "/api/v1/status", "Bearer t0ken", 200},
		{"POST", "/api/v1/status", "Bearer t0ken", 405},
		{"GET", "/-/healthy", "", 200},
		{"POST", "/hooks/x", "", 202},
	} {
		rq := httptest.NewRequestWithContext(t.Context(), c.method, c.path, nil)
		rq.Header.Set("Authorization", c.authorization)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, rq)
		if w.Code != c.want || strings.Contains(w.Body.String(), "t0ken") {
			t.Errorf("%s %s with %q: got %d, want %d", c.method, c.path, c.authorization, w.Code, c.want)
		}
	}
}

func TestConfigCheck(t *testing.T) {
	for name, c := range map[string]struct {
		config Config
		want   string
	}{
		"off":             {Config{}, ""},
		"loopback":        {Config{Listen: "127.0.0.1:8337"}, ""},
		"loopback 6":      {Config{Listen: "[::1]:8337"}, ""},
		"localhost":       {Config{Listen: "localhost:8337"}, ""},
		"everywhere":      {Config{Listen: ":8337"}, "no token is asked for"},
		"a name":          {Config{Listen: "ml.example.com:8337"}, "no token is asked for"},
		"with a token":    {Config{Listen: "0.0.0.0:8337", Token: secret.NewValue("x")}, ""},
		"open on purpose": {Config{Listen: "0.0.0.0:8337", Open: true}, ""},
		"no port":         {Config{Listen: "127.0.0.1"}, "listen cannot be"},
		"half a pair":     {Config{Listen: "127.0.0.1:1", Certificate: "/c"}, "go together"},
		"no pair":         {Config{Listen: "127.0.0.1:1", Certificate: "/no/c", Key: "/no/k"}, "read http.certificate"},
	} {
		err := c.config.Check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func fetch(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	rq, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(rq)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	data, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(data)
}

func TestServerChangesWithoutAGap(t *testing.T) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	s := NewServer(newTeller(full()))
	defer s.Close(t.Context())
	open := func(c Config) string {
		t.Helper()
		d, err := s.Prepare(t.Context(), &c)
		if err != nil {
			t.Fatal(err)
		}
		s.Open(t.Context(), d)
		return d.Address()
	}
	// The address has to be known to stay the same.
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	taken := l.Addr().String()
	if _, err := s.Prepare(t.Context(), &Config{Listen: taken}); err == nil || !strings.Contains(err.Error(), "something else listens there") {
		t.Errorf("got %v", err)
	}
	l.Close()
	first := open(Config{Listen: taken})
	if status, _ := fetch(t, client, "http://"+first+"/metrics"); status != 200 {
		t.Errorf("got %d", status)
	}
	if again := open(Config{Listen: taken, Token: secret.NewValue("x")}); again != first {
		t.Errorf("got %s, want %s", again, first)
	}
	if status, _ := fetch(t, client, "http://"+first+"/metrics"); status != 401 {
		t.Errorf("got %d", status)
	}
	// What is prepared and not opened changes nothing.
	d, err := s.Prepare(t.Context(), &Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	d.Discard()
	if status, _ := fetch(t, client, "http://"+first+"/-/healthy"); status != 200 {
		t.Errorf("got %d", status)
	}
	second := open(Config{Listen: "127.0.0.1:0"})
	if status, text := fetch(t, client, "http://"+first+"/-/healthy"); status != 0 {
		t.Errorf("the former address still answers: %d %s", status, text)
	}
	if status, _ := fetch(t, client, "http://"+second+"/metrics"); status != 200 {
		t.Errorf("got %d", status)
	}
	if address := open(Config{}); address != "" {
		t.Errorf("got %q", address)
	}
	if status, _ := fetch(t, client, "http://"+second+"/-/healthy"); status != 0 {
		t.Errorf("it still answers: %d", status)
	}
}

func TestCertificateIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	c := Config{Listen: "127.0.0.1:0", Certificate: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	certify(t, c, 1, noon)
	s := NewServer(newTeller(full()))
	defer s.Close(t.Context())
	d, err := s.Prepare(t.Context(), &c)
	if err != nil {
		t.Fatal(err)
	}
	s.Open(t.Context(), d)
	serial := func() int64 {
		t.Helper()
		dialer := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}
		conn, err := dialer.DialContext(t.Context(), "tcp", d.Address())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	if n := serial(); n != 1 {
		t.Errorf("got certificate %d", n)
	}
	certify(t, c, 2, noon.Add(time.Second))
	if n := serial(); n != 2 {
		t.Errorf("got certificate %d", n)
	}
	if err := os.WriteFile(c.Key, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := serial(); n != 2 {
		t.Errorf("got certificate %d", n)
	}
}

// certify writes a certificate with this number, as of a time.
func certify(t *testing.T, c Config, serial int64, at time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{c.Certificate: {Type: "CERTIFICATE", Bytes: der}, c.Key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, at, at); err != nil {
			t.Fatal(err)
		}
	}
}
