package config

import (
	"path/filepath"
	"regexp"
	"strings"

	"github.com/computesync/computesync/internal/secret"
)

// HTTP says who may see how the daemon is.
type HTTP struct {
	Token            secret.Ref
	Certificate, Key string // PEM files
	Open             bool
	Hosts            []string
}

var listenKeys = []Key{
	{
		Name: "listen", Type: Text, Default: "127.0.0.1:8337", Check: checkListen,
		Doc: "Where health, metrics and the JSON API are told over HTTP, as `host:port`; `\"\"` turns it off. An address that other machines reach needs `http.token` or `http.open`.",
	},
	{Name: "http.token", Type: Secret, Doc: "What `/metrics` and `/api` want as a bearer token, and the probes to say why."},
	{Name: "http.certificate", Type: Text, Doc: "A file with the certificate and those it rests on, in PEM: then TLS is spoken. It is read again when it changes.", Own: true, Check: checkFile, Pattern: "^/"},
	{Name: "http.key", Type: Text, Doc: "The file with the certificate's key, in PEM.", Own: true, Check: checkFile, Pattern: "^/"},
	{
		Name: "http.hosts", Type: Texts, Check: checkHost, Pattern: hostPattern,
		Doc: "Names by which others reach the address, as in the URLs of webhooks and of Prometheus: a request to another name is refused. `localhost`, every IP address and the host of `listen` need no entry.",
	},
	{Name: "http.open", Type: Switch, Doc: "Lets everybody who reaches the address see how the workspaces stand, without a token."},
}

func checkListen(text string) (problem, hint string) {
	if _, port, ok := strings.Cut(text[strings.LastIndexByte(text, ']')+1:], ":"); text != "" && (!ok || port == "") {
		return "listen must be host:port", "write it as 127.0.0.1:8337"
	}
	return "", ""
}

const hostPattern = `^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$`

var hostName = regexp.MustCompile(hostPattern)

func checkHost(text string) (problem, hint string) {
	if !hostName.MatchString(text) {
		return "a host must be a name alone", "write it as computesync.example.com, without scheme, port and path"
	}
	return "", ""
}

func checkFile(text string) (problem, hint string) {
	if !filepath.IsAbs(text) {
		return "the file must have an absolute path", ""
	}
	return "", ""
}
