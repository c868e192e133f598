package status

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// names are what requests may call this server. A page on the web can have its own name resolve to 127.0.0.1 and then
// read what is served there (DNS rebinding); its requests carry its name.
type names map[string]bool

func (c *Config) names() names {
	n := names{"localhost": true}
	if host, _, err := net.SplitHostPort(c.Listen); err == nil {
		n[strings.ToLower(host)] = true
	}
	for _, host := range c.Hosts {
		n[strings.ToLower(host)] = true
	}
	return n
}

// admit takes addresses, which nothing rebinds, and requests without a name, which no browser sends.
func (n names) admit(r *http.Request) bool {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	_, err := netip.ParseAddr(host)
	return host == "" || err == nil || n[host]
}

func (n names) before(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.admit(r) {
			h.ServeHTTP(w, r)
			return
		}
		say(w, http.StatusMisdirectedRequest, "the Host of this request is not a name of this server: add it to http.hosts")
	})
}
