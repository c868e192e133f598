package source

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAddresses(t *testing.T) {
	here, err := filepath.Abs("fleet")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]address{
		"https://github.com/acme/fleet.git":             {scheme: "https", host: "github.com", path: "/acme/fleet.git"},
		"https://dev.azure.com/acme/My%20ML/_git/fleet": {scheme: "https", host: "dev.azure.com", path: "/acme/My%20ML/_git/fleet"},
		"http://[::1]:8080/fleet.git":                   {scheme: "http", host: "::1", port: "8080", path: "/fleet.git"},
		"ssh://git@host:2222/a%20b.git":                 {scheme: "ssh", user: "git", host: "host", port: "2222", path: "/a b.git"},
		"git@github.com:acme/fleet.git":                 {scheme: "ssh", user: "git", host: "github.com", path: "acme/fleet.git"},
		"host:/srv/a@b.git":                             {scheme: "ssh", host: "host", path: "/srv/a@b.git"},
		"git://host/fleet.git":                          {scheme: "git", host: "host", path: "/fleet.git"},
		"file:///srv/fleet.git/":                        {scheme: "file", path: "/srv/fleet.git"},
		"/srv/fleet":                                    {scheme: "file", path: "/srv/fleet"},
		"/srv/a:b":                                      {scheme: "file", path: "/srv/a:b"},
		"./fleet":                                       {scheme: "file", path: here},
		"fleet":                                         {scheme: "file", path: here},
	} {
		want.text = text
		got, err := parseAddress(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(address{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

// configured is what start-up says of a configuration.
func configured(t *testing.T, c Config) error {
	t.Helper()
	s, err := New(c)
	if err != nil {
		return err
	}
	return s.Check(t.Context())
}

func TestConfigErrors(t *testing.T) {
	const hidden = "s3cr3tvalue"
	value := fixed(hidden)
	hostKey := "host " + testHostKey(t)
	_, key := newKey(t)
	for name, test := range map[string]struct {
		config Config
		field  string
		words  string
	}{
		"no url":                  {Config{}, "url", "missing"},
		"password in url":         {Config{URL: "https://ada:" + hidden + "@host/x.git"}, "url", "credentials"},
		"token in url":            {Config{URL: "https://" + hidden + "@host/x.git"}, "url", "credentials"},
		"password in ssh url":     {Config{URL: "ssh://git:" + hidden + "@host/x.git"}, "url", "credentials"},
		"password in short form":  {Config{URL: "git:" + hidden + "@host:x.git"}, "url", "credentials"},
		"token in query":          {Config{URL: "https://host/x.git?token=" + hidden}, "url", "query"},
		"url that does not parse": {Config{URL: "https://ada:" + hidden + "@host:port/x.git"}, "url", "not a valid url"},
		"scheme":                  {Config{URL: "ftp://host/x.git"}, "url", "scheme"},
		"no repository":           {Config{URL: "https://host/"}, "url", "names no"},
		"no host":                 {Config{URL: "https:///x"}, "url", "names no"},
		"other host's file":       {Config{URL: "file://host/x"}, "url", "another host"},
		"option for ssh":          {Config{URL: "-oProxyCommand=x:y"}, "url", "neither"},
		"path up":                 {Config{URL: "/x", Path: "../y"}, "path", "relative"},
		"path up inside":          {Config{URL: "/x", Path: "a/../b"}, "path", "relative"},
		"absolute path":           {Config{URL: "/x", Path: "/y"}, "path", "relative"},
		"branch":                  {Config{URL: "/x", Branch: "a..b"}, "branch", "not a branch"},
		"full ref":                {Config{URL: "/x", Branch: "refs/tags/v1"}, "branch", "not a branch"},
		"interval":                {Config{URL: "/x", Interval: 1}, "interval", "under a second"},
		"negative timeout":        {Config{URL: "/x", Timeout: -1}, "timeout", "negative"},
		"auth for a path":         {Config{URL: "/x", Auth: Auth{Token: value}}, "auth", "take no credentials"},
		"auth for git":            {Config{URL: "git://host/x", Auth: Auth{Username: "a", Password: value}}, "auth", "take no credentials"},
		"plain http":              {Config{URL: "http://host/x", Auth: Auth{Token: value}}, "auth", "unencrypted"},
		"key for https":           {Config{URL: "https://host/x", Auth: Auth{SSHKey: value}}, "auth", "for ssh"},
		"token and password":      {Config{URL: "https://host/x", Auth: Auth{Token: value, Username: "a", Password: value}}, "auth", "both"},
		"password alone":          {Config{URL: "https://host/x", Auth: Auth{Password: value}}, "auth", "together"},
		"name alone":              {Config{URL: "https://host/x", Auth: Auth{Username: hidden}}, "auth", "together"},
		"token for ssh":           {Config{URL: "git@host:x", Auth: Auth{Token: value}}, "auth", "for http"},
		"ssh without key":         {Config{URL: "git@host:x"}, "auth", "needs either"},
		"ssh without known hosts": {Config{URL: "git@host:x", Auth: Auth{SSHKey: value}}, "auth", "needs known_hosts"},
		"no key":                  {Config{URL: "git@host:x", Auth: Auth{SSHKey: value, KnownHosts: hostKey}}, "auth", "cannot be read"},
		"hosts without ours":      {Config{URL: "git@other:x", Auth: Auth{SSHKey: fixed(key), KnownHosts: hostKey}}, "auth", "no key for other:22"},
		"hosts that are none":     {Config{URL: "git@host:x", Auth: Auth{SSHKey: fixed(key), KnownHosts: "host nonsense"}}, "auth", "known_hosts cannot be read"},
		"hosts file missing":      {Config{URL: "git@host:x", Auth: Auth{SSHKey: fixed(key), KnownHosts: "/nonexistent/hosts"}}, "auth", "known_hosts cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			err := configured(t, test.config)
			var e *ConfigError
			if !errors.As(err, &e) {
				t.Fatalf("error is %v", err)
			}
			if e.Field != test.field || !strings.Contains(e.Error(), test.words) {
				t.Errorf("error is %v", err)
			}
			if text := e.Error() + e.Hint(); strings.Contains(text, hidden) || strings.Contains(text, "/tmp") {
				t.Errorf("error tells too much: %s", text)
			}
		})
	}
}

func TestLockedSSHKey(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	s := f.ssh(t)
	s.userKey = s.locked(t, "open sesame")
	auth := Auth{SSHKey: fixed(s.userKey), Passphrase: fixed("open sesame"), KnownHosts: s.knownHosts()}
	fetch(t, open(t, Config{URL: s.url(), Auth: auth}))
	for passphrase, words := range map[string]string{"": "locked by a passphrase", "wrong": "cannot be read with this passphrase"} {
		auth.Passphrase = fixed(passphrase)
		if err := configured(t, Config{URL: s.url(), Auth: auth}); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("passphrase %q: %v", passphrase, err)
		}
	}
}
