package armsim

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestStranger(t *testing.T) {
	const (
		now    = `"2025-11-04T09:40:51.9013157+00:00"`
		before = `"2025-11-04T09:40:51.9003157+00:00"`
		hour   = `"2025-11-04T08:40:51.9013157+00:00"`
		other  = `{"age":"1h","compute":{"tags":{"made-in":null,"a":"b"},` +
			`"properties":{"properties":{"vmSize":"Standard_NC6"}}}}`
	)
	late := []Option{WithReadLag(ReadLag{Lag: Duration(five)})}
	fault := func(kind, stranger string) exchange {
		body := `{"match":{"kind":"` + kind + `"},"times":1,"stranger":` + stranger + `}`
		return exchange{0, "POST /_sim/faults", body, "204"}
	}
	runScenarios(t, []scenario{
		{"a creation shows createdOn = modifiedOn (azure-powershell recording, 2025)", nil, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201 p.createdOn=" + now + " p.modifiedOn=" + now},
		}},
		{"a PUT that lands on a stranger's compute keeps its createdOn", []Option{WithOperationTime(ten)}, []exchange{
			fault("put", `{}`),
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201 p.createdOn=" + before + " p.modifiedOn=" + now},
			{0, "GET /gpu", "", `200 tags={"made-in":"portal"} pp.scaleSettings.maxNodeCount=9`},
			{0, "GET /gpu", "", `200 p.provisioningState="Creating" pp.allocationState="Steady"`},
			{ten, "GET /gpu", "", "200 tags={} pp.scaleSettings.maxNodeCount=8 p.createdOn=" + before},
			{0, "GET ", "", "200 value.len=1"},
		}},
		{"a stranger has settings and an age of their own", nil, []exchange{
			fault("put", other),
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), `201 pp.vmSize="STANDARD_DS3_V2" p.createdOn=` + hour},
			{0, "GET /gpu", "", `200 pp.vmSize="STANDARD_NC6" p.createdOn=` + hour},
			fault("get", other),
			{0, "GET /cpu", cluster("Standard_DS3_v2", 0, 8), `200 tags={"a":"b"} p.modifiedOn=` + hour},
		}},
		{"a stranger makes another type", nil, []exchange{
			fault("put", `{"compute":{"properties":{"computeType":"ComputeInstance"}}}`),
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "400 ~ComputeInstance"},
		}},
		{"what exists meets no stranger, and what is refused is not made", nil, []exchange{
			fault("put", `{"compute":{"properties":{"properties":{"vmSize":"Standard_Nothing"}}}}`),
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201 p.createdOn=" + now},
			fault("put", `{"age":"1h"}`),
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201 p.createdOn=" + now},
			fault("put", `{"compute":[]}`).wanting("400 ~stranger"),
		}},
		{"other requests meet one too", nil, []exchange{
			fault("get", `{"compute":{"properties":{"computeType":"AmlCompute"}}}`),
			{0, "GET /gpu", "", `200 tags={"made-in":"portal"} p.provisioningState="Succeeded"`},
			fault("list", `{}`),
			{0, "GET ", "", "200 value.len=1"},
			fault("delete", `{}`),
			{0, "DELETE /cpu?underlyingResourceAction=Delete", "", "204"}, // of no type: nothing can be made
		}},
		{"a stranger's secrets show no more than anybody's", nil, []exchange{
			fault("put", `{"compute":{"properties":{"properties":{"administratorAccount":{"username":"them"}}}}}`),
			{0, "PUT /vm1", vm, "201"},
			{0, "GET /vm1", "", "200 pp.administratorAccount=null p.isAttachedCompute=true"},
			{0, "POST /vm1/listKeys", "", `200 administratorAccount.username="them"`},
		}},
		{"reads that lag show a stranger's compute late", late, []exchange{
			fault("get", `{"age":"1h","compute":{"properties":{"computeType":"AmlCompute"}}}`),
			{0, "GET /gpu", "", "404"},
			{five, "GET /gpu", "", "200 p.createdOn=" + hour},
		}},
	})
}

func (x exchange) wanting(want string) exchange {
	x.want = want
	return x
}

// TestStrangers counts the creations that turn out not to be any.
func TestStrangers(t *testing.T) {
	met := func(seed int64) (all string) {
		s := newSim(t, WithStrangers(.25), WithSeed(seed))
		for i := range 200 {
			path := fmt.Sprintf("/c%dx", i)
			for range 2 { // the second one is no creation
				p := s.want(s.do("PUT", path, cluster("Standard_DS3_v2", 0, 8)), 201).body.at("properties")
				all += map[bool]string{true: ".", false: "s"}[p.str("createdOn") == p.str("modifiedOn")]
			}
		}
		return all
	}
	first := met(7)
	if again, other := met(7), met(8); again != first || other == first {
		t.Errorf("seed 7 comes to\n%s, then to\n%s; seed 8 to\n%s", first, again, other)
	}
	if n := strings.Count(first, "ss"); n < 30 || n > 70 || strings.Count(first, "s") != 2*n {
		t.Errorf("%d of 200 creations met a stranger at a share of .25: %s", n, first)
	}
}

func TestIfNoneMatch(t *testing.T) {
	for want, opts := range map[int][]Option{201: nil, 412: {WithIfNoneMatch()}} {
		s := newSim(t, opts...)
		put := func(header string) int {
			body := strings.NewReader(cluster("Standard_DS3_v2", 0, 8))
			r := httptest.NewRequest("PUT", computes+"/gpu?api-version="+version, body)
			r.Header.Set("If-None-Match", header)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code == 412 && !strings.Contains(w.Body.String(), `"PreconditionFailed"`) {
				t.Errorf("got %s", w.Body)
			}
			return w.Code
		}
		for i, x := range []struct {
			header string
			want   int
		}{{"*", 201}, {"*", want}, {`"1"`, 201}} {
			if got := put(x.header); got != x.want {
				t.Errorf("PUT %d with If-None-Match: %s: got %d, want %d", i+1, x.header, got, x.want)
			}
		}
		s.do("DELETE", "/gpu?underlyingResourceAction=Delete", "")
		s.fault(Fault{Match: Match{Kind: "put"}, Times: 1, Stranger: &Stranger{}})
		if got := put("*"); got != want {
			t.Errorf("PUT that meets a stranger: got %d, want %d", got, want)
		}
	}
}

// TestChangedBack is somebody who undoes a change in the portal: the value is the old one, modifiedOn is not.
func TestChangedBack(t *testing.T) {
	runScenarios(t, []scenario{{"changed back", nil, []exchange{
		{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
		{ten, "PUT /gpu", cluster("Standard_DS3_v2", 0, 9), "201"},
		{0, "GET /gpu", "", `200 p.modifiedOn="2025-11-04T09:41:01.9013157+00:00" pp.scaleSettings.maxNodeCount=9`},
		{
			ten, "PUT /_sim/workspaces/" + sub + "/ml-test/ws1/computes/gpu",
			`{"properties":{"modifiedOn":"2020-01-01","properties":{"scaleSettings":{"maxNodeCount":8}}}}`, "204",
		},
		{0, "GET /gpu", "", `200 p.createdOn="2025-11-04T09:40:51.9013157+00:00" pp.scaleSettings.maxNodeCount=8 ` +
			`p.modifiedOn="2025-11-04T09:41:11.9013157+00:00"`},
	}}})
}
