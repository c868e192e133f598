package source

import (
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// relay stands before a server, lets so many bytes of its answers through on
// each connection, and then falls silent or hangs up.
type relay struct {
	net.Listener
	server string
	most   atomic.Int64
	hangUp atomic.Bool
	passed atomic.Int64 // the bytes of the last connection
	all    sync.WaitGroup
}

func newRelay(t *testing.T, server string) *relay {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{Listener: listener, server: server}
	r.all.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			r.all.Go(func() { r.serve(client) })
		}
	})
	t.Cleanup(func() { listener.Close(); r.all.Wait() })
	return r
}

func (r *relay) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", r.server)
	if err != nil {
		return
	}
	asks := make(chan struct{})
	r.all.Go(func() {
		defer close(asks)
		_, _ = io.Copy(server, client) // ends when the client hangs up
		server.Close()
	})
	r.passed.Store(0)
	most := r.most.Load()
	n, _ := io.CopyN(io.MultiWriter(client, r), server, most)
	if r.hangUp.Load() || n < most {
		client.Close()
	}
	<-asks
}

// Write counts what went through.
func (r *relay) Write(p []byte) (int, error) {
	r.passed.Add(int64(len(p)))
	return len(p), nil
}

// A server, or what is between, may fall silent or go away at any point.
func TestAnswersThatEndInTheMiddle(t *testing.T) {
	noise := make([]byte, 100<<10)
	seed := rand.NewChaCha8([32]byte{1})
	if _, err := seed.Read(noise); err != nil {
		t.Fatal(err)
	}
	f := newFleet(t, "a.yaml", "1", "noise.bin", string(noise))
	for name, c := range places(t, f) {
		t.Run(name, func(t *testing.T) {
			at, err := url.Parse(c.URL)
			if err != nil {
				t.Fatal(err)
			}
			r := newRelay(t, at.Host)
			c.URL = strings.Replace(c.URL, at.Host, r.Addr().String(), 1)
			host, port, _ := net.SplitHostPort(r.Addr().String())
			if _, key, ok := strings.Cut(c.Auth.KnownHosts, " "); ok {
				c.Auth.KnownHosts = "[" + host + "]:" + port + " " + key
			}
			r.most.Store(1 << 20)
			fetch(t, open(t, c))
			total := r.passed.Load()
			if total < int64(len(noise)) {
				t.Fatalf("%d bytes went through the relay", total)
			}
			for _, n := range []int64{1, 30, total / 50, total / 4, total * 3 / 4} {
				r.most.Store(n)
				r.hangUp.Store(true)
				fails(t, c, Unreachable)
				r.hangUp.Store(false)
				c.Timeout = 300 * time.Millisecond
				fails(t, c, Timeout)
				c.Timeout = 0
			}
		})
	}
}
