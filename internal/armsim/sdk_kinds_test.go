package armsim

import (
	"net/http"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	aml "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/machinelearning/armmachinelearning/v4"
	"github.com/google/go-cmp/cmp"
)

// sdkAttachment is a compute of one type, as Microsoft's client sends it, and what of it must be as Microsoft's client then
// reads it.
type sdkAttachment struct {
	name  string
	sent  aml.ComputeClassification
	shown func(aml.ComputeClassification) (got, want any)
	end   aml.UnderlyingResourceAction
}

func sdkAttachments() []sdkAttachment {
	account := &aml.VirtualMachineSSHCredentials{Username: to.Ptr("u"), Password: to.Ptr("p")}
	cluster, pool := resource(managedCluster, "k8s"), resource("Microsoft.Synapse/workspaces", "syn")+"/bigDataPools/pool1"
	types := map[string]*aml.InstanceTypeSchema{"gpu": {
		NodeSelector: map[string]*string{"pool": to.Ptr("gpu")},
		Resources:    &aml.InstanceTypeSchemaResources{Requests: map[string]*string{"cpu": to.Ptr("1")}, Limits: map[string]*string{"nvidia.com/gpu": nil}},
	}}
	return []sdkAttachment{
		{
			"made", &aml.AKS{ComputeType: to.Ptr(aml.ComputeTypeAKS), Properties: &aml.AKSSchemaProperties{
				AgentCount:       to.Ptr[int32](4),
				SSLConfiguration: &aml.SSLConfiguration{Status: to.Ptr(aml.SSLConfigStatusEnabled), Cname: to.Ptr("a.b"), Cert: to.Ptr("c"), Key: to.Ptr("k")},
			}},
			func(c aml.ComputeClassification) (any, any) {
				p := c.(*aml.AKS).Properties
				return []any{*p.AgentCount, *p.ClusterPurpose, *p.LoadBalancerType, len(p.SystemServices), *p.SSLConfiguration.Status, *p.SSLConfiguration.Cname, p.SSLConfiguration.Key == nil},
					[]any{int32(4), aml.ClusterPurposeFastProd, aml.LoadBalancerTypePublicIP, 1, aml.SSLConfigStatusEnabled, "a.b", true}
			}, aml.UnderlyingResourceActionDelete,
		},
		{
			"aks", &aml.AKS{ComputeType: to.Ptr(aml.ComputeTypeAKS), ResourceID: &cluster},
			func(c aml.ComputeClassification) (any, any) { return *c.(*aml.AKS).ResourceID, cluster }, aml.UnderlyingResourceActionDetach,
		},
		{
			"k8s", &aml.Kubernetes{
				ComputeType: to.Ptr(aml.ComputeTypeKubernetes), ResourceID: to.Ptr(resource(connectedCluster, "edge")),
				Properties: &aml.KubernetesProperties{InstanceTypes: types, DefaultInstanceType: to.Ptr("gpu")},
			},
			func(c aml.ComputeClassification) (any, any) {
				p := c.(*aml.Kubernetes).Properties
				return []any{*p.Namespace, *p.DefaultInstanceType, p.InstanceTypes}, []any{"default", "gpu", types}
			}, aml.UnderlyingResourceActionDetach,
		},
		{
			"k8s2", &aml.Kubernetes{
				ComputeType: to.Ptr(aml.ComputeTypeKubernetes), ResourceID: to.Ptr(resource(connectedCluster, "edge")),
				Properties: &aml.KubernetesProperties{Namespace: to.Ptr("team2")},
			},
			func(c aml.ComputeClassification) (any, any) {
				return *c.(*aml.Kubernetes).Properties.Namespace, "team2"
			},
			aml.UnderlyingResourceActionDetach,
		},
		{
			"spark", &aml.SynapseSpark{ComputeType: to.Ptr(aml.ComputeTypeSynapseSpark), ResourceID: &pool},
			func(c aml.ComputeClassification) (any, any) {
				p := c.(*aml.SynapseSpark).Properties
				return []any{*p.PoolName, *p.NodeCount, *p.AutoScaleProperties.Enabled}, []any{"pool1", int32(5), true}
			}, aml.UnderlyingResourceActionDetach,
		},
		{
			"dbx", &aml.Databricks{
				ComputeType: to.Ptr(aml.ComputeTypeDatabricks), ResourceID: to.Ptr(resource("Microsoft.Databricks/workspaces", "dbx")),
				Properties: &aml.DatabricksProperties{DatabricksAccessToken: to.Ptr("hunter2-token")},
			},
			func(c aml.ComputeClassification) (any, any) {
				p := c.(*aml.Databricks).Properties
				return []any{p.DatabricksAccessToken == nil, *p.WorkspaceURL}, []any{true, databricksURL(resource("Microsoft.Databricks/workspaces", "dbx"))}
			}, aml.UnderlyingResourceActionDetach,
		},
		{
			"adla", &aml.DataLakeAnalytics{ComputeType: to.Ptr(aml.ComputeTypeDataLakeAnalytics), ResourceID: to.Ptr(resource("Microsoft.DataLakeAnalytics/accounts", "adla"))},
			func(c aml.ComputeClassification) (any, any) {
				return *c.(*aml.DataLakeAnalytics).Properties.DataLakeStoreAccountName, "adlastore"
			}, aml.UnderlyingResourceActionDetach,
		},
		{
			"adf", &aml.DataFactory{ComputeType: to.Ptr(aml.ComputeTypeDataFactory)},
			func(c aml.ComputeClassification) (any, any) { return *c.(*aml.DataFactory).IsAttachedCompute, false }, aml.UnderlyingResourceActionDelete,
		},
		{
			"adf2", &aml.DataFactory{ComputeType: to.Ptr(aml.ComputeTypeDataFactory), ResourceID: to.Ptr(resource("Microsoft.DataFactory/factories", "adf"))},
			func(c aml.ComputeClassification) (any, any) { return *c.(*aml.DataFactory).IsAttachedCompute, true },
			aml.UnderlyingResourceActionDetach,
		},
		{
			"hdi", &aml.HDInsight{
				ComputeType: to.Ptr(aml.ComputeTypeHDInsight), ResourceID: to.Ptr(resource("Microsoft.HDInsight/clusters", "spark")),
				Properties: &aml.HDInsightProperties{AdministratorAccount: account},
			},
			func(c aml.ComputeClassification) (any, any) {
				p := c.(*aml.HDInsight).Properties
				return []any{*p.Address, *p.SSHPort, p.AdministratorAccount == nil}, []any{"spark-ssh.azurehdinsight.net", int32(22), true}
			}, aml.UnderlyingResourceActionDetach,
		},
		{
			"vmx", sdkMachine().Properties,
			func(c aml.ComputeClassification) (any, any) {
				return *c.(*aml.VirtualMachine).Properties.VirtualMachineSize, "STANDARD_D2S_V3"
			}, aml.UnderlyingResourceActionDetach,
		},
		{
			"jobs", &aml.Compute{ComputeType: to.Ptr(aml.ComputeType("Batch")), ResourceID: to.Ptr(resource("Microsoft.Batch/batchAccounts", "jobs"))},
			func(c aml.ComputeClassification) (any, any) {
				return string(*c.(*aml.Compute).ComputeType), "Batch"
			}, aml.UnderlyingResourceActionDetach,
		},
	}
}

// TestSDKKinds has Microsoft's client make, read, list and remove a compute of every type; the ones that Azure ML and this
// simulator make otherwise are in TestSDKOverHTTP. Batch it knows only as a compute without properties.
func TestSDKKinds(t *testing.T) {
	s := New()
	c, ctx := sdk(t, sdkOptions("https://management.test", &http.Client{Transport: s.Transport()})), t.Context()
	for _, a := range sdkAttachments() {
		made := finish(t, func() (*runtime.Poller[aml.ComputeClientCreateOrUpdateResponse], error) {
			return c.BeginCreateOrUpdate(ctx, group, space, a.name, aml.ComputeResource{Location: to.Ptr("eastus"), Properties: a.sent}, nil)
		})
		base := made.Properties.GetCompute()
		if *base.ProvisioningState != aml.ProvisioningStateSucceeded || *base.ComputeType != *a.sent.GetCompute().ComputeType || *base.ResourceID == "" {
			t.Errorf("%s: got %+v", a.name, base)
		}
		got, want := a.shown(made.Properties)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", a.name, diff)
		}
	}
	if _, n := sdkList(t, c); n != len(sdkAttachments()) {
		t.Errorf("got %d computes", n)
	}
	sdkKeys(t, c)
	for _, a := range sdkAttachments() {
		finish(t, func() (*runtime.Poller[aml.ComputeClientDeleteResponse], error) {
			return c.BeginDelete(ctx, group, space, a.name, a.end, nil)
		})
	}
	snap := s.Snapshot()
	if n := len(snap.Workspaces[0].Computes) + len(snap.DestroyedResources) + len(snap.OrphanedResources); n != 0 {
		t.Errorf("left over, destroyed or orphaned: %+v", snap)
	}
}

// sdkKeys asks for the secrets of all types that have some.
func sdkKeys(t *testing.T, c *aml.ComputeClient) {
	t.Helper()
	got := map[string]any{}
	for _, name := range []string{"aks", "vmx", "dbx"} {
		keys, err := c.ListKeys(t.Context(), group, space, name, nil)
		if err != nil {
			t.Fatal(err)
		}
		switch k := keys.ComputeSecretsClassification.(type) {
		case *aml.AksComputeSecrets:
			got[name] = *k.ImagePullSecretName
		case *aml.VirtualMachineSecrets:
			got[name] = *k.AdministratorAccount.Password
		case *aml.DatabricksComputeSecrets:
			got[name] = *k.DatabricksAccessToken
		}
	}
	if diff := cmp.Diff(map[string]any{"aks": "aks-pull-secret", "vmx": "p", "dbx": "hunter2-token"}, got); diff != "" {
		t.Error(diff)
	}
	if _, err := c.ListKeys(t.Context(), group, space, "spark", nil); err == nil {
		t.Error("got keys of a Spark pool")
	}
}
