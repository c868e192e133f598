package source

import (
	"net"
	"net/url"
	"path/filepath"
	"strings"
)

// address is where a source is. Its text holds no credential.
type address struct {
	text       string // as configured
	scheme     string // file, http, https, ssh or git
	user       string // ssh only
	host, port string
	path       string // for http escaped, as in the url
}

func badURL(text, hint string) error { return &ConfigError{Field: "url", Text: text, hint: hint} }

// parseAddress never puts the url into an error's text: what is wrong with it may be a password.
func parseAddress(text string) (address, error) {
	if text == "" {
		return address{}, badURL("it is missing", "give the repository's url, or a path")
	}
	if strings.Contains(text, "://") {
		return parseURL(text)
	}
	first, rest, isSCP := strings.Cut(text, ":")
	if isSCP && !strings.Contains(first, "/") {
		return parseSCP(text, first, rest)
	}
	dir, err := filepath.Abs(text)
	if err != nil {
		return address{}, badURL("its absolute path cannot be found", "give an absolute path")
	}
	return address{text: text, scheme: "file", path: dir}, nil
}

// parseSCP reads user@host:path, the short form of ssh://.
func parseSCP(text, first, path string) (address, error) {
	user, host, hasUser := strings.Cut(first, "@")
	if !hasUser {
		user, host = "", first
	}
	beforeSlash, _, _ := strings.Cut(path, "/")
	switch {
	case strings.Contains(beforeSlash, "@"):
		return address{}, errCredentials
	case host == "" || path == "" || strings.HasPrefix(host, "-"):
		return address{}, badURL("it is neither a url, nor user@host:path, nor a path", "begin a path that holds a colon with ./")
	}
	return address{text: text, scheme: "ssh", user: user, host: host, path: path}, nil
}

var errCredentials = badURL("credentials must not stand in it", "remove them from the url, and give them as auth, by reference to a secret")

func parseURL(text string) (address, error) {
	u, err := url.Parse(text)
	if err != nil {
		return address{}, badURL("it is not a valid url", "write it as https://host/path")
	}
	at := address{text: text, scheme: u.Scheme, host: u.Hostname(), port: u.Port(), path: u.Path}
	_, hasPassword := u.User.Password()
	switch {
	case hasPassword || u.User != nil && u.Scheme != "ssh":
		return address{}, errCredentials
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return address{}, badURL("it has a query or a fragment", "end it with the repository's path")
	}
	switch u.Scheme {
	case "file":
		if u.Host != "" && u.Host != "localhost" {
			return address{}, badURL("a file url names another host", "write file:///path")
		}
		at.path = filepath.Clean(u.Path)
		return at, nil
	case "http", "https":
		at.path = u.EscapedPath()
	case "ssh":
		at.user = u.User.Username()
	case "git":
	default:
		return address{}, badURL("its scheme is not supported", "use https, http, ssh, git or file")
	}
	if at.host == "" || strings.Trim(at.path, "/") == "" {
		return address{}, badURL("it names no host or no repository", "write it as "+u.Scheme+"://host/path")
	}
	return at, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
