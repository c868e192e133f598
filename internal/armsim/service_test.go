package armsim

import (
	"fmt"
	"strings"
	"testing"
)

func TestService(t *testing.T) {
	upperPath := strings.ReplaceAll(strings.ToUpper(computes), "WS1", "Ws1")
	world, err := ParseWorkspaces([]byte(`[{"subscription_id":"` + sub + `","resource_group":"ml-test","workspace_name":"ws1","location":"uksouth"},
		{"subscription_id":"` + sub + `","resource_group":"other","workspace_name":"ws2","location":"uksouth"}]`))
	if err != nil {
		t.Fatal(err)
	}
	runScenarios(t, []scenario{
		{"paths are compared without case; the id keeps the first one (Azure Resource Manager)", nil, []exchange{
			{0, "PUT /Gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "GET " + upperPath + "/GPU", "", `200 name="Gpu" id="` + computes + `/Gpu"`},
			{0, "GET " + upperPath, "", "200 value.len=1"},
			{0, "PUT " + upperPath + "/gPU", cluster("Standard_DS3_v2", 0, 9), `201 id="` + computes + `/Gpu"`},
			{0, "GET ", "", "200 value.len=1 value.0.pp.scaleSettings.maxNodeCount=9"},
		}},
		{"an api-version is required (Azure Resource Manager)", nil, []exchange{
			{0, "GET ?api-version=", "", `400 error.code="MissingApiVersionParameter" #x-ms-request-id`},
			{0, "GET ?api-version=latest", "", `400 error.code="InvalidApiVersionParameter"`},
		}},
		{"headers of every answer (recordings, 2025)", nil, []exchange{
			{0, "GET ", "", "200 #x-ms-request-id #x-ms-correlation-request-id #x-ms-routing-request-id #x-ms-ratelimit-remaining-subscription-reads"},
			{0, "PUT /gpu", "{}", "400 #x-ms-request-id #x-ms-ratelimit-remaining-subscription-writes !#x-ms-ratelimit-remaining-subscription-reads"},
			{0, "DELETE /gpu", "", "204 #x-ms-request-id #x-ms-ratelimit-remaining-subscription-deletes"},
		}},
		{"a missing compute: 404 in the provider's form (the form is recorded, this error is not)", nil, []exchange{
			{0, "GET /gpu", "", `404 error.code="NotFound" error.severity=null componentName="machinelearningcompute" #x-ms-request-id`},
		}},
		{"bodies and types are checked", nil, []exchange{
			{0, "PUT /gpu", `{"properties":`, `400 error.code="InvalidRequestContent"`},
			{0, "PUT /gpu", `[]`, "400"},
			{0, "PUT /gpu", `{} {}`, "400"},
			{0, "PUT /gpu", `{"properties":{"computeType":"Quantum"}}`, `400 error.code="UserError" ~Quantum`},
			{0, "PUT /gpu", `{"properties":{}}`, "400"},
			{0, "GET ", "", "200 value=[]"},
			{0, "PUT /gpu", instance, "201"},
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "400 ~ComputeInstance"},
		}},
		{"methods and paths that there are not", nil, []exchange{
			{0, "POST ", "", `405 error.code="HttpMethodNotSupported"`},
			{0, "GET /subscriptions/" + sub + "/resourceGroups/g", "", "404"},
		}},
		{"workspaces that do not exist (Azure Resource Manager)", []Option{WithWorkspaces(world)}, []exchange{
			{0, "GET ", "", "200 value=[]"},
			{0, "GET " + strings.Replace(computes, "ws1", "ws2", 1), "", `404 error.code="ResourceNotFound"`},
			{0, "GET " + strings.Replace(computes, "ml-test", "prod", 1), "", `404 error.code="ResourceGroupNotFound"`},
			{0, "GET " + strings.Replace(computes, "/0000", "/1000", 1), "", `404 error.code="SubscriptionNotFound"`},
			{0, "GET " + located("usages"), "", "200"},
			{0, "GET " + strings.ToUpper(wsPath), "", `200 name="ws1" location="uksouth"`},
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), `201 location="eastus"`},
			{0, "GET /gpu", "", `200 location="eastus" p.computeLocation="uksouth"`},
		}},
		{"a workspace is where its first compute says", nil, []exchange{
			{0, "GET " + wsPath, "", `200 location="westeurope" etag=null`},
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "GET " + wsPath, "", `200 location="eastus"`},
		}},
		{"or where the option says", []Option{WithLocation("northeurope")}, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "GET " + wsPath, "", `200 location="northeurope"`},
		}},
		{"an unknown operation", nil, []exchange{{0, "GET " + located("computeOperationsStatus/abc"), "", "404"}}},
	})
}

func TestNames(t *testing.T) {
	for name, valid := range map[string]bool{ // api-version 2025-12-01, but for "gpu-V100-6", which is in use
		"abc": true, "a-1b": true, "gpu1": true, "A2345678901234567890123x": true, "cpu-": true, "gpu-V100-6": true,
		"ab": false, "1abc": false, "a_b": false, "A2345678901234567890123xy": false, "-abc": false, "caffé": false,
	} {
		s := newSim(t)
		want := map[bool]int{true: 201, false: 400}[valid]
		if got := s.do("PUT", "/"+name, cluster("Standard_DS3_v2", 0, 8)).status; got != want {
			t.Errorf("PUT %s: got %d, want %d", name, got, want)
		}
	}
	for name, want := range map[string]int{"dev-box-1": 400, "dev-1b": 201} {
		s := newSim(t)
		if got := s.do("PUT", "/"+name, `{"location":"westeurope","properties":{"computeType":"ComputeInstance","properties":{"vmSize":"Standard_DS3_v2"}}}`).status; got != want {
			t.Errorf("PUT of the instance %s: got %d, want %d", name, got, want)
		}
	}
}

func TestPages(t *testing.T) {
	s := newSim(t, WithPageSize(4))
	for i := range 10 {
		s.want(s.do("PUT", fmt.Sprintf("/c%dx", i), cluster("Standard_DS3_v2", 0, 8)), 201)
	}
	var got []string
	next := computes
	for pages := 1; next != ""; pages++ {
		out := s.want(s.send("GET", next, ""), 200)
		for _, c := range out.body.get("value").([]any) {
			got = append(got, c.(*object).str("name"))
		}
		if pages == 1 { // what goes between two pages moves nothing
			if err := s.Remove(Ref{sub, "ml-test", "ws1", "c0x"}); err != nil {
				t.Fatal(err)
			}
		}
		next = out.body.str("nextLink")
		if next != "" && !strings.HasPrefix(next, host+computes+"?api-version="+version+"&$skip=") {
			t.Fatalf("got nextLink %q", next)
		}
		next = strings.TrimPrefix(next, host)
	}
	if want := "c0x c1x c2x c3x c4x c5x c6x c7x c8x c9x"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	s.want(s.do("GET", "?$skip=x", ""), 400)
}

func TestOneListForAll(t *testing.T) {
	s := newSim(t)
	s.want(s.do("PUT", "/gpu", cluster("Standard_DS3_v2", 0, 8)), 201)
	one, all := s.do("GET", "/gpu", ""), s.do("GET", "", "")
	if all.body.index("nextLink") >= 0 {
		t.Error("nextLink present on the only page")
	}
	if got := all.body.get("value").([]any)[0]; !same(got, one.body) {
		t.Errorf("the list shows %s, GET %s", appendJSON(nil, got, 0), one.text)
	}
	// a list is written from cached pieces: its layout is that of a document written at once
	if want := string(appendJSON(nil, all.body, 0)); all.text != want {
		t.Errorf("got list %s\nwant %s", all.text, want)
	}
}

func TestOperationAddressIsUsedByteForByte(t *testing.T) {
	s, lenient := newSim(t, WithExactStatusURLs()), newSim(t)
	begun := s.do("PUT", "/gpu", cluster("Standard_DS3_v2", 0, 8))
	lenient.do("PUT", "/gpu", cluster("Standard_DS3_v2", 0, 8)) // the same seed, and so the same address
	url := begun.header.Get("Azure-AsyncOperation")
	prefix := host + located("computeOperationsStatus/")
	if !strings.HasPrefix(url, prefix) || !strings.Contains(url, "?api-version="+version+"&service=new&t=") || len(url) < 4400 {
		t.Fatalf("got address of %d characters %.300s", len(url), url)
	}
	short := newSim(t, WithLongURLs(false))
	if url := short.do("PUT", "/gpu", cluster("Standard_DS3_v2", 0, 8)).header.Get("Azure-AsyncOperation"); !strings.HasSuffix(url, "?api-version="+version+"&service=new") {
		t.Errorf("got short address %s", url)
	}
	for name, c := range map[string]struct {
		url      string
		accepted bool // without WithExactStatusURLs
	}{
		"as given":  {url, true},
		"cut":       {url[:4000], false},
		"sorted":    {strings.Replace(url, "api-version="+version+"&service=new", "service=new&api-version="+version, 1), true},
		"appended":  {url + "&api-version=" + version, true},
		"extra":     {url + "&underlyingResourceAction=Delete", true},
		"lacking":   {strings.Replace(url, "&service=new", "", 1), false},
		"reversion": {strings.Replace(url, version, "2024-04-01", 1), false},
	} {
		for server, accepted := range map[*sim]bool{s: c.url == url, lenient: c.accepted} {
			want := map[bool]int{true: 200, false: 400}[accepted]
			if out, err := server.raw("GET", c.url, ""); err != nil || out.status != want {
				t.Errorf("%s: got %v, %v, want a %d", name, out, err, want)
			}
		}
	}
}

func TestForgottenDelete(t *testing.T) {
	s := newSim(t, WithForgottenDeletes(), WithOperationTime(ten))
	s.do("PUT", "/gpu", cluster("Standard_DS3_v2", 0, 8))
	s.now = s.now.Add(ten)
	begun := s.do("DELETE", "/gpu?underlyingResourceAction=Delete", "")
	s.poll(begun)
	s.now = s.now.Add(ten)
	s.want(s.send("GET", strings.TrimPrefix(begun.header.Get("Azure-AsyncOperation"), host), ""), 404)
}

func TestParseWorkspacesErrors(t *testing.T) {
	for _, bad := range []string{``, `{}`, `[{"subscription_id":"s"}]`, `[{"subscription":"s","resource_group":"g","workspace_name":"w"}]`} {
		if w, err := ParseWorkspaces([]byte(bad)); err == nil {
			t.Errorf("%s: got %v", bad, w)
		}
	}
}
