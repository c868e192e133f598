package azureml

import (
	"context"
	"errors"
	"fmt"

	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/region"
	"github.com/computesync/computesync/internal/spec"
)

// Preflight reports why a managed compute could not be made: its size is not
// to be had in the region, or one node of it would not fit into the quota
// (the service wants room for one even where the minimum is 0). What may not
// be asked for is not held against it. live is what goes to make room, or nil.
func (w *Workspace) Preflight(ctx context.Context, want, live *spec.Compute) error {
	if err := w.takesVersion(ctx, want); err != nil || want.Kind.Field("size") == nil {
		return err
	}
	home, err := w.region(ctx)
	if err != nil {
		return err
	}
	offer := region.Offer{Name: home}
	if location := want.Text("location"); location != "" {
		offer.Name = location
	}
	if offer.Sizes, err = w.Sizes(ctx, offer.Name); err != nil {
		return unlessForbidden(err)
	}
	name := want.Text("size")
	if name == "" {
		name, _ = want.Kind.Field("size").Default.(string)
	}
	size := offer.Size(name)
	if size == nil {
		return fmt.Errorf("size %s is not to be had in %s", name, offer.Name)
	}
	if offer.Usages, err = w.Usages(ctx, offer.Name); err != nil {
		return unlessForbidden(err)
	}
	low := want.LowPriority()
	freed := 0
	if live != nil {
		if old := offer.Size(live.Text("size")); old != nil && live.LowPriority() == low && (low || old.Family == size.Family) {
			freed = old.VCPUs * live.Live.Nodes.Allocated()
		}
	}
	pool := size.Pools(low)[0]
	if u := offer.Usage(pool); u != nil && u.Used-freed+size.VCPUs > u.Limit {
		return fmt.Errorf("one node of %s needs %d vCPUs of %s, of which %d of %d are used in %s", name, size.VCPUs, pool, u.Used, u.Limit, offer.Name)
	}
	return nil
}

// takesVersion reports that Azure does not take the api-version that a creation of the
// compute needs, as far as a read can show that.
func (w *Workspace) takesVersion(ctx context.Context, want *spec.Compute) error {
	base := w.arm.APIVersion()
	version := spec.APIVersion(base, want)
	if version == base {
		return nil
	}
	if _, err := w.arm.At(version).Get(ctx, w.compute(want.Name), nil); refusesVersion(err) {
		return fmt.Errorf("what %s states needs api-version %s: %w", want.Name, version, err)
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
