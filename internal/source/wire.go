package source

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing/transport"

	"github.com/computesync/computesync/internal/secret"
)

// wire watches the bytes a server sends during one fetch: how many, and what went
// wrong with them, which the layers above would hide.
type wire struct {
	left    int64  // how many may still come
	over    error  // what it is if there are more
	head    []byte // the first of them
	err     error  // what stopped them, but for their end
	secrets []secret.Value
	foreign string // the host that a redirect led to; "" for none
	// cut is what ended the connection below git and ssh. The first takes half a
	// line for a wrong one, and the second any end for a good one.
	cut atomic.Pointer[error]
}

// conn notes how c ends, unless we ended it.
func (w *wire) conn(c net.Conn) net.Conn { return &wireConn{c, w} }

type wireConn struct {
	net.Conn
	wire *wire
}

func (c *wireConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil && !errors.Is(err, net.ErrClosed) {
		c.wire.cut.CompareAndSwap(nil, &err)
	}
	return n, err
}

const headBytes = 2048

// hide keeps secrets out of what explain says.
func (w *wire) hide(secrets ...secret.Value) { w.secrets = append(w.secrets, secrets...) }

// reader counts what is read from r.
func (w *wire) reader(r io.Reader) io.Reader { return &wireReader{wire: w, from: r} }

type wireReader struct {
	wire *wire
	from io.Reader
}

func (r *wireReader) Read(p []byte) (int, error) {
	w := r.wire
	n, err := r.from.Read(p)
	w.head = append(w.head, p[:min(n, headBytes-len(w.head))]...)
	if w.left -= int64(n); w.left < 0 {
		err = w.over
	}
	if err != nil && !errors.Is(err, io.EOF) && w.err == nil {
		w.err = err
	}
	return n, err
}

// explain gives an error of a fetch its place among the problems, and keeps in it
// nothing that a server may have repeated of our secrets.
func (w *wire) explain(err error) *Error {
	e := *w.sort(err)
	if w.foreign != "" && e.Problem.ofAnswer() {
		e.Detail = "at " + w.foreign + ", where the server redirects to" // what that says may be nobody's business
	}
	e.Detail = secret.Redact(e.Detail, w.secrets...)
	return &e
}

// sort takes what stopped the bytes for the cause of whatever the layers above made of it.
func (w *wire) sort(err error) *Error {
	var typed *Error
	if errors.As(err, &typed) {
		return typed
	}
	var config *ConfigError
	if errors.As(err, &config) {
		return config.problem()
	}
	unknown := Broken
	switch cut := w.cut.Load(); {
	case w.err != nil:
		err, unknown = w.err, Unreachable
	case cut != nil:
		err, unknown = *cut, Unreachable
	case bytes.Contains(w.head, []byte("object-format=sha256")):
		return problem(Unsupported, "objectformat sha256")
	}
	if e := classify(err); e != nil {
		return e
	}
	return problem(unknown, withoutURL(err).Error())
}

// classify returns nil for an error it does not know.
func classify(err error) *Error {
	var (
		typed    *Error
		netError net.Error
		opError  *net.OpError
		dnsError *net.DNSError
		tlsError *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &typed):
		return typed
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &netError) && netError.Timeout():
		return &Error{Problem: Timeout, Err: context.DeadlineExceeded}
	case errors.Is(err, transport.ErrEmptyRemoteRepository):
		return problem(Empty, "")
	case errors.As(err, &tlsError):
		e := problem(Unreachable, tlsError.Error())
		e.hint = certificateHint(tlsError)
		return e
	case errors.As(err, &dnsError):
		return problem(Unreachable, dnsError.Error())
	case errors.As(err, &opError):
		return problem(Unreachable, opError.Err.Error())
	case isDropped(err):
		return problem(Unreachable, "the connection was dropped in the middle of an answer")
	}
	return nil
}

// certificateHint says what to do about a server's certificate.
func certificateHint(err *tls.CertificateVerificationError) string {
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate is renewed on the server; check this machine's clock, too. The next attempt follows by itself"
	case errors.As(err, &name):
		return "use the name in the url that the server's certificate has"
	}
	return "name the file of the server's certificate authority in ca_file of the source, or add it to this machine's (SSL_CERT_FILE)"
}

// withoutURL drops the address, which may come from a redirect and say too much.
func withoutURL(err error) error {
	var withURL *url.Error
	if errors.As(err, &withURL) {
		return withURL.Err
	}
	return err
}

func isDropped(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed) || strings.Contains(err.Error(), "unexpected EOF")
}
