package source

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing/transport"
)

// wire watches the bytes a server sends during one fetch: how many, and what went
// wrong with them, which the layers above would hide.
type wire struct {
	limit, left int64
	head        []byte // the first of them
	err         error  // what stopped them, but for their end
}

const headBytes = 2048

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
		err = tooManyBytes(w.limit)
	}
	if err != nil && !errors.Is(err, io.EOF) && w.err == nil {
		w.err = err
	}
	return n, err
}

// explain gives an error of a fetch its place among the problems. What stopped the
// bytes is the cause of whatever the layers above made of it.
func (w *wire) explain(err error) *Error {
	var typed *Error
	if errors.As(err, &typed) {
		return typed
	}
	unknown := Broken
	if w.err != nil {
		err, unknown = w.err, Unreachable
	} else if bytes.Contains(w.head, []byte("object-format=sha256")) {
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
		e.hint = "add the server's certificate authority to this machine's, or name its file in SSL_CERT_FILE"
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
