package webhook

import (
	"net"
	"net/netip"
	"slices"
	"sync"
)

// atOnce bounds the calls of a hook whose bodies are read at the same time.
const atOnce = 16

// queue are the calls that are being read. A new one always has a place: where there is none, the oldest call of the
// address with the most of them loses its own. So slow callers shut out each other, and nobody who sends what he has to
// say.
type queue struct {
	mu    sync.Mutex
	calls []*reading // oldest first
}

// reading is one of them.
type reading struct {
	from string
	end  func() // cuts it off
}

func (q *queue) enter(c *reading) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.calls) >= atOnce {
		i := q.mostFrequent()
		q.calls[i].end()
		q.calls = slices.Delete(q.calls, i, i+1)
	}
	q.calls = append(q.calls, c)
}

// leave reports whether the call had its place until now.
func (q *queue) leave(c *reading) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.calls, c)
	if i < 0 {
		return false
	}
	q.calls = slices.Delete(q.calls, i, i+1)
	return true
}

// mostFrequent is the oldest call of the address that has the most.
func (q *queue) mostFrequent() int {
	count := map[string]int{}
	for _, c := range q.calls {
		count[c.from]++
	}
	most := 0
	for i, c := range q.calls {
		if count[c.from] > count[q.calls[most].from] {
			most = i
		}
	}
	return most
}

// origin is whom an address belongs to: with IPv6, everybody has a whole network.
func origin(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return remote
	}
	address, err := netip.ParseAddr(host)
	if err != nil || address.Is4() || address.Is4In6() {
		return host
	}
	network, err := address.Prefix(64)
	if err != nil {
		return host
	}
	return network.String()
}
