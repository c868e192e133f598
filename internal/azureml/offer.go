package azureml

import (
	"context"

	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/region"
	"github.com/computesync/computesync/internal/spec"
)

// Sizes lists the VM sizes that Azure ML has in a region; "" is the
// workspace's. Who may not ask is refused with 403.
func (w *Workspace) Sizes(ctx context.Context, name string) ([]region.Size, error) {
	var list struct{ Value []region.Size }
	err := w.regional(ctx, name, "vmSizes", &list)
	return list.Value, err
}

// Usages lists how much of each quota the subscription uses in a region; "" is
// the workspace's.
func (w *Workspace) Usages(ctx context.Context, name string) ([]region.Usage, error) {
	var list struct{ Value []region.Usage }
	err := w.regional(ctx, name, "usages", &list)
	return list.Value, err
}

func (w *Workspace) regional(ctx context.Context, name, what string, out any) error {
	if name == "" {
		var err error
		if name, err = w.region(ctx); err != nil {
			return err
		}
	}
	const provider = "Microsoft.MachineLearningServices"
	path := arm.Path("subscriptions", w.id.Subscription, "providers", provider, "locations", spec.FoldRegion(name), what)
	_, err := w.arm.Get(ctx, path, out)
	return err
}
