package armsim

import (
	"strings"
	"testing"
)

// assume is a list of assumptions as options.
func assume(t *testing.T, texts ...string) []Option {
	t.Helper()
	opts := make([]Option, len(texts))
	for i, text := range texts {
		var err error
		if opts[i], err = Assume(text); err != nil {
			t.Fatal(err)
		}
	}
	return opts
}

func TestAssumeErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                  `there is no assumption ""`,
		"reatach=400":       `there is no assumption "reatach"`,
		"reattach":          "reattach is one of accept, 400",
		"reattach=401":      "reattach is one of accept, 400",
		"route.resize=some": "route.resize is one of preview, all, none",
	} {
		if _, err := Assume(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want %q", text, err, want)
		}
	}
}

// preview puts the api-version of a preview into a path.
func preview(path string) string { return path + "?api-version=2026-03-15-preview" }

// TestRoutes has every action of which it is not known which api-versions have it, with each of them.
func TestRoutes(t *testing.T) {
	bodies := map[string]string{
		"updateSchedules": `{"computeStartStop":[]}`, "enableSso": `{"enableSSO":false}`, "resize": `{"targetVMSize":"Standard_DS4_v2"}`,
		"updateIdleShutdownSetting": `{}`, "customServices": `[]`, "updateDataMounts": `[]`,
	}
	for _, r := range routings {
		for _, a := range append([]string{"all", "preview", "none"}, r.usual+" by default") {
			chosen, isDefault := strings.CutSuffix(a, " by default")
			var opts []Option
			if !isDefault {
				opts = assume(t, routeOf+r.action+"="+chosen)
			}
			s := newSim(t, opts...)
			s.want(s.do("PUT", "/box", instance), 201)
			for version, has := range map[string]bool{version: chosen == "all", "2026-03-15-preview": chosen != "none"} {
				out := s.do("POST", "/box/"+r.action+"?api-version="+version, bodies[r.action])
				if got := out.status < 300; got != has {
					t.Errorf("%s=%s, %s: got status %d", r.action, a, version, out.status)
				}
			}
		}
	}
	runScenarios(t, []scenario{
		{"enableSso came with 2024-04-01-preview (azure-ai-ml)", nil, []exchange{
			{0, "PUT /box", instance, "201"},
			{0, "POST /box/enableSso?api-version=2023-08-01-preview", `{"enableSSO":false}`, `404 error.code="NotFound"`},
			{0, "POST /box/enableSso?api-version=2024-04-01-preview", `{"enableSSO":false}`, "200"},
		}},
		{"a missing action is a 405", assume(t, "missing-route=405"), []exchange{{0, "POST /box/fly", "", `405 error.code="HttpMethodNotSupported"`}}},
		{"or a 400", assume(t, "missing-route=400"), []exchange{{0, "POST /box/resize", "", `400 error.code="InvalidResourceType"`}}},
	})
}

func TestUpdateSchedules(t *testing.T) {
	one := `{"computeStartStop":[{"action":"Stop","status":"Enabled","triggerType":"Cron","cron":{"expression":"0 20 * * *"}}]}`
	two := strings.Replace(one, `{"action"`, `{"action":"Start"},{"action"`, 1)
	five := `{"computeStartStop":[{},{},{},{},{}]}`
	start := []exchange{{0, "PUT /box", instance, "201"}, {0, "POST /box/updateSchedules", one, "200 !#Azure-AsyncOperation"}}
	runScenarios(t, []scenario{
		{"the list is replaced, at once (API description of 2022-10-01)", nil, append(start,
			exchange{0, "GET /box", "", `200 pp.schedules.computeStartStop.len=1 pp.schedules.computeStartStop.0.provisioningStatus="Completed"`},
			exchange{0, "POST /box/updateSchedules", two, "200"},
			exchange{0, "GET /box", "", `200 pp.schedules.computeStartStop.len=2 pp.schedules.computeStartStop.0.action="Start"`},
			exchange{0, "POST /box/updateSchedules", `{"computeStartStop":[]}`, "200"},
			exchange{0, "GET /box", "", `200 pp.schedules={"computeStartStop":[]}`},
			exchange{0, "POST /box/updateSchedules", five, "400"},
			exchange{0, "POST /box/updateSchedules", `{"computeStartStop":[1]}`, "400"},
			exchange{0, "POST /box/updateSchedules", `{"schedules":[]}`, "400"},
			exchange{0, "POST /box/updateSchedules", `[]`, "400"},
		)},
		{"or added to", assume(t, "schedules-list=add"), append(start,
			exchange{0, "POST /box/updateSchedules", two, "200"},
			exchange{0, "GET /box", "", `200 pp.schedules.computeStartStop.len=3`},
			exchange{0, "POST /box/updateSchedules", two, "400"},
			exchange{0, "POST /box/updateSchedules", `{"computeStartStop":[]}`, "200"},
			exchange{0, "GET /box", "", `200 pp.schedules.computeStartStop.len=0`},
		)},
		{"an empty list changes nothing", assume(t, "schedules-empty=keep"), append(start,
			exchange{0, "POST /box/updateSchedules", `{"computeStartStop":[]}`, "200"},
			exchange{0, "GET /box", "", `200 pp.schedules.computeStartStop.len=1`},
		)},
		{"or is refused", assume(t, "schedules-empty=400"), append(start,
			exchange{0, "POST /box/updateSchedules", `{"computeStartStop":[]}`, "400"},
		)},
		{"more than four are refused at creation too (schedule documentation)", nil, []exchange{
			{0, "PUT /box", instance[:len(instance)-3] + `,"schedules":` + five + `}}}`, "400 ~4 schedules"},
		}},
		{"a cluster has none", nil, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "POST /gpu/updateSchedules", one, `400 error.code="UserError"`},
		}},
	})
}

func TestEnableSSO(t *testing.T) {
	runScenarios(t, []scenario{{"one boolean, done at once (azure-ai-ml)", nil, []exchange{
		{0, "PUT /box", instance, "201"},
		{0, "GET /box", "", "200 pp.enableSSO=true"},
		{0, "POST " + preview("/box/enableSso"), `{"enableSSO":false}`, "200 !#Azure-AsyncOperation"},
		{0, "GET /box", "", "200 pp.enableSSO=false"},
		{0, "POST " + preview("/box/enableSso"), `{"enableSSO":"yes"}`, "400"},
		{0, "POST " + preview("/box/enableSso"), `{}`, "400"},
	}}})
}

func TestResize(t *testing.T) {
	larger, resize := `{"targetVMSize":"standard_ds4_v2"}`, "POST "+preview("/box/resize")
	stopped := []exchange{{0, "PUT /box", instance, "201"}, {ten, "POST /box/stop", "", "202"}}
	op := func(texts ...string) []Option { return append(assume(t, texts...), WithOperationTime(ten)) }
	runScenarios(t, []scenario{
		{"an instance that is stopped gets another size; Location leads to the end (preview API description)", op(), append(stopped,
			exchange{ten, resize, larger, "202 #Location !#Azure-AsyncOperation"},
			exchange{0, "GET /box", "", `200 pp.state="Resizing" pp.vmSize="STANDARD_DS3_V2"`},
			exchange{0, resize, larger, "409"},
			exchange{ten, "GET /box", "", `200 pp.state="Stopped" pp.vmSize="STANDARD_DS4_V2" p.provisioningState="Succeeded"`},
			exchange{0, "POST /box/start", "", "202"},
			exchange{ten, "GET /box", "", `200 pp.state="Running" pp.vmSize="STANDARD_DS4_V2"`},
		)},
		{"one that runs does not: the operation fails", op("resize-header=Azure-AsyncOperation"), []exchange{
			{0, "PUT /box", instance, "201"},
			{ten, resize, larger, "202 #Azure-AsyncOperation !#Location"},
			{ten, "POLL", "", `200 status="Failed" error.code="UserError"`},
			{0, "GET /box", "", `200 pp.state="Running" pp.vmSize="STANDARD_DS3_V2" p.provisioningState="Succeeded"`},
		}},
		{"or does", op("resize-when=any"), []exchange{
			{0, "PUT /box", instance, "201"},
			{ten, resize, larger, "202"},
			{ten, "GET /box", "", `200 pp.state="Running" pp.vmSize="STANDARD_DS4_V2"`},
		}},
		{"the size must be one for instances, and have room", op(), append(stopped,
			exchange{ten, resize, `{"targetVMSize":"Standard_Nope"}`, `400 error.code="InvalidPropertyValue"`},
			exchange{0, resize, `{}`, "400"},
			exchange{0, "PUT /_sim/quotas/standardDSv2Family", `{"limit":8}`, "204"},
			exchange{0, resize, `{"targetVMSize":"Standard_DS5_v2"}`, `400 error.code="ClusterMinNodesExceedCoreQuota"`},
			exchange{0, resize, larger, "202"},
		)},
		{"which sizes those are", nil, []exchange{
			{0, "PUT /box", instance, "201"},
			{0, "POST " + preview("/box/getAllowedVmSizesForResize"), "", `200 ~"Standard_DS4_v2"`},
		}},
	})
}

// TestLocation follows Location while a resize runs, and when it ended badly.
func TestLocation(t *testing.T) {
	s := newSim(t, WithOperationTime(ten))
	s.do("PUT", "/box", instance)
	s.now = s.now.Add(ten)
	url := s.do("POST", preview("/box/resize"), `{"targetVMSize":"Standard_DS4_v2"}`).header.Get("Location")
	poll := func() *reply {
		out, err := s.raw("GET", url, "")
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if out := poll(); out.status != 202 || out.header.Get("Location") != url {
		t.Errorf("got %d, Location %.80s while it runs", out.status, out.header.Get("Location"))
	}
	s.now = s.now.Add(ten)
	if out := poll(); out.status != 400 || out.body.str("error", "code") != "UserError" {
		t.Errorf("got %d %s after it failed", out.status, out.text)
	}
	s.do("POST", "/box/stop", "")
	s.now = s.now.Add(ten)
	url = s.do("POST", preview("/box/resize"), `{"targetVMSize":"Standard_DS4_v2"}`).header.Get("Location")
	s.now = s.now.Add(ten)
	if out := poll(); out.status != 200 || out.text != "" {
		t.Errorf("got %d %q after it succeeded", out.status, out.text)
	}
}

func TestReattach(t *testing.T) {
	runScenarios(t, []scenario{
		{"a PUT over an attachment is accepted, and ignored", nil, []exchange{{0, "PUT /vmx", vm, "201"}, {0, "PUT /vmx", vm, "201"}}},
		{"or refused (Microsoft's own Bicep modules say so)", assume(t, "reattach=400"), []exchange{
			{0, "PUT /vmx", vm, "201"},
			{0, "PUT /vmx", vm, `400 ~detach it before`},
			{0, "DELETE /vmx?underlyingResourceAction=Detach", "", "202"},
			{0, "PUT /vmx", vm, "201"},
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 9), "201"},
		}},
	})
}

func TestVersionedFields(t *testing.T) {
	for _, f := range versionedFields {
		for version, has := range map[string]bool{
			"2022-10-01": false, "2024-04-01": false, "2025-12-01": f.stable != "", "2026-09-01": f.stable != "",
			"2022-05-01-preview": f.preview == "", "2022-10-01-preview": f.preview <= "2022-10-01-preview", "2026-03-15-preview": true,
		} {
			if got := f.knownTo(version); got != has {
				t.Errorf("%s in %s: got %v", f.path, version, got)
			}
		}
	}
	body := func(fields string) string {
		return `{"location":"eastus","properties":{"computeType":"ComputeInstance","properties":{"vmSize":"Standard_DS3_v2",` + fields + `}}}`
	}
	given := body(`"idleTimeBeforeShutdown":"PT1H","enableSSO":false,"customServices":[{"name":"a","kernel":{"language":"r"},"image":{"reference":"x","version":"2"}}]`)
	old := "?api-version=2024-04-01"
	shown := func(want string) exchange { return exchange{0, "GET /box", "", "200 " + want} }
	runScenarios(t, []scenario{
		{"what an older stable version does not have takes no effect (ARM template schemas)", nil, []exchange{
			{0, "PUT /box" + old, given, "201"},
			shown(`pp.idleTimeBeforeShutdown=null pp.enableSSO=true pp.customServices=[{"name":"a","image":{"reference":"x"}}]`),
			{0, "POST /box/customServices" + old, `[{"name":"b","kernel":{"language":"r"}}]`, "200"},
			shown(`pp.customServices=[{"name":"b"}]`),
			{0, "POST /box/updateDataMounts" + old, `[{"mountName":"m","mountAction":"Mount","mountMode":"ReadOnly"}]`, "200"},
			shown(`pp.dataMounts.0.mountMode=null`),
		}},
		{"a newer one has it", nil, []exchange{
			{0, "PUT /box", given, "201"},
			shown(`pp.idleTimeBeforeShutdown="PT1H" pp.enableSSO=false pp.customServices.0.kernel={"language":"r"} pp.customServices.0.image.version="2"`),
		}},
		{"or they are kept", assume(t, "newer-fields=keep"), []exchange{
			{0, "PUT /box" + old, given, "201"},
			shown(`pp.idleTimeBeforeShutdown="PT1H" pp.enableSSO=false pp.customServices.0.image.version="2"`),
		}},
	})
	for _, c := range []struct {
		opts    []Option
		version string
		want    string
	}{
		{nil, version, `{"other":1}`},
		{nil, "2026-03-15-preview", `{"enableRootAccess":false,"autologgerSettings":{"mlflowAutologger":"Disabled"},"other":1}`},
		{assume(t, "preview-fields=keep"), version, `{"enableRootAccess":false,"autologgerSettings":{"mlflowAutologger":"Disabled"},"other":1}`},
	} {
		in := obj("enableRootAccess", false, "autologgerSettings", obj("mlflowAutologger", "Disabled"), "other", 1)
		newSim(t, c.opts...).strip(&request{version: c.version}, in)
		if got := compact(in); got != c.want {
			t.Errorf("%s: got %s, want %s", c.version, got, c.want)
		}
	}
}
