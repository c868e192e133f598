package armsim

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func (s *sim) fault(f Fault) {
	s.t.Helper()
	if err := s.AddFault(f); err != nil {
		s.t.Fatal(err)
	}
}

func TestFaultStatus(t *testing.T) {
	s := newSim(t)
	s.fault(Fault{Match: Match{Method: "get", Name: "GPU"}, Skip: 1, Times: 2, Status: 503, RetryAfter: Duration(90 * time.Second)})
	s.fault(Fault{Match: Match{Kind: "list", Path: `skip=3`}, Status: 500, Code: "Boom", Message: "no"})
	s.want(s.do("GET", "/other", ""), 404)
	s.want(s.do("GET", "/gpu", ""), 404)
	if out := s.want(s.do("GET", "/gpu", ""), 503); out.header.Get("Retry-After") != "90" || out.body.str("error", "code") != "ServiceUnavailable" {
		t.Errorf("got Retry-After %q in %s", out.header.Get("Retry-After"), out.text)
	}
	s.want(s.do("GET", "/gpu", ""), 503)
	s.want(s.do("GET", "/gpu", ""), 404)
	s.want(s.do("GET", "", ""), 200)
	for range 2 { // Times 0 is for ever
		if out := s.want(s.do("GET", "?$skip=3", ""), 500); out.body.str("error", "code") != "Boom" || out.body.str("error", "message") != "no" {
			t.Errorf("got %s", out.text)
		}
	}
	s.ClearFaults()
	s.want(s.do("GET", "?$skip=3", ""), 200)
}

func TestFaultRetryAfterDate(t *testing.T) {
	s := newSim(t)
	s.fault(Fault{Match: Match{Kind: "list"}, Times: 1, Status: 429, RetryAfter: Duration(time.Minute), RetryAfterDate: true})
	if got, want := s.want(s.do("GET", "", ""), 429).header.Get("Retry-After"), "Tue, 04 Nov 2025 09:41:51 GMT"; got != want {
		t.Errorf("got Retry-After %q, want %q", got, want)
	}
	// without a status the header stands on the service's own answer
	begun := s.do("PUT", "/gpu", cluster("Standard_DS3_v2", 0, 8))
	s.fault(Fault{Match: Match{Kind: "status"}, RetryAfter: Duration(7 * time.Second)})
	if out := s.poll(begun); out.header.Get("Retry-After") != "7" || out.body.str("status") != "Succeeded" {
		t.Errorf("got %v %s", out.header, out.text)
	}
}

func TestFaultDropsConnection(t *testing.T) {
	for name, f := range map[string]Fault{
		"before": {Drop: true}, "after": {Drop: true, After: true}, "truncated": {Truncate: true}, "status after": {Status: 500, After: true},
	} {
		s := newSim(t)
		f.Match, f.Times = Match{Kind: "put"}, 1
		s.fault(f)
		out, err := s.raw("PUT", computes+"/gpu?api-version="+version, cluster("Standard_DS3_v2", 0, 8))
		if f.Status != 0 {
			s.want(out, f.Status)
		} else if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: got error %v", name, err)
		}
		want := 200
		if name == "before" {
			want = 404
		}
		if got := s.do("GET", "/gpu", "").status; got != want {
			t.Errorf("%s: GET afterwards answers %d, want %d", name, got, want)
		}
	}
}

func TestFaultOperationShapes(t *testing.T) {
	for shape, want := range map[string]string{ // ARM's own, the provider's long one, and the bare one of older versions
		"a": `200 status="Failed" error.code="Broken" error.additionalInfo.0.type="ComponentName" correlation=absent`,
		"b": `200 status="Failed" error.code="Broken" error.severity=null componentName="machinelearningcompute"`,
		"c": `200 status="Failed" error.code="Broken" error.statusCode=400 error.details.0.message="it_broke"`,
	} {
		s := newSim(t)
		s.fault(Fault{Match: Match{Name: "gpu", Kind: "put"}, Operation: &OperationFault{Shape: shape, Code: "Broken", Message: "it broke"}})
		begun := s.want(s.do("PUT", "/gpu", cluster("Standard_DS3_v2", 0, 8)), 201)
		if problem := (exchange{want: want}).problem(s.poll(begun)); problem != "" {
			t.Errorf("shape %s: %s", shape, problem)
		}
		x := exchange{want: `200 p.provisioningState="Failed" p.provisioningErrors.0.error.code="Broken"`}
		if problem := x.problem(s.do("GET", "/gpu", "")); problem != "" {
			t.Errorf("shape %s: %s", shape, problem)
		}
	}
}

func TestFaultFailedOperations(t *testing.T) {
	s := newSim(t, WithOperationTime(ten))
	fail := func(kind string) {
		s.fault(Fault{Match: Match{Kind: kind}, Times: 1, Operation: &OperationFault{Shape: "a", Code: "Broken"}})
	}
	want := func(what, path, want string) {
		t.Helper()
		if problem := (exchange{want: want}).problem(s.do("GET", path, "")); problem != "" {
			t.Errorf("after %s: %s", what, problem)
		}
	}
	s.do("PUT", "/gpu", cluster("Standard_DS3_v2", 0, 8))
	s.do("PUT", "/box", instance)
	s.now = s.now.Add(2 * ten)

	fail("patch")
	s.want(s.do("PATCH", "/gpu", `{"properties":{"properties":{"scaleSettings":{"maxNodeCount":9}}}}`), 202)
	fail("stop")
	s.want(s.do("POST", "/box/stop", ""), 202)
	s.now = s.now.Add(ten)
	want("a failed PATCH", "/gpu", `200 p.provisioningState="Failed" pp.scaleSettings.maxNodeCount=8`)
	want("a failed stop", "/box", `200 p.provisioningState="Succeeded" pp.state="Running" pp.lastOperation.operationStatus="StopFailed"`)

	fail("delete")
	s.want(s.do("DELETE", "/box?underlyingResourceAction=Delete", ""), 202)
	s.want(s.do("PUT", "/gpu", cluster("Standard_DS3_v2", 0, 10)), 201)
	s.now = s.now.Add(ten)
	want("a failed DELETE", "/box", `200 p.provisioningState="Failed" pp.state="Running"`)
	want("a PUT that succeeds", "/gpu", `200 p.provisioningState="Succeeded" p.provisioningErrors=null pp.scaleSettings.maxNodeCount=10`)

	fail("put")
	s.want(s.do("PUT", "/box2", instance), 201)
	s.now = s.now.Add(ten)
	want("a failed creation", "/box2", `200 p.provisioningState="Failed" pp.state="CreateFailed"`)
}

// TestAzureTrouble has what Azure is known to answer, laid in wait as docs/simulator.md shows.
func TestAzureTrouble(t *testing.T) {
	var laid []exchange
	for _, code := range []string{"ScopeLocked", "MissingSubscriptionRegistration", "ReadOnlyDisabledSubscription"} {
		laid = append(laid,
			exchange{0, "POST /_sim/faults", `{"match":{"kind":"delete"},"times":1,"status":409,"code":"` + code + `","message":"no"}`, "204"},
			exchange{0, "DELETE /gpu?underlyingResourceAction=Delete", "", `409 error={"code":"` + code + `","message":"no"}`},
		)
	}
	back := "PUT /_sim/workspaces/" + sub + "/ml-test/ws1/computes/gpu"
	runScenarios(t, []scenario{
		{"409 has many codes", nil, append([]exchange{{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"}}, append(laid,
			exchange{0, "GET /gpu", "", `200 p.provisioningState="Succeeded"`})...)},
		{"a DELETE whose operation fails leaves what it was to take", nil, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "POST /_sim/faults", `{"match":{"kind":"delete"},"times":1,"operation":{"shape":"a","code":"ScopeLocked","message":"no"}}`, "204"},
			{0, "DELETE /gpu?underlyingResourceAction=Delete", "", "202"},
			{0, "POLL", "", `200 status="Failed" error.code="ScopeLocked"`},
			{0, "GET /gpu", "", `200 p.provisioningState="Failed" p.provisioningErrors.0.error.code="ScopeLocked"`},
			{0, "DELETE /gpu?underlyingResourceAction=Delete", "", "202"},
			{0, "GET /gpu", "", "404"},
		}},
		{"a cluster may be Succeeded and have errors that say why it gets no nodes", nil, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, back, `{"properties":{"properties":{"errors":[{"error":{"code":"ClusterCoreQuotaReached","message":"no"}}]}}}`, "204"},
			{0, "GET /gpu", "", `200 p.provisioningState="Succeeded" pp.errors.0.error.code="ClusterCoreQuotaReached"`},
			{0, back, `{"properties":{"properties":{"errors":[]}}}`, "204"},
			{0, "GET /gpu", "", `200 pp.errors=[]`},
		}},
	})
}

func TestFaultNeverEnds(t *testing.T) {
	s := newSim(t, WithOperationTime(ten))
	s.fault(Fault{Match: Match{Kind: "put"}, Times: 1, Operation: &OperationFault{NeverEnds: true}})
	begun := s.do("PUT", "/box", instance)
	s.now = s.now.Add(1000 * time.Hour)
	if got := s.poll(begun).body.str("status"); got != "InProgress" {
		t.Errorf("got status %q", got)
	}
	if err := s.Advance(s.Snapshot().Operations[0].GUID); err != nil {
		t.Fatal(err)
	}
	if got := s.poll(begun).body.str("status"); got != "Succeeded" {
		t.Errorf("got status %q once advanced", got)
	}
	x := exchange{want: `200 p.provisioningState="Succeeded" pp.state="Running"`}
	if problem := x.problem(s.do("GET", "/box", "")); problem != "" {
		t.Error(problem)
	}
}

func TestFaultsAreChecked(t *testing.T) {
	s := newSim(t)
	for _, f := range []Fault{{Match: Match{Path: "("}}, {Operation: &OperationFault{Shape: "d"}}, {Ack: "maybe"}} {
		if err := s.AddFault(f); err == nil {
			t.Errorf("got no error for %+v", f)
		}
	}
}

// outcomes are the answers to 200 requests under random faults.
func outcomes(t *testing.T, seed int64) string {
	s := newSim(t, WithFaultRate(.3), WithSeed(seed))
	var b strings.Builder
	for range 200 {
		out, err := s.raw("GET", computes+"?api-version="+version, "")
		switch {
		case err != nil:
			b.WriteByte('x')
		case out.status == 200:
			b.WriteByte('.')
		default:
			b.WriteByte('e')
		}
	}
	return b.String()
}

func TestRandomFaultsRepeatWithTheirSeed(t *testing.T) {
	first := outcomes(t, 7)
	if again := outcomes(t, 7); again != first {
		t.Errorf("seed 7 came to\n%s then\n%s", first, again)
	}
	if other := outcomes(t, 8); other == first {
		t.Error("seeds 7 and 8 come to the same")
	}
	if good := strings.Count(first, "."); good < 100 || good > 180 || !strings.Contains(first, "x") || !strings.Contains(first, "e") {
		t.Errorf("got %d good answers of 200 at a rate of .3: %s", good, first)
	}
	if s := New(); New(WithSeed(s.Seed())).guid() != s.guid() {
		t.Error("a server does not repeat its own seed")
	}
}
