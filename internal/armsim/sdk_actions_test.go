package armsim

import (
	"errors"
	"net/http"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	aml "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/machinelearning/armmachinelearning/v4"
	"github.com/google/go-cmp/cmp"
)

// inProcessSDK are the options of Microsoft's client of a simulator without a network.
func inProcessSDK(s *Server) *arm.ClientOptions {
	return sdkOptions("https://management.test", &http.Client{Transport: s.Transport()})
}

// TestSDKClusterActions has the operations of Microsoft's client that are a cluster's alone.
func TestSDKClusterActions(t *testing.T) {
	s := New(WithPatchAnswer(PatchOK))
	c, ctx := sdk(t, inProcessSDK(s)), t.Context()
	finish(t, func() (*runtime.Poller[aml.ComputeClientCreateOrUpdateResponse], error) {
		return c.BeginCreateOrUpdate(ctx, group, space, "gpu", sdkCluster(4), nil)
	})
	scale := func(least int32) (*runtime.Poller[aml.ComputeClientUpdateResponse], error) {
		return c.BeginUpdate(ctx, group, space, "gpu", aml.ClusterUpdateParameters{Properties: &aml.ClusterUpdateProperties{
			Properties: &aml.ScaleSettingsInformation{ScaleSettings: &aml.ScaleSettings{
				MinNodeCount: to.Ptr(least), MaxNodeCount: to.Ptr[int32](4), NodeIdleTimeBeforeScaleDown: to.Ptr("PT2M"),
			}},
		}}, nil)
	}
	// the client takes nothing but 200, the service answers 202 (azure-powershell recording): the change is made all the same
	var accepted *azcore.ResponseError
	if _, err := scale(2); !errors.As(err, &accepted) || accepted.StatusCode != http.StatusAccepted {
		t.Errorf("got error %v, want the 202", err)
	}
	same := finish(t, func() (*runtime.Poller[aml.ComputeClientUpdateResponse], error) { return scale(2) })
	if got := *same.Properties.(*aml.AmlCompute).Properties.ScaleSettings.MinNodeCount; got != 2 {
		t.Errorf("got %d nodes at least", got)
	}
	page, err := c.NewListNodesPager(group, space, "gpu", nil).NextPage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Nodes) != 2 || *page.Nodes[0].NodeState != aml.NodeStateIdle {
		t.Errorf("got nodes %+v", page.Nodes)
	}
}

func TestSDKQuotas(t *testing.T) {
	s := New(WithRecordedQuotas())
	c, err := aml.NewQuotasClient(sub, nil, inProcessSDK(s))
	if err != nil {
		t.Fatal(err)
	}
	first := func() *aml.ResourceQuota {
		page, err := c.NewListPager("eastus", nil).NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return page.Value[0]
	}
	if q := first(); *q.Name.Value != "standardDFamily" || *q.Limit != 6 || *q.Unit != aml.QuotaUnitCount {
		t.Errorf("got quota %s of %d", *q.Name.Value, *q.Limit)
	}
	share := func(limit int64) *aml.QuotaBaseProperties {
		return &aml.QuotaBaseProperties{
			ID: to.Ptr(wsPath + "/quotas/standardDFamily"), Limit: to.Ptr(limit), Type: to.Ptr(workspaceQuota), Unit: to.Ptr(aml.QuotaUnitCount),
		}
	}
	answer, err := c.Update(t.Context(), "eastus", aml.QuotaUpdateParameters{
		Location: to.Ptr("eastus"), Value: []*aml.QuotaBaseProperties{share(4), share(7)},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []aml.Status{aml.StatusSuccess, aml.StatusInvalidQuotaExceedsSubscriptionLimit}
	if diff := cmp.Diff(want, []aml.Status{*answer.Value[0].Status, *answer.Value[1].Status}); diff != "" {
		t.Error(diff)
	}
}

func TestSDKOperations(t *testing.T) {
	c, err := aml.NewOperationsClient(nil, inProcessSDK(New()))
	if err != nil {
		t.Fatal(err)
	}
	page, err := c.NewListPager(nil).NextPage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Value) != len(operations) || *page.Value[0].Display.Operation == "" {
		t.Errorf("got %d operations", len(page.Value))
	}
}
