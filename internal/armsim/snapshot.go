package armsim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Snapshot is everything that a Server holds.
type Snapshot struct {
	Workspaces []WorkspaceSnapshot `json:"workspaces"`
	// Operations are the ones that still run.
	Operations []OperationSnapshot `json:"operations"`
	// DestroyedResources are the resources under attachments that a DELETE with underlyingResourceAction=Delete took with it:
	// in the order of their end, by resource ID, or address where they have none. No client of ours may ever cause one.
	DestroyedResources []string `json:"destroyedResources"`
	// OrphanedResources are the resources that Azure ML made and a Detach left behind, but for clusters, which are Ghosts: by
	// resource ID, in the order of their end. They live on, and cost.
	OrphanedResources []string `json:"orphanedResources"`
}

// WorkspaceSnapshot is one workspace that something was written to.
type WorkspaceSnapshot struct {
	Subscription  string `json:"subscription"`
	ResourceGroup string `json:"resourceGroup"`
	Name          string `json:"name"`
	Location      string `json:"location"`
	// Computes are the documents as GET shows them, in the order of creation.
	Computes []json.RawMessage `json:"computes"`
	// Ghosts are detached clusters, by folded name, with the VM size that they would come back with.
	Ghosts map[string]string `json:"ghosts"`
}

// OperationSnapshot is one running operation.
type OperationSnapshot struct {
	GUID    string `json:"guid"`
	Kind    string `json:"kind"`    // as in Counters.Kinds
	Compute string `json:"compute"` // resource ID
}

// Snapshot returns what there is now.
func (s *Server) Snapshot() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.look()
	snap := Snapshot{Workspaces: []WorkspaceSnapshot{}, Operations: []OperationSnapshot{}}
	for _, key := range slices.Sorted(maps.Keys(s.workspaces)) {
		w := s.workspaces[key]
		one := WorkspaceSnapshot{w.subscription, w.group, w.name, w.location, make([]json.RawMessage, 0, len(w.computes)), maps.Clone(w.ghosts)}
		for _, c := range w.computes {
			one.Computes = append(one.Computes, slices.Clone(c.listed(shapeFull)))
			if c.busy(now) {
				snap.Operations = append(snap.Operations, OperationSnapshot{c.op.guid, c.op.kind, c.id()})
			}
		}
		snap.Workspaces = append(snap.Workspaces, one)
	}
	snap.DestroyedResources = append([]string{}, s.destroyed...)
	snap.OrphanedResources = append([]string{}, s.orphaned...)
	return snap
}

// Counters count the ARM requests that arrived, refused and spoilt ones too.
type Counters struct {
	Methods   map[string]int `json:"methods"`   // by HTTP method
	Kinds     map[string]int `json:"kinds"`     // list, get, put, patch, delete, start, stop, restart, resize, post, name, status, other
	Throttled int            `json:"throttled"` // answered 429 for want of budget
}

func newCounters() Counters { return Counters{map[string]int{}, map[string]int{}, 0} }

// Counters returns the counts since the start or the last ResetCounters.
func (s *Server) Counters() Counters {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Counters{maps.Clone(s.counters.Methods), maps.Clone(s.counters.Kinds), s.counters.Throttled}
}

// ResetCounters sets all counts to zero.
func (s *Server) ResetCounters() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counters = newCounters()
}

// Total is the number of requests.
func (c Counters) Total() int {
	sum := 0
	for _, n := range c.Methods {
		sum += n
	}
	return sum
}

// Ref names a compute.
type Ref struct{ Subscription, Group, Workspace, Name string }

func (r Ref) String() string {
	return strings.Join([]string{r.Subscription, r.Group, r.Workspace, r.Name}, "/")
}

func (r Ref) request(s *Server) *request {
	return &request{subscription: r.Subscription, group: r.Group, workspace: r.Workspace, name: r.Name, now: s.look()}
}

// Compute returns the document of a compute as GET shows it, nil if there is none.
func (s *Server) Compute(ref Ref) json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.find(ref.request(s))
	if c == nil {
		return nil
	}
	return appendJSON(nil, c.doc, 0)
}
