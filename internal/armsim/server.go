package armsim

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Server simulates the computes of any number of workspaces. It is an http.Handler, safe for concurrent use, and starts
// no goroutine.
type Server struct {
	settings
	backdoor http.Handler

	mu         sync.Mutex
	rng        *rand.Rand
	workspaces map[string]*workspace
	instances  map[string]*compute // region/name, folded: instance names are unique in a region
	operations map[string]*operation
	quotas     map[string]Quota  // what SetQuota said
	shares     map[string]*share // of workspaces in quotas, by workspaceKey and folded family
	destroyed  []string
	orphaned   []string
	counters   Counters
	events     timeline
	faults     []*trap
	buckets    map[string]*bucket
	past       past
}

// New returns a simulator without computes.
func New(opts ...Option) *Server {
	s := &Server{settings: defaults()}
	for _, o := range opts {
		o(&s.settings)
	}
	s.rng = rand.New(rand.NewPCG(uint64(s.seed), 0))
	s.past.set(s.readLag, s.rng)
	s.backdoor = s.newBackdoor()
	s.Reset()
	return s
}

// Seed is what the random faults and identifiers come from: a server made WithSeed of it repeats them.
func (s *Server) Seed() int64 { return s.seed }

// Reset forgets every compute, ghost, operation, fault, quota and count.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.workspaces = map[string]*workspace{}
	s.instances = map[string]*compute{}
	s.operations = map[string]*operation{}
	s.quotas = map[string]Quota{}
	s.shares = map[string]*share{}
	s.buckets = map[string]*bucket{}
	s.events = timeline{}
	s.destroyed, s.orphaned, s.faults = nil, nil, nil
	s.counters = newCounters()
}

// maxBody bounds what a request may carry; ARM's own limit is 4 MB.
const maxBody = 4 << 20

// ServeHTTP answers one ARM request, or one of the back door's.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, backdoorPrefix) {
		s.backdoor.ServeHTTP(w, r)
		return
	}
	if err := wait(r.Context(), s.latency); err != nil {
		panic(http.ErrAbortHandler) // the client is gone
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	rq := route(r, s.clock())
	rq.body = body
	f, id, remaining, refusal := s.admit(rq)
	if refusal != nil {
		s.write(w, r, *refusal, id, remaining)
		return
	}
	if err := wait(r.Context(), time.Duration(f.Delay)); err != nil {
		panic(http.ErrAbortHandler)
	}
	rq.operation, rq.stranger = f.Operation, f.Stranger
	var a answer
	if f.reaches() {
		a = s.handle(rq)
	}
	a = f.spoil(a, s.clock())
	a.truncate = f.Truncate
	s.write(w, r, a, id, remaining)
}

// admit counts a request, takes it off its budget and finds the fault that lies in wait for it.
func (s *Server) admit(rq *request) (f Fault, id string, remaining budget, refusal *answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counters.Methods[rq.method]++
	s.counters.Kinds[rq.kind]++
	id = s.guid()
	remaining, refusal = s.spend(rq)
	if refusal != nil {
		s.counters.Throttled++
		return Fault{}, id, remaining, refusal
	}
	return s.nextFault(rq), id, remaining, nil
}

var versionPattern = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(-preview)?$`)

// handle answers a request as the service would.
func (s *Server) handle(rq *request) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	rq.now = s.look()
	if rq.version == "" {
		return armError(http.StatusBadRequest, "MissingApiVersionParameter",
			"The api-version query parameter (?api-version=) is required for all requests.")
	}
	if !versionPattern.MatchString(rq.version) {
		return armError(http.StatusBadRequest, "InvalidApiVersionParameter", "The api-version '%s' is invalid.", rq.version)
	}
	if missing := s.missingParent(rq); missing != nil {
		return *missing
	}
	s.meetStranger(rq)
	return rq.serve(s, rq)
}

// look lets happen what has come due, and returns the time; whatever looks at a compute comes after it.
func (s *Server) look() time.Time {
	now := s.clock()
	s.settle(now)
	return now
}

// guid is a new identifier.
func (s *Server) guid() string {
	hi, lo := s.rng.Uint64(), s.rng.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xfff, lo>>48&0x3fff|0x8000, lo&0xffffffffffff)
}

// wait lets d pass, or less if the client goes away.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
