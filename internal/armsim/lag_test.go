package armsim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

const five = 5 * time.Second

func TestReadLag(t *testing.T) {
	lag := []Option{WithReadLag(ReadLag{Lag: Duration(five)})}
	at := "/_sim/workspaces/" + sub + "/ml-test/ws1/computes"
	const made, again = `"2025-11-04T09:40:51.9013157+00:00"`, `"2025-11-04T09:41:02.9013157+00:00"`
	runScenarios(t, []scenario{
		{"what was made lately is not there yet", lag, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "POLL", "", `200 status="Succeeded"`},
			{five - 1, "GET /gpu", "", `404 error.code="NotFound"`},
			{0, "GET ", "", "200 value=[]"},
			{1, "GET /gpu", "", "200 p.createdOn=" + made},
			{0, "GET ", "", "200 value.len=1"},
		}},
		{"a change shows late, and so does the state of an operation", append(lag, WithOperationTime(ten)), []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{ten, "POLL", "", `200 status="Succeeded"`},
			{0, "GET /gpu", "", `200 p.provisioningState="Creating" tags=null`},
			{five, "GET /gpu", "", `200 p.provisioningState="Succeeded" tags={} pp.allocationState="Resizing"`},
			{0, "PUT " + at + "/gpu", `{"tags":{"a":"b"}}`, "204"},
			{five - 1, "GET /gpu", "", "200 tags={}"},
			{0, "GET ", "", "200 value.0.tags={}"},
			{1, "GET /gpu", "", `200 tags={"a":"b"} pp.allocationState="Resizing"`},
			{five, "GET ", "", `200 value.0.tags={"a":"b"} value.0.pp.allocationState="Steady"`},
		}},
		{"what was deleted is still there", lag, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{ten, "DELETE /gpu?underlyingResourceAction=Delete", "", "202"},
			{0, "POLL", "", `200 status="Succeeded"`},
			{five - 1, "GET /gpu", "", `200 p.provisioningState="Succeeded"`},
			{0, "GET ", "", "200 value.len=1"},
			{0, "DELETE /gpu?underlyingResourceAction=Delete", "", "204"}, // writes see the present
			{1, "GET /gpu", "", "404"},
			{0, "GET ", "", "200 value=[]"},
		}},
		{"a name shows its older incarnation, then nothing, then the newer one", lag, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{ten, "DELETE " + at + "/gpu", "", "204"},
			{time.Second, "PUT /GPU", cluster("Standard_NC6", 0, 8), "201 p.createdOn=" + again},
			{0, "GET /gpu", "", `200 p.createdOn=` + made + ` pp.vmSize="STANDARD_DS3_V2"`},
			{0, "GET ", "", "200 value.len=1 value.0.p.createdOn=" + made},
			{4 * time.Second, "GET /gpu", "", "404"},
			{0, "GET ", "", "200 value=[]"},
			{time.Second, "GET /gpu", "", `200 p.createdOn=` + again + ` pp.vmSize="STANDARD_NC6"`},
			{0, "GET ", "", `200 value.len=1 value.0.name="GPU"`},
		}},
		{"writes, actions, snapshots and edits are of the present", lag, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{time.Second, "PUT /gpu", cluster("Standard_DS3_v2", 0, 9), "201 p.createdOn=" + made},
			{0, "POST /gpu/listNodes", "", "200"},
			{0, "GET /_sim/snapshot", "", "200 workspaces.0.computes.0.pp.scaleSettings.maxNodeCount=9"},
			{0, "POST " + at + "/gpu/nodes", `{"running":1}`, "204"},
			{0, "GET /gpu", "", "404"},
		}},
		{"an instance that stops or goes shows it late", append(lag, WithOperationTime(ten)), []exchange{
			{0, "PUT " + at + "/box", instance, "204"},
			{ten, "POST /box/stop", "", "202"},
			{0, "GET /box", "", `200 pp.state="Running"`},
			{five, "GET /box", "", `200 pp.state="Stopping" pp.lastOperation.operationStatus="InProgress"`},
			{ten, "DELETE /box?underlyingResourceAction=Delete", "", "202"},
			{0, "GET /box", "", `200 pp.state="Stopped"`},
			{five, "GET /box", "", `200 pp.state="Deleting"`},
			{ten, "GET /box", "", `404`},
		}},
		{"the back door changes it", nil, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{ten, "PUT /_sim/lag", `{"lag":"5s"}`, "204"},
			{0, "PUT /cpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "DELETE " + at + "/gpu", "", "204"},
			{1, "GET ", "", `200 value.len=1 value.0.name="cpu"`}, // nothing is remembered of before
			{0, "DELETE " + at + "/cpu", "", "204"},
			{1, "GET /cpu", "", "200"},
			{0, "PUT /_sim/lag", `{}`, "204"},
			{0, "GET /cpu", "", "404"},
			{0, "PUT /_sim/lag", `{"lag":"-1s"}`, "400 ~lag"},
			{0, "PUT /_sim/lag", `{"lag":"1s","share":2}`, "400 ~share"},
			{0, "PUT /_sim/lag", `{"lag":"1s","replicas":-1}`, "400 ~replicas"},
		}},
	})
}

// TestReadLagIsTheStateOfThen does the same at random to two servers: every answer of the one whose reads lag must be,
// byte for byte, what the exact one answered that much earlier.
func TestReadLagIsTheStateOfThen(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	const lag = 4 // seconds, longer than an operation
	exact := newSim(t, WithOperationTime(3*time.Second))
	late := newSim(t, WithOperationTime(3*time.Second), WithReadLag(ReadLag{Lag: Duration(lag * time.Second)}))
	names := []string{"/gpu", "/cpu", "/box"}
	reads := append([]string{""}, names...)
	var were []map[string]string
	for second := range 400 {
		x := randomChange(rng, names)
		before := map[string]string{}
		for _, s := range []*sim{exact, late} {
			s.now = s.now.Add(time.Second)
			s.exchange(x, nil)
		}
		for _, path := range reads {
			before[path] = shownOnly(exact.do("GET", path, ""))
		}
		were = append(were, before)
		if second < lag {
			continue
		}
		for _, path := range reads {
			if got, want := shownOnly(late.do("GET", path, "")), were[second-lag][path]; got != want {
				t.Fatalf("second %d, GET %s: got\n%s\nwant\n%s", second, path, got, want)
			}
		}
	}
}

func randomChange(rng *rand.Rand, names []string) exchange {
	name := names[rng.IntN(len(names))]
	at := "/_sim/workspaces/" + sub + "/ml-test/ws1/computes" + name
	body := cluster("Standard_DS3_v2", 0, rng.IntN(9))
	if name == "/box" {
		body = instance
	}
	return []exchange{
		{0, "PUT " + name, body, ""},
		{0, "PATCH " + name, body, ""},
		{0, "DELETE " + name + "?underlyingResourceAction=Delete", "", ""},
		{0, "POST " + name + []string{"/stop", "/start"}[rng.IntN(2)], "", ""},
		{0, "PUT " + at, fmt.Sprintf(`{"tags":{"n":"%d"},"properties":{"computeType":"AKS"}}`, rng.IntN(99)), ""},
		{0, "DELETE " + at, "", ""},
		{0, "GET ", "", ""},
	}[rng.IntN(7)]
}

// shownOnly is the text of an answer if it is no error, which has identifiers of its own.
func shownOnly(out *reply) string {
	if out.status != 200 {
		return fmt.Sprint(out.status)
	}
	return out.text
}

func TestReadLagPages(t *testing.T) {
	s := newSim(t, WithPageSize(2), WithReadLag(ReadLag{Lag: Duration(five)}))
	for i := range 5 {
		s.want(s.do("PUT", fmt.Sprintf("/c%dx", i), cluster("Standard_DS3_v2", 0, 8)), 201)
	}
	s.now = s.now.Add(ten)
	first := s.want(s.do("GET", "", ""), 200)
	s.do("DELETE", "/c0x?underlyingResourceAction=Delete", "")
	s.do("DELETE", "/c2x?underlyingResourceAction=Delete", "")
	s.do("PUT", "/c0x", cluster("Standard_DS3_v2", 0, 8)) // is the last one now
	s.now = s.now.Add(five - 1)
	if got := pagesFrom(s, first); got != "c0x c1x c2x c3x c4x" {
		t.Errorf("got %s of before", got)
	}
	s.now = s.now.Add(1)
	if got := pagesFrom(s, s.do("GET", "", "")); got != "c1x c3x c4x c0x" {
		t.Errorf("got %s", got)
	}
}

// pagesFrom are the names on a page and those that follow it.
func pagesFrom(s *sim, page *reply) string {
	var names []string
	for {
		for _, c := range s.want(page, 200).body.get("value").([]any) {
			names = append(names, c.(*object).str("name"))
		}
		next := page.body.str("nextLink")
		if next == "" {
			return strings.Join(names, " ")
		}
		page = s.send("GET", strings.TrimPrefix(next, host), "")
	}
}

// ages are how old, in seconds, the answers to 300 reads are.
func ages(t *testing.T, seed int64, l ReadLag) []int {
	s := newSim(t, WithSeed(seed), WithReadLag(l))
	ref := Ref{sub, "ml-test", "ws1", "gpu"}
	s.do("PUT", "/gpu", cluster("Standard_DS3_v2", 0, 8))
	for second := range 100 {
		s.now = s.now.Add(time.Second)
		if err := s.Patch(ref, []byte(fmt.Sprintf(`{"tags":{"second":"%d"}}`, second))); err != nil {
			t.Fatal(err)
		}
	}
	old := make([]int, 300)
	for i := range old {
		var second int
		if _, err := fmt.Sscan(s.want(s.do("GET", "/gpu", ""), 200).body.str("tags", "second"), &second); err != nil {
			t.Fatal(err)
		}
		old[i] = 99 - second
	}
	if c := s.find(ref.request(s.Server)); len(c.revisions) > 62 {
		t.Errorf("%d revisions are remembered", len(c.revisions))
	}
	return old
}

func TestReadLagShareAndReplicas(t *testing.T) {
	count := func(l ReadLag) map[int]int {
		byAge := map[int]int{}
		for _, age := range ages(t, 7, l) {
			byAge[age]++
		}
		return byAge
	}
	minute := Duration(time.Minute)
	if got := count(ReadLag{Lag: minute}); got[60] != 300 {
		t.Errorf("a constant lag: got reads by age %v", got)
	}
	got := count(ReadLag{Lag: minute, Share: .25})
	if got[60] < 40 || got[60] > 110 || got[0] != 300-got[60] {
		t.Errorf("a share of .25: got reads by age %v", got)
	}
	got = count(ReadLag{Lag: minute, Replicas: 3})
	if len(got) != 3 {
		t.Errorf("three replicas: got reads by age %v", got)
	}
	for age, n := range got {
		if age < 0 || age > 60 || n < 60 {
			t.Errorf("a replica with a lag of %d s served %d reads of 300", age, n)
		}
	}
	random := ReadLag{Lag: minute, Share: .5, Replicas: 4}
	first, again, other := ages(t, 7, random), ages(t, 7, random), ages(t, 8, random)
	if !slices.Equal(again, first) || slices.Equal(other, first) {
		t.Errorf("seed 7 comes to %v, then to %v; seed 8 to %v", first, again, other)
	}
}

func TestExactReadsRememberNothing(t *testing.T) {
	s := newSim(t)
	nothing := func(when string) {
		t.Helper()
		for _, w := range s.workspaces {
			if len(w.deleted) > 0 {
				t.Errorf("%s: %d deleted computes are remembered", when, len(w.deleted))
			}
			for _, c := range w.computes {
				if len(c.revisions) > 0 {
					t.Errorf("%s: %d revisions are remembered", when, len(c.revisions))
				}
			}
		}
	}
	change := func() {
		s.do("PUT", "/gpu", cluster("Standard_DS3_v2", 0, 8))
		s.do("PUT", "/cpu", cluster("Standard_DS3_v2", 0, 8))
		s.do("DELETE", "/cpu?underlyingResourceAction=Delete", "")
		s.do("GET", "", "")
	}
	change()
	nothing("without lag")
	if err := s.SetReadLag(ReadLag{Lag: Duration(five)}); err != nil {
		t.Fatal(err)
	}
	change()
	if got := len(s.known(&request{subscription: sub, group: "ml-test", workspace: "ws1"}).deleted); got != 1 {
		t.Errorf("with lag: %d deleted computes are remembered", got)
	}
	s.now = s.now.Add(ten)
	change()
	if got := len(s.known(&request{subscription: sub, group: "ml-test", workspace: "ws1"}).deleted); got != 1 {
		t.Errorf("later: %d deleted computes are remembered", got)
	}
	if err := s.SetReadLag(ReadLag{}); err != nil {
		t.Fatal(err)
	}
	nothing("once it is off")
}
