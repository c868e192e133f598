// Package azureml speaks of computes to Azure Machine Learning: it turns them
// to and from ARM's JSON by the tables of package spec, and sends the
// operations on them.
package azureml

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// Workspace sends the operations on the computes of one workspace.
type Workspace struct {
	arm   *arm.Client
	id    spec.WorkspaceID
	path  string
	reads string // the api-version that shows all that is declared

	mu       sync.Mutex
	location string // "" until asked
}

// NewWorkspace makes a client of one workspace. Where its location is empty, Azure
// is asked for it before the first write. Computes are read with an api-version
// that shows what the workspace declares.
func NewWorkspace(client *arm.Client, ws *spec.Workspace) *Workspace {
	return &Workspace{
		arm: client, id: ws.ID, path: ws.ID.ResourcePath(), location: ws.Location,
		reads: spec.ReadVersion(client.APIVersion(), ws.Computes),
	}
}

// ShowAll has computes read with an api-version that shows all their fields.
func (w *Workspace) ShowAll() { w.reads = spec.FullVersion(w.arm.APIVersion()) }

func (w *Workspace) compute(name string) string { return w.path + arm.Path("computes", name) }

// List returns every compute of the workspace, and how many pages that took.
// One page that fails fails the list. A compute that is on two pages, because the
// list moved while it was read, is returned once, as seen last. If Azure does not
// take the api-version that shows all that is declared, the configured one is used.
func (w *Workspace) List(ctx context.Context) ([]*spec.Compute, int, error) {
	var all []*spec.Compute
	pages := 0
	err := w.read(func(version string) (err error) {
		all, pages, err = w.list(ctx, version)
		return err
	})
	return all, pages, err
}

// read reads with the api-version that shows all that is declared, and with the
// configured one if Azure does not take that.
func (w *Workspace) read(with func(version string) error) error {
	err := with(w.reads)
	if base := w.arm.APIVersion(); w.reads != base && refusesVersion(err) {
		return with(base)
	}
	return err
}

func (w *Workspace) list(ctx context.Context, version string) ([]*spec.Compute, int, error) {
	var all []*spec.Compute
	at := map[string]int{}
	pages, err := w.arm.At(version).List(ctx, w.path+"/computes", func(items []map[string]any) error {
		for _, doc := range items {
			c, err := decode(doc, version)
			if err != nil {
				return err
			}
			if i, again := at[c.Key()]; again {
				all[i] = c
				continue
			}
			at[c.Key()] = len(all)
			all = append(all, c)
		}
		return nil
	})
	if err != nil {
		return nil, pages, fmt.Errorf("list computes of %s: %w", w.id, err)
	}
	return all, pages, nil
}

// Get returns one compute, nil when there is none of that name. A workspace
// that is gone is an error, not an absent compute.
func (w *Workspace) Get(ctx context.Context, name string) (*spec.Compute, error) {
	var res *arm.Response
	var version string
	err := w.read(func(v string) (err error) {
		version = v
		res, err = w.arm.At(v).Get(ctx, w.compute(name), nil)
		return err
	})
	if arm.IsNotFound(err) && !arm.IsWorkspaceNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get compute %s: %w", name, err)
	}
	return decodeAnswer(res, version)
}

// decodeAnswer reads the compute of an answer, with the clock that it shows.
func decodeAnswer(res *arm.Response, version string) (*spec.Compute, error) {
	c, err := decodeJSON(res.Body, version)
	if err == nil {
		c.Live.Clock = spec.Clock(res.Clock)
	}
	return c, err
}

// Put creates, attaches or updates a compute, with an api-version that has all
// that want states. live is what exists, nil to create. It returns the token of the
// operation that it began, "" when there is none, and the compute as the answer shows
// it, nil where it shows none. Secrets are revealed for the one call and not kept.
func (w *Workspace) Put(ctx context.Context, want, live *spec.Compute,
	reveal func(secret.Ref) (secret.Value, error),
) (token string, seen *spec.Compute, err error) {
	location, err := w.region(ctx)
	if err != nil {
		return "", nil, err
	}
	var sent []secret.Value
	body, err := Body(want, live, location, func(ref secret.Ref) (string, error) {
		v, err := reveal(ref)
		sent = append(sent, v)
		return v.Reveal(), err
	})
	if err != nil {
		return "", nil, fmt.Errorf("build the body of %s: %w", want.Name, err)
	}
	var res *arm.Response
	client := w.arm.At(spec.APIVersion(w.arm.APIVersion(), want))
	if live == nil {
		res, err = client.Create(ctx, w.compute(want.Name), body)
	} else {
		res, err = client.Do(ctx, http.MethodPut, w.compute(want.Name), nil, body)
	}
	if err != nil {
		return "", nil, redacted(err, sent)
	}
	if seen, err = decodeAnswer(res, client.APIVersion()); err != nil {
		seen = nil // no document of Azure's: the compute itself is looked at
	}
	return tokenOf(res), seen, nil
}

func tokenOf(res *arm.Response) string {
	if res.Operation == nil {
		return ""
	}
	return res.Operation.Token()
}

// Scale sends a cluster's scale settings alone.
func (w *Workspace) Scale(ctx context.Context, want, live *spec.Compute) (string, error) {
	body, err := ScaleBody(want, live)
	if err != nil {
		return "", fmt.Errorf("build the scale settings of %s: %w", want.Name, err)
	}
	return send(ctx, w.arm, http.MethodPatch, w.compute(want.Name), nil, body)
}

// Remove deletes what Azure ML made, or detaches what came from outside.
func (w *Workspace) Remove(ctx context.Context, name string, detach bool) (string, error) {
	action := "Delete"
	if detach {
		action = "Detach"
	}
	return send(ctx, w.arm, http.MethodDelete, w.compute(name), url.Values{"underlyingResourceAction": {action}}, nil)
}

// Power starts or stops an instance.
func (w *Workspace) Power(ctx context.Context, name string, start bool) (string, error) {
	action := "stop"
	if start {
		action = "start"
	}
	return send(ctx, w.arm, http.MethodPost, w.compute(name)+"/"+action, nil, nil)
}

func send(ctx context.Context, client *arm.Client, method, path string, query url.Values, body any) (string, error) {
	res, err := client.Do(ctx, method, path, query, body)
	if err != nil {
		return "", err
	}
	return tokenOf(res), nil
}

// Poll asks once how an operation is. An error with done is the operation's
// own; without it, the question failed. wait is when the service wants to be
// asked again, 0 when it does not say. gone means that only the compute itself
// can tell.
func (w *Workspace) Poll(ctx context.Context, token string) (done, gone bool, wait time.Duration, err error) {
	op, err := arm.ResumeOperation(token)
	if err != nil {
		return false, true, 0, nil //nolint:nilerr // a token of another version: look at the compute
	}
	p, err := w.arm.Poll(ctx, op)
	switch {
	case isGone(err):
		return false, true, 0, nil
	case err != nil:
		return false, false, 0, err
	case p.Failed != nil:
		return true, false, 0, p.Failed
	}
	return p.Done, false, p.RetryAfter, nil
}

// region is the workspace's region, asked for once where the spec is silent.
func (w *Workspace) region(ctx context.Context) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.location != "" {
		return w.location, nil
	}
	var doc struct {
		Location string `json:"location"`
	}
	if _, err := w.arm.Get(ctx, w.path, &doc); err != nil {
		return "", fmt.Errorf("get workspace %s: %w", w.id, err)
	}
	if doc.Location == "" {
		return "", fmt.Errorf("get workspace %s: no location in the answer; state location in workspace.yaml", w.id)
	}
	w.location = doc.Location
	return w.location, nil
}
