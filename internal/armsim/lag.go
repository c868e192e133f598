package armsim

import (
	"errors"
	"math/rand/v2"
	"time"
)

// ReadLag says how old the answer to a GET of a compute, or to a list, may be. The zero ReadLag has every read exact.
type ReadLag struct {
	Lag      Duration `json:"lag"`                // how old an answer is
	Share    float64  `json:"share,omitempty"`    // of the reads that are old, the others are exact; 0 = all
	Replicas int      `json:"replicas,omitempty"` // serve old reads, each with a lag from 0 to Lag; 0 = all with Lag
}

// SetReadLag changes how old reads are from now on. They show nothing from before now: a lag of 5 s is reached 5 s
// later.
func (s *Server) SetReadLag(l ReadLag) error {
	if l.Lag < 0 || l.Share < 0 || l.Share > 1 || l.Replicas < 0 {
		return errors.New("set read lag: lag and replicas must not be negative, and share must be from 0 to 1")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.look()
	s.past.since = now
	s.past.set(l, s.rng)
	for _, w := range s.workspaces {
		w.deleted = nil
		for _, c := range w.computes {
			c.revisions = nil
			c.remember(now)
		}
	}
	return nil
}

// past is what reads may see of the past.
type past struct {
	longest time.Duration   // how far back anything is remembered; 0 = not at all
	lags    []time.Duration // of the replicas
	share   float64
	since   time.Time // nothing older is remembered
}

func (p *past) set(l ReadLag, rng *rand.Rand) {
	p.longest, p.share = time.Duration(l.Lag), l.Share
	p.lags = []time.Duration{p.longest}
	if l.Replicas > 0 && p.longest > 0 {
		p.lags = make([]time.Duration, l.Replicas)
		for i := range p.lags {
			p.lags[i] = time.Duration(rng.Int64N(int64(p.longest) + 1))
		}
	}
}

// moment is the moment whose state a read at now shows; ok is false if the read is exact.
func (p *past) moment(rng *rand.Rand, now time.Time) (t time.Time, ok bool) {
	if p.longest == 0 || p.share > 0 && rng.Float64() >= p.share {
		return now, false
	}
	lag := p.lags[rng.IntN(len(p.lags))]
	return latest(p.since, now.Add(-lag)), lag > 0
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
