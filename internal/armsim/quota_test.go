package armsim

import (
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
			{0, "GET " + located("usages"), "", `200 value.1.currentValue=0 value.2.name.value="TotalLowPriorityCores" value.2.currentValue=8 value.2.limit=8`},
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
		{"vmSizes: prices are missing, or contradict each other (recording of Nov 2025)", nil, []exchange{
			{0, "GET " + located("vmSizes"), "", `200 nextLink=absent value.0.name="Standard_A1_v2" value.0.estimatedVMPrices=absent value.0.memoryGB=2.0 value.2.supportedComputeTypes=["AmlCompute"] ` +
				`value.20.name="Standard_D16ads_v5" value.20.estimatedVMPrices.values.3.retailPrice=0.82 value.20.estimatedVMPrices.values.5.retailPrice=1.56`},
		}},
		{"usages: families under the codes of vmSizes, blanks in ids as underscores (recording of Nov 2025)", nil, []exchange{
			{0, "GET " + located("usages"), "", `200 value.3.name.value="standardAv2Family" value.3.type="Microsoft.MachineLearningServices/vmFamily/dedicatedCores/usages" ` +
				`~"id": "/subscriptions/00000000-0000-0000-0000-000000000000/usages/Standard_NCASv3_T4_Family"`},
		}},
	})
}
