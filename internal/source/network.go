package source

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/net/proxy"
)

// Network is how a remote is reached. Its zero value asks the environment:
// HTTPS_PROXY, HTTP_PROXY and NO_PROXY for http, ALL_PROXY for ssh and git.
type Network struct {
	// CAFile is the absolute path of a PEM file. As with git's http.sslCAInfo, its
	// authorities are trusted instead of this machine's.
	CAFile string
	// Proxy is http://, https:// or socks5://, without credentials; ssh and git go over socks5 only.
	Proxy         string
	ProxyUsername string
	ProxyPassword Secret
	// FollowRedirects says that an http server may send us to another host.
	FollowRedirects bool
}

func (n Network) check(at address) error {
	if n.FollowRedirects && at.scheme != "https" && at.scheme != "http" {
		return &ConfigError{Field: "redirects", Text: "it is for http and https urls", hint: "remove it"}
	}
	if n.CAFile != "" {
		switch {
		case at.scheme != "https":
			return &ConfigError{Field: "ca_file", Text: "it is for https urls", hint: "remove it"}
		case !filepath.IsAbs(n.CAFile):
			return &ConfigError{Field: "ca_file", Text: "it is not an absolute path", hint: "write it as /etc/computesync/ca.pem"}
		}
	}
	return n.checkProxy(at)
}

func badProxy(text, hint string) error {
	return &ConfigError{Field: "proxy", Text: text, hint: hint}
}

// checkProxy never puts the url into an error's text: what is wrong with it may be a password.
func (n Network) checkProxy(at address) error {
	if n.Proxy == "" {
		if n.ProxyUsername != "" || n.ProxyPassword != nil {
			return badProxy("proxy_username and proxy_password are given without it", "add the proxy's url")
		}
		return nil
	}
	u, err := url.Parse(n.Proxy)
	switch {
	case at.scheme == "file":
		return badProxy("a path needs none", "remove it")
	case err != nil || u.Hostname() == "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "":
		return badProxy("its url is not valid", "write it as http://host:port")
	case u.User != nil:
		return badProxy("credentials must not stand in its url", "give proxy_username, and proxy_password by reference to a secret")
	case !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme):
		return badProxy("its scheme is not supported", "use http, https or socks5")
	case u.Scheme != "socks5" && (at.scheme == "ssh" || at.scheme == "git"):
		return badProxy(at.scheme+" goes through a socks5 proxy only", "use socks5://host:port, or an https:// url for the repository")
	case (n.ProxyUsername == "") != (n.ProxyPassword == nil):
		return badProxy("proxy_username and proxy_password go together", "give both or neither")
	}
	return nil
}

// transport is a pool of connections for one fetch.
func (n Network) transport(ctx context.Context, w *wire) (*http.Transport, error) {
	pool := http.DefaultTransport.(*http.Transport).Clone()
	pool.OnProxyConnectResponse = func(_ context.Context, _ *url.URL, _ *http.Request, res *http.Response) error {
		if res.StatusCode == http.StatusProxyAuthRequired {
			return proxyRefused(res.Status)
		}
		return nil
	}
	if n.Proxy != "" {
		u, err := n.proxyURL(ctx, w)
		if err != nil {
			return nil, err
		}
		pool.Proxy = http.ProxyURL(u)
	}
	if n.CAFile != "" {
		roots, err := n.roots()
		if err != nil {
			return nil, err
		}
		pool.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	return pool, nil
}

func proxyRefused(status string) *Error {
	e := problem(AuthRefused, "the proxy answered "+status)
	e.hint = "check proxy_username and proxy_password of the source"
	return e
}

func (n Network) proxyURL(ctx context.Context, w *wire) (*url.URL, error) {
	u, err := url.Parse(n.Proxy)
	if err != nil {
		return nil, err
	}
	if n.ProxyPassword != nil {
		password, err := w.resolve(ctx, "proxy_password", n.ProxyPassword)
		if err != nil {
			return nil, err
		}
		login{n.ProxyUsername, password}.header(w) // as the proxy is sent it
		u.User = url.UserPassword(n.ProxyUsername, password.Reveal())
	}
	return u, nil
}

// roots are the authorities in CAFile.
func (n Network) roots() (*x509.CertPool, error) {
	bad := func(text string) error {
		return &ConfigError{Field: "ca_file", Text: text, hint: "give the authority's certificates in PEM, readable for this process"}
	}
	data, err := os.ReadFile(n.CAFile)
	if err != nil {
		return nil, bad(n.CAFile + ": " + cause(err).Error())
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(data) {
		return nil, bad(n.CAFile + " holds no certificate")
	}
	return roots, nil
}

// dial connects for ssh and git.
func (n Network) dial(ctx context.Context, w *wire, address string) (net.Conn, error) {
	if n.Proxy == "" {
		return proxy.Dial(ctx, "tcp", address)
	}
	u, err := n.proxyURL(ctx, w)
	if err != nil {
		return nil, err
	}
	dialer, err := proxy.FromURL(u, proxy.Direct)
	if err != nil {
		return nil, err
	}
	return dialer.(proxy.ContextDialer).DialContext(ctx, "tcp", address)
}
