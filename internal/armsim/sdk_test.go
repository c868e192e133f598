package armsim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	aml "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/machinelearning/armmachinelearning/v4"
)

// These tests are Microsoft's own client against the simulator: what it takes for the service passes for the service.

const (
	group = "ml-test"
	space = "ws1"
)

func sdkOptions(endpoint string, transport policy.Transporter) *arm.ClientOptions {
	return &arm.ClientOptions{DisableRPRegistration: true, ClientOptions: policy.ClientOptions{
		Transport: transport,
		Cloud: cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: endpoint, Audience: endpoint},
		}},
	}}
}

func sdk(t *testing.T, options *arm.ClientOptions) *aml.ComputeClient {
	t.Helper()
	c, err := aml.NewComputeClient(sub, nil, options)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sdkCluster(most int32) aml.ComputeResource {
	return aml.ComputeResource{Location: to.Ptr("eastus"), Properties: &aml.AmlCompute{
		ComputeType: to.Ptr(aml.ComputeTypeAmlCompute),
		Properties: &aml.AmlComputeProperties{
			VMSize:        to.Ptr("Standard_DS3_v2"),
			ScaleSettings: &aml.ScaleSettings{MaxNodeCount: to.Ptr(most)},
		},
	}}
}

func sdkInstance() aml.ComputeResource {
	return aml.ComputeResource{Location: to.Ptr("eastus"), Properties: &aml.ComputeInstance{
		ComputeType: to.Ptr(aml.ComputeTypeComputeInstance),
		Properties:  &aml.ComputeInstanceProperties{VMSize: to.Ptr("Standard_DS3_v2")},
	}}
}

func sdkMachine() aml.ComputeResource {
	return aml.ComputeResource{Location: to.Ptr("eastus"), Properties: &aml.VirtualMachine{
		ComputeType: to.Ptr(aml.ComputeTypeVirtualMachine), ResourceID: to.Ptr(vmID),
		Properties: &aml.VirtualMachineSchemaProperties{
			SSHPort:              to.Ptr[int32](22),
			AdministratorAccount: &aml.VirtualMachineSSHCredentials{Username: to.Ptr("u"), Password: to.Ptr("p")},
		},
	}}
}

// finish polls until the operation is done, a bounded number of times.
func finish[T any](t *testing.T, begin func() (*runtime.Poller[T], error)) (result T) {
	t.Helper()
	p, err := begin()
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if p.Done() {
			break
		}
		if _, err := p.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	result, err = p.Result(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func TestSDKOverHTTP(t *testing.T) {
	s := New(WithPageSize(2))
	server := httptest.NewServer(s)
	defer server.Close()
	options := sdkOptions(server.URL, server.Client())
	c, ctx := sdk(t, options), t.Context()

	for i := range 5 {
		made := finish(t, func() (*runtime.Poller[aml.ComputeClientCreateOrUpdateResponse], error) {
			return c.BeginCreateOrUpdate(ctx, group, space, fmt.Sprintf("gpu%d", i), sdkCluster(8), nil)
		})
		got := made.Properties.(*aml.AmlCompute)
		if *got.ProvisioningState != aml.ProvisioningStateSucceeded || *got.Properties.VMPriority != aml.VMPriorityDedicated {
			t.Errorf("got state %s, priority %v", *got.ProvisioningState, got.Properties.VMPriority)
		}
	}
	finish(t, func() (*runtime.Poller[aml.ComputeClientCreateOrUpdateResponse], error) {
		return c.BeginCreateOrUpdate(ctx, group, space, "box", sdkInstance(), nil)
	})
	attached := finish(t, func() (*runtime.Poller[aml.ComputeClientCreateOrUpdateResponse], error) {
		return c.BeginCreateOrUpdate(ctx, group, space, "vm1", sdkMachine(), nil)
	})
	if vm := attached.Properties.(*aml.VirtualMachine); !*vm.IsAttachedCompute || vm.Properties.AdministratorAccount != nil {
		t.Errorf("got attachment %+v", vm.Properties)
	}
	if pages, n := sdkList(t, c); pages != 4 || n != 7 {
		t.Errorf("got %d computes on %d pages, want 7 on 4", n, pages)
	}
	sdkPower(t, c)
	finish(t, func() (*runtime.Poller[aml.ComputeClientDeleteResponse], error) {
		return c.BeginDelete(ctx, group, space, "gpu0", aml.UnderlyingResourceActionDelete, nil)
	})
	finish(t, func() (*runtime.Poller[aml.ComputeClientDeleteResponse], error) {
		return c.BeginDelete(ctx, group, space, "vm1", aml.UnderlyingResourceActionDetach, nil)
	})
	var missing *azcore.ResponseError
	if _, err := c.Get(ctx, group, space, "gpu0", nil); !errors.As(err, &missing) || missing.StatusCode != 404 || missing.ErrorCode != "NotFound" {
		t.Errorf("got error %v for a compute that is gone", err)
	}
	if got := s.Snapshot().DestroyedResources; len(got) > 0 {
		t.Errorf("destroyed %v", got)
	}
	sdkRegion(t, options)
}

func sdkList(t *testing.T, c *aml.ComputeClient) (pages, n int) {
	t.Helper()
	for p := c.NewListPager(group, space, nil); p.More(); pages++ {
		page, err := p.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n += len(page.Value)
	}
	return pages, n
}

func sdkPower(t *testing.T, c *aml.ComputeClient) {
	t.Helper()
	ctx := t.Context()
	state := func(want aml.ComputeInstanceState) {
		t.Helper()
		box, err := c.Get(ctx, group, space, "box", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := *box.Properties.(*aml.ComputeInstance).Properties.State; got != want {
			t.Errorf("got state %s, want %s", got, want)
		}
	}
	state(aml.ComputeInstanceStateRunning)
	p, err := c.BeginStart(ctx, group, space, "box", nil)
	if err != nil {
		t.Fatal(err)
	}
	var refused *azcore.ResponseError
	_, err = p.Poll(ctx)
	if err == nil {
		_, err = p.Result(ctx)
	}
	if !errors.As(err, &refused) || refused.ErrorCode != "StartComputeInstanceOnlyAllowedInStoppedState" {
		t.Errorf("start of a running instance: got error %v", err)
	}
	finish(t, func() (*runtime.Poller[aml.ComputeClientStopResponse], error) {
		return c.BeginStop(ctx, group, space, "box", nil)
	})
	state(aml.ComputeInstanceStateStopped)
	finish(t, func() (*runtime.Poller[aml.ComputeClientStartResponse], error) {
		return c.BeginStart(ctx, group, space, "box", nil)
	})
	state(aml.ComputeInstanceStateRunning)
	finish(t, func() (*runtime.Poller[aml.ComputeClientRestartResponse], error) {
		return c.BeginRestart(ctx, group, space, "box", nil)
	})
	state(aml.ComputeInstanceStateRunning)
}

// sdkRegion reads what a region says of itself.
func sdkRegion(t *testing.T, options *arm.ClientOptions) {
	t.Helper()
	usages, err := aml.NewUsagesClient(sub, nil, options)
	if err != nil {
		t.Fatal(err)
	}
	page, err := usages.NewListPager("eastus", nil).NextPage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if first := page.Value[0]; *first.Name.Value != TotalClusters || *first.CurrentValue != 5 {
		t.Errorf("got %d of %s, want 5 clusters and instances", *first.CurrentValue, *first.Name.Value)
	}
	vmSizes, err := aml.NewVirtualMachineSizesClient(sub, nil, options)
	if err != nil {
		t.Fatal(err)
	}
	list, err := vmSizes.List(t.Context(), "eastus", nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(list.Value) != len(sizes()) {
		t.Errorf("got %d VM sizes", len(list.Value))
	}
}

// TestSDKInBubble is 20 minutes of throttling and polling that take no time: the handler is called in-process, and its
// clock is the bubble's.
func TestSDKInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(WithOperationTime(20*time.Minute), WithLatency(time.Second), WithLimits(Limits{Reads: Limit{2, .1}, Writes: Limit{5, 1}}))
		c := sdk(t, sdkOptions("https://management.test", &http.Client{Transport: s.Transport()}))
		begun := time.Now()
		p, err := c.BeginCreateOrUpdate(t.Context(), group, space, "gpu", sdkCluster(4), nil)
		if err != nil {
			t.Fatal(err)
		}
		token, err := p.ResumeToken()
		if err != nil {
			t.Fatal(err)
		}
		for range 3 { // uses up the reads
			_, _ = c.Get(t.Context(), group, space, "gpu", nil)
		}
		again, err := c.BeginCreateOrUpdate(t.Context(), group, space, "gpu", sdkCluster(4), &aml.ComputeClientBeginCreateOrUpdateOptions{ResumeToken: token})
		if err != nil {
			t.Fatal(err)
		}
		made, err := again.PollUntilDone(t.Context(), &runtime.PollUntilDoneOptions{Frequency: 5 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if *made.Properties.(*aml.AmlCompute).ProvisioningState != aml.ProvisioningStateSucceeded {
			t.Error("not Succeeded when the poller says so")
		}
		if took := time.Since(begun); took < 20*time.Minute || took > 21*time.Minute {
			t.Errorf("took %s of the bubble's time", took)
		}
		if s.Counters().Throttled == 0 {
			t.Error("nothing was throttled")
		}
	})
}

func TestLatencyEndsWithTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(WithLatency(time.Hour))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begun := time.Now()
		r, err := http.NewRequestWithContext(ctx, "GET", host+computes+"?api-version="+version, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Transport().RoundTrip(r); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got error %v", err)
		}
		if took := time.Since(begun); took != time.Minute {
			t.Errorf("took %s", took)
		}
	})
}
