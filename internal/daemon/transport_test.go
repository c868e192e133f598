package daemon_test

import (
	"net"
	"net/http"
	"sync/atomic"

	"github.com/computesync/computesync/internal/armsim"
)

// transporter sends requests to the simulator without a network.
type transporter struct {
	sim  *armsim.Server
	dead *atomic.Bool // cut off; may be nil
}

// Do implements policy.Transporter.
func (t transporter) Do(r *http.Request) (*http.Response, error) {
	if t.dead != nil && t.dead.Load() {
		return nil, &net.OpError{Op: "dial", Err: errDown}
	}
	return t.sim.Transport().RoundTrip(r)
}
