package source

import (
	"io"
	"mime"
	"net"
	"net/http"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
)

// openHTTP starts a conversation over http or https, with a client of its own. go-git
// follows redirects of the first request only, never from https to http, and
// without the credentials once they leave the server.
func (r *remote) openHTTP(wire *wire) (session, error) {
	pool := http.DefaultTransport.(*http.Transport).Clone()
	guard := &guard{next: pool, wire: wire, hasAuth: !r.auth.isZero()}
	var auth transport.AuthMethod
	if guard.hasAuth {
		user, password := r.auth.basic()
		auth = &githttp.BasicAuth{Username: user, Password: password.Reveal()}
	}
	s, err := githttp.NewClient(&http.Client{Transport: guard}).NewUploadPackSession(r.at.endpoint(), auth)
	if err != nil {
		return nil, err
	}
	return httpSession{session: s, pool: pool}, nil
}

// httpSession leaves no idle connection behind when it is closed.
type httpSession struct {
	session
	pool *http.Transport
}

func (s httpSession) Close() error {
	defer s.pool.CloseIdleConnections()
	return s.session.Close()
}

// guard looks at each answer before go-git does: it bounds its length, and says
// what a refusal means, where go-git would quote the whole page.
type guard struct {
	next    http.RoundTripper
	wire    *wire
	hasAuth bool
}

func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := g.next.RoundTrip(req)
	if err != nil {
		g.wire.err = err // go-git wraps it in an error that does not unwrap
		return nil, err
	}
	if err := g.judge(res); err != nil {
		res.Body.Close()
		g.wire.err = err
		return nil, err
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{g.wire.reader(res.Body), res.Body}
	return res, nil
}

func (g *guard) judge(res *http.Response) error {
	code := res.StatusCode
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case code >= 300 && code < 400:
		return nil
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusNonAuthoritativeInfo:
		// 203 is the sign-in page of Azure DevOps.
		return g.refused(res, kind)
	case code == http.StatusNotFound || code == http.StatusGone:
		return problem(NotFound, "the server answered "+res.Status)
	case code == http.StatusTooManyRequests || code >= 500:
		return problem(Unreachable, "the server answered "+res.Status)
	case code >= 400:
		return problem(Broken, "the server answered "+res.Status)
	case !strings.HasPrefix(kind, "application/x-git-"):
		return problem(Broken, "the server answered with "+kindText(kind)+", not with git's protocol")
	}
	return nil
}

func kindText(kind string) string {
	if kind == "" {
		return "an answer of no type"
	}
	return kind
}

func (g *guard) refused(res *http.Response, kind string) error {
	const most = 1024
	detail := "the server answered " + res.Status
	if kind == "text/plain" {
		text, _ := io.ReadAll(io.LimitReader(res.Body, most)) // only for people; half of it is fine
		if words := oneLine(string(text)); words != "" {
			detail += ": " + words
		}
	}
	e := problem(AuthRefused, detail)
	if !g.hasAuth {
		e.hint = "the repository is not public, or does not exist: set auth in the source's configuration"
	}
	return e
}

// endpoint is the address as go-git's http client wants it.
func (a address) endpoint() *transport.Endpoint {
	host := a.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	port, _ := net.LookupPort("tcp", a.port) // 0 where none is given: the scheme's own
	return &transport.Endpoint{Protocol: a.scheme, Host: host, Port: port, Path: a.path}
}
