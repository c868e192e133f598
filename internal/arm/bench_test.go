package arm

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// BenchmarkThousandPuts sends 1,000 PUTs at once over loopback to a service that takes 40 ms and names no limit: 0.8 s is
// the least at 50 in flight.
func BenchmarkThousandPuts(b *testing.B) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-time.After(40 * time.Millisecond)
		w.Header().Set("x-ms-ratelimit-remaining-subscription-writes", "199")
		io.WriteString(w, `{}`)
	}))
	defer srv.Close()
	for b.Loop() {
		c, err := New(Config{Endpoint: srv.URL})
		if err != nil {
			b.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() {
				if _, err := c.Do(b.Context(), http.MethodPut, computes+"/a", nil, json.RawMessage(`{"a":1}`)); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
		c.Close()
	}
}
