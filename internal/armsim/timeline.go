package armsim

import (
	"container/heap"
	"time"
)

// event is something that happens to a compute at a time. Nothing runs in the background: whoever looks at the server
// first lets all that has come due happen, in the order of time, so its state is a function of the clock.
type event struct {
	at    time.Time
	order int        // among events of one time: in the order of their scheduling
	op    *operation // the operation it belongs to, nil if it comes after one
	c     *compute
	do    func(at time.Time)
}

// never is later than anything.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// timeline is a heap of events, the next one first.
type timeline struct {
	events []*event
	count  int
}

func (t *timeline) Len() int      { return len(t.events) }
func (t *timeline) Swap(i, j int) { t.events[i], t.events[j] = t.events[j], t.events[i] }
func (t *timeline) Push(e any)    { t.events = append(t.events, e.(*event)) }

func (t *timeline) Less(i, j int) bool {
	a, b := t.events[i], t.events[j]
	return a.at.Before(b.at) || a.at.Equal(b.at) && a.order < b.order
}

func (t *timeline) Pop() any {
	last := len(t.events) - 1
	e := t.events[last]
	t.events[last] = nil
	t.events = t.events[:last]
	return e
}

// at schedules what happens to c; op is the operation that it belongs to, if any.
func (s *Server) at(at time.Time, c *compute, op *operation, do func(at time.Time)) {
	s.events.count++
	heap.Push(&s.events, &event{at, s.events.count, op, c, do})
}

// settle lets happen what has come due.
func (s *Server) settle(now time.Time) {
	for len(s.events.events) > 0 && !s.events.events[0].at.After(now) {
		e := heap.Pop(&s.events).(*event)
		if e.c.gone {
			continue
		}
		e.do(e.at)
		e.c.changed(e.at)
	}
}

// end ends an operation now.
func (s *Server) end(op *operation, now time.Time) {
	op.end = now
	s.hasten(op.compute, op, now)
}

// hasten lets everything that c still awaits of op happen now.
func (s *Server) hasten(c *compute, op *operation, now time.Time) {
	for _, e := range s.events.events {
		if e.c == c && e.op == op && e.at.After(now) {
			e.at = now
		}
	}
	heap.Init(&s.events)
	s.settle(now)
}
