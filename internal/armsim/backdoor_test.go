package armsim

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBackdoor(t *testing.T) {
	at := "/_sim/workspaces/" + sub + "/ml-test/ws1/computes"
	runScenarios(t, []scenario{
		{"edits show at once", nil, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "PUT " + at + "/gpu", `{"tags":{"a":"b"},"properties":{"properties":{"scaleSettings":{"maxNodeCount":3},"subnet":null}}}`, "204"},
			{0, "GET /gpu", "", `200 tags={"a":"b"} pp.subnet=absent pp.scaleSettings={"maxNodeCount":3,"minNodeCount":0,"nodeIdleTimeBeforeScaleDown":"PT2M"}`},
			{0, "GET ", "", `200 value.0.pp.scaleSettings.maxNodeCount=3`},
			{0, "PUT " + at + "/gpu", `{"properties":{"properties":null}}`, "204"},
			{0, "PATCH /gpu", `{"properties":{"properties":{"scaleSettings":{"minNodeCount":0,"maxNodeCount":3}}}}`, "202"},
		}},
		{"what is not there is made", nil, []exchange{
			{0, "PUT " + at + "/q1", `{"properties":{"computeType":"Quantum","properties":{"qubits":3}}}`, "204"},
			{0, "GET ", "", `200 value.0.p.computeType="Quantum" value.0.pp.qubits=3 value.0.p.provisioningState="Succeeded" value.0.p.isAttachedCompute=false`},
			{0, "POST /q1/start", "", "400"},
			{0, "PUT " + at + "/gpu", `{"location":"uksouth","properties":{"computeType":"AmlCompute","properties":{"vmSize":"Standard_DS3_v2","scaleSettings":{"minNodeCount":1,"maxNodeCount":3}}}}`, "204"},
			{0, "GET /gpu", "", `200 pp.allocationState="Steady" pp.currentNodeCount=1 pp.vmPriority="Dedicated" pp.scaleSettings.maxNodeCount=3`},
			{0, "PUT " + at + "/box", `{"properties":{"computeType":"ComputeInstance","properties":{"vmSize":"STANDARD_DS3_V2","state":"Stopped"}}}`, "204"},
			{0, "POST /box/start", "", "202"},
			{0, "POLL", "", `200 status="Succeeded"`},
			{0, "GET /box", "", `200 pp.state="Running"`},
			{0, "PUT " + at + "/vm1", `{"properties":{"computeType":"VirtualMachine","resourceId":"` + vmID + `"}}`, "204"},
			{0, "PUT /vm2", vm, "201"},
			{0, "GET /vm1", "", `200 p.isAttachedCompute=true p.provisioningState="Failed"`},
		}},
		{"a removal leaves nothing", nil, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "DELETE " + at + "/gpu", "", "204"},
			{0, "GET /gpu", "", "404"},
			{0, "POLL", "", "200"},
			{0, "DELETE " + at + "/gpu", "", "404 ~not found"},
			{0, "PUT /gpu", cluster("Standard_NC6", 0, 8), "201"},
			{0, "GET /gpu", "", `200 pp.vmSize="STANDARD_NC6"`},
		}},
		{"faults", nil, []exchange{
			{0, "POST /_sim/faults", `{"match":{"method":"GET","kind":"list"},"times":1,"status":429,"retryAfter":2,"delay":"0s"}`, "204"},
			{0, "GET ", "", `429 error.code="TooManyRequests" #Retry-After`},
			{0, "GET ", "", "200"},
			{0, "POST /_sim/faults", `{"status":500}`, "204"},
			{0, "GET ", "", "500"},
			{0, "DELETE /_sim/faults", "", "204"},
			{0, "GET ", "", "200"},
			{0, "POST /_sim/faults", `{"match":{"kind":"put"},"times":1,"ack":"empty","status":202}`, "204"},
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "202 !#Azure-AsyncOperation"},
			{0, "GET /gpu", "", "404"},
			{0, "POST /_sim/faults", `{"statsu":500}`, "400 ~statsu"},
			{0, "POST /_sim/faults", `{"delay":"soon"}`, "400 ~duration"},
		}},
		{"operations end when told", []Option{WithOperationTime(ten)}, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "GET /_sim/snapshot", "", `200 operations.len=1 operations.0.kind="put" operations.0.compute="` + computes + `/gpu"`},
			{0, "POST /_sim/operations/nope/advance", "", "404"},
		}},
		{"reset", nil, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "DELETE /gpu?underlyingResourceAction=Detach", "", "202"},
			{0, "GET /_sim/snapshot", "", `200 workspaces.0.ghosts={"gpu":"STANDARD_DS3_V2"} workspaces.0.location="eastus"`},
			{0, "POST /_sim/reset", "", "204"},
			{0, "GET /_sim/snapshot", "", "200 workspaces=[] destroyedResources=[]"},
			{0, "GET /_sim/nope", "", "404"},
		}},
	})
}

func TestCounters(t *testing.T) {
	s := newSim(t)
	for _, x := range []string{
		"PUT /gpu", "GET /gpu", "GET ", "GET ", "PATCH /gpu", "POST /gpu/listNodes", "POST /gpu/start", "POST /gpu/restart",
		"DELETE /gpu?underlyingResourceAction=Delete", "GET " + located("usages"), "GET " + wsPath,
	} {
		s.exchange(exchange{do: x, body: cluster("Standard_DS3_v2", 0, 8)}, nil)
	}
	want := Counters{
		Methods: map[string]int{"GET": 5, "PUT": 1, "PATCH": 1, "POST": 3, "DELETE": 1},
		Kinds:   map[string]int{"put": 1, "get": 1, "list": 2, "patch": 1, "post": 1, "start": 1, "restart": 1, "delete": 1, "other": 2},
	}
	var got Counters
	if err := json.Unmarshal([]byte(s.send("GET", "/_sim/counters", "").text), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.Total() != 11 {
		t.Errorf("got a total of %d", got.Total())
	}
	s.want(s.send("POST", "/_sim/counters/reset", ""), 204)
	if n := s.Counters().Total(); n != 0 {
		t.Errorf("got %d requests after a reset", n)
	}
}

func TestEditsOfNothing(t *testing.T) {
	s := newSim(t)
	gone := Ref{sub, "ml-test", "ws1", "gone"}
	for what, err := range map[string]error{
		"remove": s.Remove(gone), "set nodes": s.SetNodes(gone, Nodes{Idle: 1}), "advance": s.Advance("gone"),
	} {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if err := s.Patch(gone, []byte("{")); err == nil {
		t.Error("patch: got no error for half an object")
	}
	if doc := s.Compute(gone); doc != nil {
		t.Errorf("got %s", doc)
	}
}
