package status

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/computesync/computesync/internal/secret"
)

// Config says where and how to listen.
type Config struct {
	Listen           string   // host:port; "" is nowhere
	Hosts            []string // names that it is called by, besides those of this machine and of Listen
	Token            secret.Value
	Certificate, Key string                  // PEM files; with them TLS is spoken
	Open             bool                    // beyond this machine, too, without a token
	Mounts           map[string]http.Handler // more of it, by pattern; each lets in whom it will
}

// Server listens by a Config, and by another when that changes: without a gap
// where the address stays.
type Server struct {
	teller *Teller
	door   *Door
	all    sync.WaitGroup
}

// NewServer makes a server that does not listen yet.
func NewServer(t *Teller) *Server { return &Server{teller: t} }

// Door is a place to listen at, ready to be opened. The one who made it opens
// or discards it.
type Door struct {
	address  string
	rules    *rules
	listener *listener // nil: nowhere
	fresh    bool      // listener was made for this door
}

// rules are what can change while a listener stays.
type rules struct {
	handler http.Handler
	tls     *tls.Config // nil: plain http
}

// Error is a configuration that nobody can listen by.
type Error struct{ text, hint string }

func (e *Error) Error() string { return e.text }

// Hint is the way out.
func (e *Error) Hint() string { return e.hint }

// Check finds what is wrong with a configuration, without listening.
func (c *Config) Check() error {
	if c.Listen == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return &Error{fmt.Sprintf("listen cannot be %q", c.Listen), "write it as host:port, such as 127.0.0.1:8337"}
	}
	if !loopback(host) && c.Token.IsZero() && !c.Open {
		return &Error{
			"listen: " + c.Listen + " can be reached from other machines, and no token is asked for",
			"set http.token, or http.open: true if everybody there may see how the workspaces stand",
		}
	}
	if (c.Certificate == "") != (c.Key == "") {
		return &Error{"http.certificate and http.key go together", "state both, or none"}
	}
	if c.Certificate != "" {
		_, err = newKeyPair(c.Certificate, c.Key)
	}
	return err
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Prepare does all that can fail before anything live is touched.
func (s *Server) Prepare(ctx context.Context, c *Config) (*Door, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	d := &Door{address: c.Listen, rules: &rules{handler: c.names().before(s.teller.handler(c.Token, c.Mounts))}}
	if c.Listen == "" {
		return d, nil
	}
	if c.Certificate != "" {
		pair, err := newKeyPair(c.Certificate, c.Key)
		if err != nil {
			return nil, err
		}
		d.rules.tls = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.get, NextProtos: []string{"http/1.1"}}
	}
	if s.door != nil && s.door.listener != nil && s.door.address == c.Listen {
		d.listener = s.door.listener
		return d, nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, &Error{"listen at " + c.Listen + ": something else listens there", "stop that, or choose another address with listen"}
		}
		return nil, fmt.Errorf("listen at %s: %w", c.Listen, err)
	}
	d.listener, d.fresh = &listener{Listener: l}, true
	return d, nil
}

// Discard gives up a door that was not opened.
func (d *Door) Discard() {
	if d.fresh {
		_ = d.listener.Close()
	}
}

// Address is where it is listened, with the port that was given for 0; "" is
// nowhere.
func (d *Door) Address() string {
	if d.listener == nil {
		return ""
	}
	return d.listener.Addr().String()
}

// Open listens at the door; the former one is left, if it is another. It is not
// called by two at once.
func (s *Server) Open(ctx context.Context, d *Door) {
	former := s.door
	s.door = d
	if d.listener != nil {
		d.listener.rules.Store(d.rules)
	}
	if d.fresh {
		d.fresh = false
		s.serve(d.listener)
	}
	if former != nil && former.listener != nil && former.listener != d.listener {
		former.listener.server.Load().close(ctx)
	}
}

// Close stops listening, and waits.
func (s *Server) Close(ctx context.Context) {
	s.Open(ctx, &Door{})
	s.all.Wait()
}

func (s *Server) serve(l *listener) {
	server := &serving{http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { l.rules.Load().handler.ServeHTTP(w, r) }),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: log.New(io.Discard, "", 0), // handshakes that fail are none of our errors
	}}
	l.server.Store(server)
	s.all.Go(func() { _ = server.Serve(l) }) // it ends with close
}

type serving struct{ http.Server }

// close lets answers that were begun be given, for a while.
func (s *serving) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if s.Shutdown(ctx) != nil {
		_ = s.Server.Close()
	}
}

// listener speaks TLS where the rules of the moment say so.
type listener struct {
	net.Listener
	rules  atomic.Pointer[rules]
	server atomic.Pointer[serving]
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if r := l.rules.Load(); r.tls != nil {
		return tls.Server(conn, r.tls), nil
	}
	return conn, nil
}
