package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/azureml"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/region"
	"github.com/computesync/computesync/internal/spec"
)

// askedNames is how many names a preflight asks for: each is a request that
// Azure counts as a write.
const askedNames = 20

// scouting is how long it may take to find out what a preflight tells: a plan
// without one is better than none.
const scouting = 30 * time.Second

// scout asks Azure what the preflight of a plan wants to know: reads alone,
// side by side, and each thing once.
type scout struct {
	az *azure

	mu     sync.Mutex
	homes  map[string]*azureml.Workspace // by workspace key
	offers map[string]func() told[region.Offer]
	names  map[string]func() told[string]
}

// told is an answer, and what is not known because it could not be had.
type told[T any] struct {
	answer T
	notes  []string
}

func newScout(az *azure) *scout {
	return &scout{
		az: az, homes: map[string]*azureml.Workspace{},
		offers: map[string]func() told[region.Offer]{}, names: map[string]func() told[string]{},
	}
}

// ask answers what preflights ask. What cannot be had becomes a note.
func (s *scout) ask(ctx context.Context, asks []plan.Ask) plan.Answers {
	ctx, cancel := context.WithTimeout(ctx, scouting)
	defer cancel()
	x := &asking{scout: s, out: plan.Answers{
		Homes: map[string]string{}, Regions: map[string]*region.Offer{}, Taken: map[string]string{},
	}}
	for _, a := range asks {
		w := s.workspace(a)
		x.all.Go(func() { x.regions(ctx, w, a) })
		for _, c := range a.Names[:min(len(a.Names), askedNames)] {
			x.all.Go(func() { x.name(ctx, w, a, c) })
		}
		if len(a.Names) > askedNames {
			x.note(fmt.Sprintf("of the names of %d new instances in %s, %d were asked for", len(a.Names), a.Target.Name, askedNames))
		}
	}
	x.all.Wait()
	slices.Sort(x.out.Notes)
	return x.out
}

// asking collects answers.
type asking struct {
	*scout
	all sync.WaitGroup
	mu  sync.Mutex
	out plan.Answers
}

func (x *asking) note(notes ...string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, n := range notes {
		if !slices.Contains(x.out.Notes, n) {
			x.out.Notes = append(x.out.Notes, n)
		}
	}
}

// regions asks for the workspace's region, where it matters and the spec does
// not say, and then for what is offered where nodes come.
func (x *asking) regions(ctx context.Context, w *azureml.Workspace, a plan.Ask) {
	home := a.Location
	if home == "" && slices.Contains(a.Regions, "") {
		var err error
		if home, err = w.Location(ctx); err != nil {
			x.note(unchecked("the region of workspace "+a.Target.Name, "size, quota and cost of what comes there", err))
		}
	}
	x.mu.Lock()
	x.out.Homes[a.Target.Key()] = home
	x.mu.Unlock()
	for _, name := range a.Regions {
		if name == "" {
			name = home
		}
		if name != "" {
			x.all.Go(func() {
				t := x.region(ctx, w, a.Target.Subscription, name)
				x.note(t.notes...)
				x.mu.Lock()
				defer x.mu.Unlock()
				x.out.Regions[plan.RegionKey(a.Target.Subscription, name)] = &t.answer
			})
		}
	}
}

func (x *asking) name(ctx context.Context, w *azureml.Workspace, a plan.Ask, c *spec.Compute) {
	t := x.scout.name(ctx, w, a.Target, c)
	x.note(t.notes...)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.out.Taken[nameKey(a.Target, c)] = t.answer
}

func nameKey(id spec.WorkspaceID, c *spec.Compute) string { return id.Key() + "/" + c.Key() }

func (s *scout) workspace(a plan.Ask) *azureml.Workspace {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.homes[a.Target.Key()]
	if w == nil {
		w = azureml.NewWorkspace(s.az.client, &spec.Workspace{ID: a.Target, Location: a.Location})
		s.homes[a.Target.Key()] = w
	}
	return w
}

// region asks what is offered in a region.
func (s *scout) region(ctx context.Context, w *azureml.Workspace, subscription, name string) told[region.Offer] {
	return once(&s.mu, s.offers, plan.RegionKey(subscription, name), func() told[region.Offer] {
		t := told[region.Offer]{answer: region.Offer{Name: spec.FoldRegion(name)}}
		var sizes, usages error
		var both sync.WaitGroup
		both.Go(func() { t.answer.Sizes, sizes = w.Sizes(ctx, name) })
		both.Go(func() { t.answer.Usages, usages = w.Usages(ctx, name) })
		both.Wait()
		if sizes != nil {
			t.notes = append(t.notes, unchecked("the VM sizes of "+name, "size, quota and cost", sizes))
		}
		if usages != nil {
			t.notes = append(t.notes, unchecked("the quotas of "+name, "quota", usages))
		}
		return t
	})
}

// name asks whether a name is free.
func (s *scout) name(ctx context.Context, w *azureml.Workspace, id spec.WorkspaceID, c *spec.Compute) told[string] {
	return once(&s.mu, s.names, nameKey(id, c), func() (t told[string]) {
		err := w.NameFree(ctx, c)
		switch taken, isTaken := errors.AsType[*azureml.NameTakenError](err); {
		case isTaken:
			t.answer = taken.Error()
		case err != nil:
			t.notes = []string{unchecked(namesOf(c, err), "whether a name is free is", err)}
		}
		return t
	})
}

// once computes what a key stands for at most once; who comes while that goes
// on waits for it.
func once[T any](mu *sync.Mutex, all map[string]func() T, key string, compute func() T) T {
	mu.Lock()
	get := all[key]
	if get == nil {
		get = sync.OnceValue(compute)
		all[key] = get
	}
	mu.Unlock()
	return get()
}

// namesOf is what a note about a name speaks of: who may not ask for one may
// ask for none, and is told so once.
func namesOf(c *spec.Compute, err error) string {
	if forbidden(err) {
		return "names of new instances"
	}
	return "the name " + c.Name
}

// unchecked says that something could not be read, and what is not known then.
func unchecked(what, unknown string, err error) string {
	if forbidden(err) {
		return fmt.Sprintf("%s: not permitted to read it; %s not checked", what, unknown)
	}
	return fmt.Sprintf("%s: could not be read; %s not checked: %v", what, unknown, err)
}

func forbidden(err error) bool {
	e, ok := errors.AsType[*arm.Error](err)
	return ok && (e.Status == http.StatusForbidden || e.Status == http.StatusUnauthorized)
}
