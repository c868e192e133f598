package source

import (
	"context"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
)

// openHTTP starts a conversation over http or https, with a client of its own. go-git
// follows redirects of the first request only, and never from https to http; guard
// refuses those to another host.
func (r *remote) openHTTP(ctx context.Context, wire *wire) (session, error) {
	pool, err := r.network.transport(ctx, wire)
	if err != nil {
		return nil, err
	}
	guard := &guard{next: pool, wire: wire, home: r.at, follow: r.network.FollowRedirects}
	if r.credential != nil {
		l, err := r.credential.login(ctx, wire, pool)
		if err != nil {
			pool.CloseIdleConnections()
			return nil, err
		}
		guard.authorization = l.header(wire)
	}
	s, err := githttp.NewClient(&http.Client{Transport: guard}).NewUploadPackSession(r.at.endpoint(), nil)
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

// guard looks at each request and answer between go-git and the network: it lets
// us in at home and nowhere a redirect leads to, bounds an answer's length, and
// says what a refusal means, where go-git would quote the whole page.
type guard struct {
	next          http.RoundTripper
	wire          *wire
	home          address
	follow        bool   // redirects to another host
	authorization string // "" for none
}

func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if g.authorization != "" && g.home.isOrigin(req.URL) {
		req = req.Clone(req.Context())
		req.Header.Set("Authorization", g.authorization)
	}
	if !g.home.isHost(req.URL) {
		if !g.follow {
			g.wire.err = redirected(req.URL.Host)
			return nil, g.wire.err
		}
		g.wire.foreign = req.URL.Host
	}
	res, err := g.next.RoundTrip(req)
	if err != nil {
		g.wire.err = err // go-git wraps it in an error that does not unwrap
		return nil, err
	}
	if err := g.judge(req, res); err != nil {
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

func (g *guard) judge(req *http.Request, res *http.Response) error {
	code := res.StatusCode
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case code >= 300 && code < 400:
		return nil
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusNonAuthoritativeInfo:
		// 203 is the sign-in page of Azure DevOps.
		return g.refused(res, kind)
	case code == http.StatusProxyAuthRequired:
		return proxyRefused(res.Status)
	case code == http.StatusNotFound || code == http.StatusGone:
		return problem(NotFound, "the server answered "+res.Status)
	case code == http.StatusTooManyRequests || code >= 500:
		return problem(Unreachable, "the server answered "+res.Status)
	case code >= 400:
		return problem(Broken, "the server answered "+res.Status)
	case kind == "text/html" && req.Response != nil:
		return problem(AuthRefused, "the server sent us to a page for people, at "+req.URL.Host)
	case !strings.HasPrefix(kind, "application/x-git-"):
		return problem(Broken, "the server answered with "+kindText(kind)+", not with git's protocol")
	}
	return nil
}

// redirected refuses to go on at another host: a server that is trusted with specs is
// not trusted with what this machine can reach.
func redirected(host string) *Error {
	e := problem(Redirected, host)
	e.hint = "if the repository has moved, correct url; otherwise check auth, since some servers redirect to a sign-in page. " +
		"redirects: follow of the source allows it"
	return e
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
	if g.authorization == "" {
		e.hint = "the repository is not public, or does not exist: set auth in the source's configuration"
	}
	return e
}

// isOrigin says whether a request goes to the server of this address: by the same
// scheme, to the same host and port.
func (a address) isOrigin(u *url.URL) bool {
	usual := map[string]string{"http": "80", "https": "443"}[a.scheme]
	to := address{host: strings.ToLower(u.Hostname()), port: u.Port()}
	home := address{host: strings.ToLower(a.host), port: a.port}
	return u.Scheme == a.scheme && to.hostPort(usual) == home.hostPort(usual)
}

// isHost says whether a request goes to the server of this address, or to the same host by https instead of http.
func (a address) isHost(u *url.URL) bool {
	upgraded := a.scheme == "http" && a.port == "" && u.Scheme == "https" && u.Port() == ""
	return a.isOrigin(u) || upgraded && strings.EqualFold(u.Hostname(), a.host)
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
