package apply_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/computesync/computesync/internal/armsim"
)

// wire carries requests to the simulator until its process dies.
type wire struct {
	sim *armsim.Server

	mu     sync.Mutex
	dead   bool
	kill   context.CancelFunc
	writes []write
	before func(*http.Request) bool // whether the process dies before the request leaves
	after  func(*http.Request) bool // or once it was answered
}

// write is a request that changes something.
type write struct {
	method, name string
	effect       bool // it was accepted, or its answer was spoilt and it took effect
}

var errDead = errors.New("the process is dead")

func (w *wire) revive(kill context.CancelFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead, w.kill = false, kill
}

func (w *wire) die() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead = true
	w.kill()
}

func (w *wire) isDead() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dead
}

// Do implements policy.Transporter.
func (w *wire) Do(r *http.Request) (*http.Response, error) {
	if w.before != nil && w.before(r) {
		w.die()
	}
	if w.isDead() {
		return nil, errDead
	}
	one := write{method: r.Method, name: computeOf(r.URL.Path)}
	before := w.document(one.name)
	res, err := w.sim.Transport().RoundTrip(r)
	if writes(r) {
		one.effect = err == nil && res.StatusCode/100 == 2 || !bytes.Equal(before, w.document(one.name))
		w.mu.Lock()
		w.writes = append(w.writes, one)
		w.mu.Unlock()
	}
	if w.after != nil && w.after(r) {
		w.die()
	}
	if w.isDead() {
		return nil, errDead
	}
	return res, err
}

// writes reports whether a request changes something: asking for a name is a
// POST that does not.
func writes(r *http.Request) bool {
	return r.Method != http.MethodGet && !strings.HasSuffix(r.URL.Path, "/checkComputeNameAvailability")
}

// document is a compute as it is now.
func (w *wire) document(name string) []byte {
	name, _, _ = strings.Cut(name, "/")
	return w.sim.Compute(ref(name))
}

func computeOf(path string) string {
	_, rest, _ := strings.Cut(path, "/computes/")
	return rest
}

// sent counts the requests of one method for one compute, answered or not.
func (w *wire) sent(method, name string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.writes {
		if x.method == method && x.name == name {
			n++
		}
	}
	return n
}

func (w *wire) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes = nil
}

// effects counts the writes that took effect, by method and compute.
func (w *wire) effects() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := map[string]int{}
	for _, x := range w.writes {
		if x.effect {
			n[x.method+" "+x.name]++
		}
	}
	return n
}
