package azureml

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/spec"
)

// vmSize is what Azure ML offers in a region. The family is the code under
// which `usages` counts its vCPUs (recorded Nov 2025).
type vmSize struct {
	Name   string `json:"name"`
	Family string `json:"family"`
	VCPUs  int    `json:"vCPUs"`
}

type usage struct {
	Current int `json:"currentValue"`
	Limit   int `json:"limit"`
	Name    struct {
		Value string `json:"value"`
	} `json:"name"`
}

// Preflight reports why a managed compute could not be made: its size is not
// to be had in the region, or one node of it would not fit into the quota
// (the service wants room for one even where the minimum is 0). What may not
// be asked for is not held against it. live is what goes to make room, or nil.
func (w *Workspace) Preflight(ctx context.Context, want, live *spec.Compute) error {
	if want.Kind.Field("size") == nil {
		return nil
	}
	region, err := w.region(ctx)
	if err != nil {
		return err
	}
	if location := want.Text("location"); location != "" {
		region = location
	}
	base := "/subscriptions/" + w.id.Subscription + "/providers/Microsoft.MachineLearningServices/locations/" + spec.FoldRegion(region)
	var sizes struct{ Value []vmSize }
	if _, err := w.arm.Get(ctx, base+"/vmSizes", &sizes); err != nil {
		return unlessForbidden(err)
	}
	name := want.Text("size")
	if name == "" {
		name, _ = want.Kind.Field("size").Default.(string)
	}
	size := findSize(sizes.Value, name)
	if size == nil {
		return fmt.Errorf("size %s is not to be had in %s", name, region)
	}
	var usages struct{ Value []usage }
	if _, err := w.arm.Get(ctx, base+"/usages", &usages); err != nil {
		return unlessForbidden(err)
	}
	counter := counterOf(want, size)
	freed := 0
	if live != nil {
		if old := findSize(sizes.Value, live.Text("size")); old != nil && counterOf(live, old) == counter {
			n := live.Live.Nodes
			freed = old.VCPUs * (n.Running + n.Preparing + n.Idle + n.Leaving)
		}
	}
	for _, u := range usages.Value {
		if strings.EqualFold(u.Name.Value, counter) && u.Current-freed+size.VCPUs > u.Limit {
			return fmt.Errorf("one node of %s needs %d vCPUs of %s, of which %d of %d are used in %s", name, size.VCPUs, counter, u.Current, u.Limit, region)
		}
	}
	return nil
}

// counterOf names the quota that a compute's nodes count against.
func counterOf(c *spec.Compute, size *vmSize) string {
	if c.Text("tier") == "low_priority" {
		return "TotalLowPriorityCores"
	}
	return size.Family
}

func findSize(sizes []vmSize, name string) *vmSize {
	for i := range sizes {
		if strings.EqualFold(sizes[i].Name, name) {
			return &sizes[i]
		}
	}
	return nil
}

// unlessForbidden drops the error of a question that we may not ask.
func unlessForbidden(err error) error {
	var e *arm.Error
	if errors.As(err, &e) && (e.Status == 403 || e.Status == 404) {
		return nil
	}
	return err
}
