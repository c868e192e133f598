package azureml

import "context"

// Location is the workspace's region, as the spec states it or Azure tells.
func (w *Workspace) Location(ctx context.Context) (string, error) { return w.region(ctx) }
