package daemon_test

import (
	"net/http"

	"github.com/computesync/computesync/internal/armsim"
)

// transporter sends requests to the simulator without a network.
type transporter struct{ sim *armsim.Server }

// Do implements policy.Transporter.
func (t transporter) Do(r *http.Request) (*http.Response, error) {
	return t.sim.Transport().RoundTrip(r)
}
