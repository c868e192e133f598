package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/pktline"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/transport"
)

const gitPort = "9418"

// stream is a session over one connection, as git:// and ssh have it. go-git's own
// would ignore the context while it connects, and hide the connection whose
// deadline has to be set.
type stream struct {
	conn  net.Conn
	in    io.Writer
	out   io.Reader
	close func() error
	// complaint waits for what the server had to say besides, at its end.
	complaint func() string
	listed    bool // the server waits for our word
}

// dial connects. The connection is cut when whole ends; each exchange sets its own deadline.
func (r *remote) dial(ctx, whole context.Context, wire *wire, address string) (net.Conn, func(), error) {
	conn, err := r.network.dial(ctx, wire, address)
	if err != nil {
		return nil, nil, err
	}
	conn = wire.conn(conn)
	stop := context.AfterFunc(whole, func() { conn.Close() })
	deadline, _ := ctx.Deadline() // talk sets one
	if err := conn.SetDeadline(deadline); err != nil {
		stop()
		conn.Close()
		return nil, nil, err
	}
	return conn, func() { stop(); conn.Close() }, nil
}

func (r *remote) openGit(ctx, whole context.Context, wire *wire) (session, error) {
	address := r.at.hostPort(gitPort)
	conn, hangUp, err := r.dial(ctx, whole, wire, address)
	if err != nil {
		return nil, err
	}
	request := packp.GitProtoRequest{RequestCommand: transport.UploadPackServiceName, Pathname: r.at.path, Host: address}
	if err := request.Encode(conn); err != nil {
		hangUp()
		return nil, err
	}
	return &stream{
		conn: conn, in: conn, out: wire.reader(conn),
		close:     func() error { hangUp(); return nil },
		complaint: func() string { return "" },
	}, nil
}

// hostPort joins host and port, IPv6 or not.
func (a address) hostPort(usual string) string {
	if a.port == "" {
		return net.JoinHostPort(a.host, usual)
	}
	return net.JoinHostPort(a.host, a.port)
}

func (s *stream) AdvertisedReferencesContext(context.Context) (*packp.AdvRefs, error) {
	refs := packp.NewAdvRefs()
	if err := refs.Decode(s.out); err != nil {
		return nil, s.explain(err)
	}
	s.listed = true
	if refs.IsEmpty() {
		return nil, transport.ErrEmptyRemoteRepository
	}
	transport.FilterUnsupportedCapabilities(refs.Capabilities)
	return refs, nil
}

// explain finds the server's own words for an answer that could not be read: git://
// sends an ERR line, ssh writes to stderr and hangs up.
func (s *stream) explain(err error) error {
	var line *pktline.ErrorLine
	switch {
	case errors.Is(err, packp.ErrEmptyAdvRefs):
		return transport.ErrEmptyRemoteRepository
	case errors.As(err, &line):
		return refusal(line.Text)
	case errors.Is(err, packp.ErrEmptyInput):
		if words := s.complaint(); words != "" {
			return refusal(words)
		}
		return io.ErrUnexpectedEOF
	}
	return err
}

// refusal sorts what git servers say when they do not serve a repository.
func refusal(words string) *Error {
	for _, sign := range []string{"not found", "does not exist", "not appear to be a git repository", "no such repository", "not exported", "could not be found", "not a git repository"} {
		if strings.Contains(strings.ToLower(words), sign) {
			return problem(NotFound, words)
		}
	}
	for _, sign := range []string{"denied", "permission", "not authorized", "unauthorized"} {
		if strings.Contains(strings.ToLower(words), sign) {
			return problem(AuthRefused, words)
		}
	}
	return problem(Broken, words)
}

func (s *stream) UploadPack(ctx context.Context, req *packp.UploadPackRequest) (*packp.UploadPackResponse, error) {
	s.listed = false
	deadline, _ := ctx.Deadline() // talk sets one
	if err := s.conn.SetDeadline(deadline); err != nil {
		return nil, err
	}
	if err := req.UploadRequest.Encode(s.in); err != nil {
		return nil, fmt.Errorf("ask for the pack: %w", err)
	}
	if err := pktline.NewEncoder(s.in).EncodeString("done\n"); err != nil {
		return nil, fmt.Errorf("ask for the pack: %w", err)
	}
	res := packp.NewUploadPackResponse(req)
	if err := res.Decode(io.NopCloser(s.out)); err != nil {
		return nil, s.explain(err)
	}
	return res, nil
}

// Close takes leave where the server still waits for a request, and hangs up.
func (s *stream) Close() error {
	if s.listed {
		_, _ = s.in.Write(pktline.FlushPkt)
	}
	return s.close()
}
