package armsim

import (
	"slices"
	"strings"
	"testing"
)

func TestQuotas(t *testing.T) {
	setQuota := func(name, body string) exchange { return exchange{0, "PUT /_sim/quotas/" + name, body, "204"} }
	lowPriority := `{"location":"eastus","properties":{"computeType":"AmlCompute","properties":{"vmSize":"Standard_DS4_v2","vmPriority":"LowPriority"}}}`
	runScenarios(t, []scenario{
		{"one node must fit, even where none starts (azure-docs#52413, mlops-v2#81)", nil, []exchange{
			setQuota("standardDSv2Family", `{"limit":6}`),
			{0, "PUT /gpu", cluster("Standard_DS4_v2", 0, 1), `400 error.code="ClusterMinNodesExceedCoreQuota" ~The specified subscription has a Standard DSv2 family ` +
				`vCPU quota of 6 and cannot accomodate for at least 1 requested managed compute nodes which maps to 8 vCPUs.`},
			{0, "GET ", "", "200 value=[]"},
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 100), "201"},
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 200), "201"},
			{0, "PUT /other", lowPriority, "201"},
		}},
		{"nodes that start at once must fit in what is left; a deletion frees it", nil, []exchange{
			setQuota("standardDSv2Family", `{"limit":12,"used":4}`),
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 2, 2), "201"},
			{0, "PUT /box", instance, `400 error.code="ClusterMinNodesExceedCoreQuota"`},
			{0, "GET " + located("usages"), "", `200 value.0.name.value="TotalClusters" value.0.currentValue=1 value.1.currentValue=8 value.0.type="Microsoft.MachineLearningServices/totalClusters/usages"`},
			{0, "DELETE /gpu?underlyingResourceAction=Delete", "", "202"},
			{0, "PUT /box", instance, "201"},
		}},
		{"low priority is one pool", nil, []exchange{
			setQuota("TotalLowPriorityCores", `{"limit":0}`),
			{0, "PUT /gpu", lowPriority, "400 ~has a total vCPU quota of 0"},
			setQuota("TotalLowPriorityCores", `{"limit":8}`),
			{0, "PUT /gpu", strings.Replace(lowPriority, "}}}", `,"scaleSettings":{"minNodeCount":1,"maxNodeCount":1}}}}`, 1), "201"},
			{0, "GET " + located("usages"), "", `200 value.1.currentValue=0 ~"currentValue": 8,`},
		}},
		{"too many clusters: the operation fails, with code OK (MachineLearningNotebooks#613), and its leftover blocks the name (modelbuilder#540)", nil, []exchange{
			setQuota("TotalClusters", `{"limit":1}`),
			{0, "PUT /gpu1", cluster("Standard_DS3_v2", 0, 1), "201"},
			{0, "PUT /gpu2", cluster("Standard_DS3_v2", 0, 1), "201"},
			{0, "POLL", "", `200 status="Failed" error.code="OK" error.statusCode=200 ~exceeding quota limits of Microsoft.Batchlusters`},
			{0, "GET /gpu2", "", `200 p.provisioningState="Failed" p.provisioningErrors.0.error.code="OK"`},
			{0, "PUT /gpu2", cluster("Standard_DS3_v2", 0, 1), "400"},
			{0, "DELETE /gpu2?underlyingResourceAction=Delete", "", "202"},
			{0, "GET /gpu2", "", "404"},
		}},
		{"VM sizes: unknown ones are refused, some are for clusters only (a public test fixture; recording of Nov 2025)", nil, []exchange{
			{0, "PUT /gpu", cluster("Standard_Nope", 0, 1), `400 error.code="InvalidPropertyValue" ~The specified value Standard_Nope for property Cluster.Properties.VMSize is not a supported VM size.`},
			{0, "PUT /gpu", cluster("standard_d1", 0, 1), "201"},
			{0, "PUT /box", `{"properties":{"computeType":"ComputeInstance","properties":{"vmSize":"Standard_D1"}}}`, "400"},
		}},
	})
}

// TestRecordedSizes holds sizes to the recording of November 2025.
func TestRecordedSizes(t *testing.T) {
	for name, want := range map[string]string{
		"Standard_A1_v2":           `"family":"standardAv2Family","vCPUs":1,"gpus":0,"memoryGB":2.0,"premiumIO":false,"generation":"gen1","supportsIB":false`,
		"Standard_D1":              `"memoryGB":3.5,"supportedComputeTypes":["AmlCompute"]`,
		"Standard_D2as_v4":         `"vCPUs":2,"memoryGB":8.0,"premiumIO":true,"supportedComputeTypes":["AmlCompute","ComputeInstance","MIR"]`,
		"Standard_E64s_v3":         `"memoryGB":432.0,"supportedComputeTypes":["MIR","AmlSpark","AmlCompute","ComputeInstance"]`,
		"Standard_F72s_v2":         `"vCPUs":72,"memoryGB":144.0`,
		"Standard_M8ms":            `"memoryGB":218.75`,
		"Standard_L32s_v3":         `"supportedComputeTypes":["AmlCompute","MIR"]`,
		"Standard_NC64as_T4_v3":    `"family":"Standard_NCASv3_T4_Family","gpus":4,"lowPriorityCapable":false`,
		"Standard_NC24ads_A100_v4": `"family":"StandardNCADSA100v4Family","vCPUs":24,"gpus":1,"memoryGB":220.0,"generation":"gen2"`,
		"Standard_ND96isr_H100_v5": `"family":"standardNDv5H100Family","vCPUs":96,"gpus":8,"memoryGB":1900.0,"generation":"gen2","supportsIB":true`,
		"Standard_NV6ads_A10_v5":   `"supportedComputeTypes":["MIR"]`,
	} {
		z := sizeNamed(name)
		if z == nil {
			t.Errorf("there is no %s", name)
			continue
		}
		doc := z.document()
		for _, m := range must(parseObject([]byte("{" + want + "}"))).members {
			if got, want := compact(doc.get(m.key)), compact(m.value); got != want {
				t.Errorf("%s of %s is %s, want %s", m.key, name, got, want)
			}
		}
	}
}

// TestRecordedPrices has Linux and Windows, each at both tiers.
func TestRecordedPrices(t *testing.T) {
	for name, want := range map[string][]string{
		"Standard_DS3_v2":          {"Linux", "Standard", "0.29"},
		"Standard_D2as_v4":         {"Windows", "LowPriority", "0.08"},
		"Standard_D16as_v4":        {"Linux", "LowPriority", "0.15", "Linux", "Standard", "0.77", "Windows", "LowPriority", "0.6", "Windows", "Standard", "1.5"},
		"Standard_D16ads_v5":       {"Linux", "Standard", "0.82", "Linux", "Standard", "1.56", "Linux", "LowPriority", "0.62"},
		"Standard_E64a_v4":         {"Linux", "Standard", "4.03", "Windows", "Standard", "6.98", "Windows", "LowPriority", "2.79"},
		"Standard_NC48ads_A100_v4": {"Linux", "Standard", "7.35", "Windows", "Standard", "9.55"},
		"Standard_ND96isr_H100_v5": {"Linux", "Standard", "98.32", "Linux", "LowPriority", "19.66", "Windows", "Standard", "102.74"},
		"Standard_F8s_v2":          nil,
		"Standard_A1_v2":           nil,
	} {
		list, _ := sizeNamed(name).document().get("estimatedVMPrices", "values").([]any)
		var shown []string
		for _, p := range list {
			p := p.(*object)
			shown = append(shown, strings.Join([]string{p.str("osType"), p.str("vmTier"), compact(p.get("retailPrice"))}, " "))
		}
		if want == nil && shown != nil {
			t.Errorf("%s has prices %v", name, shown)
		}
		for w := range slices.Chunk(want, 3) {
			if !slices.Contains(shown, strings.Join(w, " ")) {
				t.Errorf("%s lacks %v of %v", name, w, shown)
			}
		}
	}
}

// TestSizes looks at all of them: what they have in common, and that each family of Azure has its sizes.
func TestSizes(t *testing.T) {
	series, names := map[string]bool{}, map[string]bool{}
	for i, z := range sizes() {
		if names[fold(z.name)] {
			t.Errorf("%s is there twice", z.name)
		}
		names[fold(z.name)] = true
		if i > 0 && strings.ToUpper(sizes()[i-1].name) >= strings.ToUpper(z.name) {
			t.Errorf("%s is behind %s", z.name, sizes()[i-1].name)
		}
		if z.vCPUs < 1 || z.memoryGB < float64(z.vCPUs)/2 || z.kinds == "" || !strings.HasSuffix(z.family, "Family") && !strings.HasSuffix(z.family, " Family") {
			t.Errorf("got %+v", z)
		}
		if gpu := strings.HasPrefix(z.name, "Standard_N") && !strings.HasPrefix(z.name, "Standard_NP"); gpu != (z.gpus > 0) {
			t.Errorf("%s has %d GPUs", z.name, z.gpus)
		}
		for _, k := range z.kinds {
			if computeTypes[k] == "" {
				t.Errorf("%s serves %c", z.name, k)
			}
		}
		rest := strings.TrimPrefix(z.name, "Standard_")
		series[rest[:strings.IndexAny(rest, "0123456789")]] = true
	}
	for _, s := range strings.Fields("A B D DS DC E EC F FX G GS H HB HC HX L M NC NCC ND NG NP NV") {
		if !series[s] {
			t.Errorf("no size of series %s", s)
		}
	}
	for _, name := range strings.Fields("D2as_v4 D4as_v5 D4ads_v5 D8ds_v6 E4ds_v5 F4s_v2 NC4as_T4_v3 NC40ads_H100_v5 ND96isr_H200_v5 ND96isr_MI300X_v5 HB176rs_v4 L8s_v3") {
		if sizeNamed("standard_"+name) == nil {
			t.Errorf("there is no %s", name)
		}
	}
}

func TestParseSeriesErrors(t *testing.T) {
	for _, bad := range []string{"", "f | D{} | 4 | - | c", "f | D{} | x | - | c | 1", "f | D{} | 4 | - | c | one", "f | D{} | 4 | y | c | 1", "f | D{} | 4 | - | c | 1=x"} {
		if list, err := parseSeries(bad); err == nil {
			t.Errorf("%q: got %v", bad, list)
		}
	}
}

// TestRecordedUsages has families twice, the second time without a limit, and spelt otherwise than in vmSizes.
func TestRecordedUsages(t *testing.T) {
	s := newSim(t, WithRecordedQuotas())
	s.want(s.do("PUT", "/gpu", cluster("Standard_DS3_v2", 1, 1)), 201)
	list, _ := s.send("GET", located("usages"), "").body.get("value").([]any)
	entry := func(i int) string {
		u := list[i].(*object)
		return strings.Join([]string{
			u.str("name", "value"), u.str("name", "localizedValue"), compact(u.get("currentValue")), compact(u.get("limit")),
			strings.TrimPrefix(u.str("type"), provider), strings.TrimPrefix(u.str("id"), "/subscriptions/"+sub),
		}, "|")
	}
	low := slices.IndexFunc(list, func(u any) bool { return u.(*object).str("name", "value") == TotalLowPriorityCores })
	if low < 0 || len(list) != 2*low-1 {
		t.Fatalf("got %d entries, the total of low priority in place %d", len(list), low)
	}
	for i, want := range map[int]string{
		0:        "TotalClusters|Total Clusters|1|200|/totalClusters/usages|",
		1:        "TotalDedicatedCores|Total Cluster Dedicated Regional vCPUs|4|20|/totalDedicatedCores/usages|",
		2:        "standardDFamily|Standard D Family Cluster Dedicated vCPUs|0|6|/vmFamily/dedicatedCores/usages|/usages/standardDFamily",
		5:        "standardDSv2Family|Standard DSv2 Family Cluster Dedicated vCPUs|4|6|/vmFamily/dedicatedCores/usages|/usages/standardDSv2Family",
		18:       "Standard NCASv3_T4 Family|Standard  NCASv3_T4  Family Cluster Dedicated vCPUs|0|0|/vmFamily/dedicatedCores/usages|/usages/Standard_NCASv3_T4_Family",
		20:       "standardNCADSA100v4Family|Standard NCADSA100v4 Family Cluster Dedicated vCPUs|0|0|/vmFamily/dedicatedCores/usages|/usages/standardNCADSA100v4Family",
		low:      "TotalLowPriorityCores|Total Cluster Low Priority Regional vCPUs|0|0|/totalLowPriorityCores/usages|",
		low + 1:  "standardDFamily|Standard D Family Cluster LowPriority vCPUs|0|-1|/vmFamily/lowPriorityCores/usages|/usages/standardDFamily",
		low + 19: "standardNCADSA100v4Family|Standard NCADSA100v4 Family Cluster LowPriority vCPUs|0|-1|/vmFamily/lowPriorityCores/usages|/usages/standardNCADSA100v4Family",
	} {
		if got := entry(i); got != want {
			t.Errorf("entry %d is %s, want %s", i, got, want)
		}
	}
}

func TestRecordedQuotas(t *testing.T) {
	runScenarios(t, []scenario{{"a new subscription has few vCPUs, and none with GPUs (recording of Nov 2025)", []Option{WithRecordedQuotas()}, []exchange{
		{0, "PUT /gpu", cluster("Standard_NC6s_v3", 0, 1), `400 error.code="ClusterMinNodesExceedCoreQuota" ~Standard NCSv3 family vCPU quota of 0`},
		{0, "PUT /gpu", cluster("Standard_ND96isr_H100_v5", 0, 1), "400 ~Standard NDv5H100 family vCPU quota of 0"},
		{0, "PUT /gpu", cluster("Standard_D16s_v6", 0, 1), "400 ~Standard Dsv6 family vCPU quota of 0"},
		{0, "PUT /gpu", cluster("Standard_D2as_v4", 1, 5), "201"},
		{0, "PUT /box", instance, "201"},
		{0, "PUT /box2", strings.Replace(instance, "DS3", "DS2", 1), "201"},
		{0, "PUT /box3", strings.Replace(instance, "DS3", "DS1", 1), "400 ~Standard DSv2 family vCPU quota of 6"},
		{0, "PUT /_sim/quotas/standardncsv3family", `{"limit":6}`, "204"},
		{0, "PUT /v100", cluster("Standard_NC6s_v3", 0, 1), "201"},
		{0, "PUT /v1002", cluster("Standard_NC12s_v3", 0, 1), "400"},
	}}})
}
