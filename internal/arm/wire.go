package arm

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/computesync/computesync/internal/clock"
)

const (
	// tryTimeout bounds one request from a free slot to the last byte of its answer. Resource Manager itself gives up
	// after 60 seconds.
	tryTimeout = 90 * time.Second
	// probeTimeout bounds one that probes an outage: while it hangs, the service may be back.
	probeTimeout = 20 * time.Second
	// maxBody bounds an answer after decompression, and maxWeight what it is decoded to. A page of 10,000 computes has
	// about 14 MiB and a weight of 77.
	maxBody   = 32 << 20
	maxWeight = 160 << 20
)

// attempt is what is known of a call while it is tried: whether a request is out whose effect nobody knows, and the last
// answer. It travels in the request's context because azcore drops the answer when the context ends just after it.
type attempt struct {
	started bool           // something was put on the wire
	sent    bool           // the last try went out and got no complete answer
	resp    *http.Response // the last complete answer
	body    []byte         // and its body
	began   time.Time      // when it was sent
	ended   time.Time      // when its answer was complete
}

type attemptKey struct{}

// wire is the innermost transport: it holds a slot while the request is on the wire, bounds time and size, and reads the
// whole answer, so that a truncated one is an error like any other lost connection.
type wire struct {
	next    policy.Transporter
	breaker *breaker // the last gate before the network, and the first to learn of an answer
	slots   chan struct{}
	slow    chan struct{} // besides, for patient ones: they get no more than half
}

func (w *wire) Do(req *http.Request) (*http.Response, error) {
	for _, slots := range w.needed(req.Context()) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	if err := w.breaker.admit(req.Context(), classOf(req.Method) == Reads); err != nil {
		return nil, err
	}
	a, _ := req.Context().Value(attemptKey{}).(*attempt)
	limit := tryTimeout
	if w.breaker.outage() != nil {
		limit = probeTimeout
	}
	sent := time.Now()
	resp, err := w.exchange(req, a, limit)
	w.breaker.learn(req, sent, a, err)
	return resp, err
}

// exchange sends a request and reads its answer, which may take as long as limit.
func (w *wire) exchange(req *http.Request, a *attempt, limit time.Duration) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), limit)
	defer cancel()
	a.started, a.sent, a.resp, a.body, a.began = true, true, nil, nil, clock.Now()
	resp, err := w.next.Do(req.WithContext(ctx))
	if err != nil {
		a.sent = !neverLeft(err)
		return nil, err
	}
	body, err := readBody(resp)
	if err != nil {
		return nil, err
	}
	a.sent, a.resp, a.body, a.ended = false, resp, body, clock.Now()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// needed are what a request needs a slot of.
func (w *wire) needed(ctx context.Context) []chan struct{} {
	if isPatient(ctx) {
		return []chan struct{}{w.slow, w.slots}
	}
	return []chan struct{}{w.slots}
}

// readBody reads and closes the body of an answer.
func readBody(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	var buf bytes.Buffer
	if n := resp.ContentLength; n > 0 && n <= maxBody {
		buf.Grow(int(n) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("read answer %s: %w", resp.Status, err)
	}
	if n > maxBody {
		return nil, tooLarge(maxBody)
	}
	if weight(buf.Bytes()) > maxWeight {
		return nil, tooLarge(maxWeight)
	}
	return buf.Bytes(), nil
}

// errTooLarge is an answer that is not read to its end, or not decoded: the next one would be no smaller.
var errTooLarge = errors.New("too large")

func tooLarge(limit int64) error { return fmt.Errorf("%w: more than %d MiB", errTooLarge, limit>>20) }

// neverLeft tells whether a transport error proves that the service saw nothing of the request.
func neverLeft(err error) bool {
	var op *net.OpError
	var cert *tls.CertificateVerificationError
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &cert)
}

// newTransport is the transport of a client that was given none.
func newTransport(parallelism int) roundTripper {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return roundTripper{&http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		ForceAttemptHTTP2:   true,
		MaxIdleConns:        2 * parallelism,
		MaxIdleConnsPerHost: parallelism,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 15 * time.Second,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		HTTP2:               &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
	}}
}
