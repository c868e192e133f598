package daemon

import (
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/strictyaml"
)

// Config is the daemon's configuration file. Every key has a good default but
// sources.
type Config struct {
	Sources   []SourceConfig
	Azure     AzureConfig
	Allow     []string // secrets.allow: what references in specs may name; nil: the default policy
	Reconcile ReconcileConfig
	StateDir  string
	LogLevel  string // debug, info, warn or error
	LogFormat string // json or console
}

// SourceConfig is one entry of sources.
type SourceConfig struct {
	URL, Branch, Path string
	Interval          time.Duration
	Username          string
	KnownHosts        string
	Secrets           map[string]secret.Ref // token, password, ssh_key, passphrase
}

// AzureConfig says which Azure to speak to, and as whom.
type AzureConfig struct {
	Cloud, Endpoint, APIVersion, Credential, TenantID, ClientID string
}

// ReconcileConfig says how passes run.
type ReconcileConfig struct {
	DriftInterval    time.Duration // how often actual is looked at without a new commit
	OperationTimeout time.Duration
	Parallelism      int // requests in flight
}

var isAPIVersion = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}(-preview)?$`).MatchString

// ParseConfig reads a configuration file. All that is wrong comes at once.
func ParseConfig(name string, data []byte) (*Config, strictyaml.Errors) {
	c := &Config{
		Azure:     AzureConfig{Cloud: "public", Credential: "default"},
		Reconcile: ReconcileConfig{DriftInterval: 10 * time.Minute, OperationTimeout: time.Hour, Parallelism: 50},
		StateDir:  "/var/lib/computesync", LogLevel: "info", LogFormat: "json",
	}
	file, errs := strictyaml.Parse(name, data)
	r := &configReader{file: file, errs: errs}
	if len(file.Docs) != 1 {
		if len(errs) == 0 {
			r.errs = append(r.errs, file.Errorf(strictyaml.Pos{File: name, Line: 1, Col: 1}, "the configuration must be one map").
				WithHint("it needs at least sources, with the url of a repository"))
		}
		return c, r.errs.Sorted()
	}
	root := file.Docs[0].Root
	if root.Kind != strictyaml.Map {
		return c, append(r.errs, file.Mismatch(root, strictyaml.WantMap)).Sorted()
	}
	r.keys(root, map[string]func(*strictyaml.Node){
		"sources": func(n *strictyaml.Node) { r.sources(n, c) },
		"azure": func(n *strictyaml.Node) {
			r.keys(n, map[string]func(*strictyaml.Node){
				"cloud":       r.word(&c.Azure.Cloud, "public", "usgov", "china"),
				"endpoint":    r.text(&c.Azure.Endpoint),
				"api_version": r.textLike(&c.Azure.APIVersion, isAPIVersion, "api_version must be a date such as 2025-12-01"),
				"credential":  r.word(&c.Azure.Credential, "default", "managed_identity", "workload_identity", "client_secret", "client_certificate", "cli", "none"),
				"tenant_id":   r.text(&c.Azure.TenantID), "client_id": r.text(&c.Azure.ClientID),
			})
		},
		"secrets": func(n *strictyaml.Node) {
			r.keys(n, map[string]func(*strictyaml.Node){"allow": func(n *strictyaml.Node) { r.allow(n, c) }})
		},
		"reconcile": func(n *strictyaml.Node) {
			r.keys(n, map[string]func(*strictyaml.Node){
				"drift_interval":    r.duration(&c.Reconcile.DriftInterval, time.Second),
				"operation_timeout": r.duration(&c.Reconcile.OperationTimeout, time.Minute),
				"parallelism":       r.number(&c.Reconcile.Parallelism, 1, 1000),
			})
		},
		"state_dir": r.textLike(&c.StateDir, filepath.IsAbs, "state_dir must be an absolute path"),
		"log": func(n *strictyaml.Node) {
			r.keys(n, map[string]func(*strictyaml.Node){
				"level": r.word(&c.LogLevel, "debug", "info", "warn", "error"), "format": r.word(&c.LogFormat, "json", "console"),
			})
		},
	})
	if root.Get("sources") == nil {
		r.errs = append(r.errs, file.Errorf(root.Pos, "sources is missing").WithHint("add sources: [{url: …}]"))
	}
	return c, r.errs.Sorted()
}

func (r *configReader) allow(n *strictyaml.Node, c *Config) {
	c.Allow = []string{}
	for _, item := range r.list(n) {
		glob, _ := item.Text()
		if _, err := secret.ParsePolicy([]string{glob}); err != nil {
			r.add(item, "write a glob such as secret://credential/*", "%v", err)
			continue
		}
		c.Allow = append(c.Allow, glob)
	}
}

func (r *configReader) sources(n *strictyaml.Node, c *Config) {
	if n.Kind == strictyaml.List && len(n.Items) == 0 {
		r.add(n, "add {url: …}", "sources is empty")
	}
	lines := map[string]int{} // by name
	for _, item := range r.list(n) {
		if item.Kind != strictyaml.Map {
			r.errs = append(r.errs, r.file.Mismatch(item, strictyaml.WantMap).WithHint("write {url: …}"))
			continue
		}
		s := SourceConfig{Interval: time.Minute, Secrets: map[string]secret.Ref{}}
		r.keys(item, map[string]func(*strictyaml.Node){
			"url": func(n *strictyaml.Node) { r.url(n, &s) }, "branch": r.text(&s.Branch), "path": r.text(&s.Path),
			"interval": r.duration(&s.Interval, time.Second),
			"auth":     func(n *strictyaml.Node) { r.auth(n, &s) },
		})
		if item.Get("url") == nil {
			r.add(item, "state the url of a repository, or a path", "url is missing")
		}
		if line := lines[s.String()]; line > 0 {
			r.add(item, "keep one of them", "the same source stands at line %d already", line)
		}
		lines[s.String()] = item.Pos.Line
		c.Sources = append(c.Sources, s)
	}
}

// url refuses credentials before anything can print them.
func (r *configReader) url(n *strictyaml.Node, s *SourceConfig) {
	if text, _ := n.Text(); strings.Contains(text, "://") {
		u, err := url.Parse(text)
		if err != nil {
			r.file.Mask(n)
			r.add(n, "write it as https://host/path", "url is not valid")
			return
		}
		if _, password := u.User.Password(); password || u.User != nil && u.Scheme != "ssh" {
			r.file.Mask(n)
			r.add(n, "give them as auth, by reference to a secret", "credentials must not stand in the url")
			return
		}
	}
	if r.text(&s.URL)(n); s.URL == "" && !n.IsNull() {
		r.add(n, "state the url of a repository, or a path", "url is empty")
	}
}

func (r *configReader) auth(n *strictyaml.Node, s *SourceConfig) {
	table := map[string]func(*strictyaml.Node){"username": r.text(&s.Username), "known_hosts": r.text(&s.KnownHosts)}
	for _, key := range []string{"token", "password", "ssh_key", "passphrase"} {
		table[key] = func(n *strictyaml.Node) {
			text, _ := n.Text()
			ref, err := secret.ParseRef(text)
			if err != nil {
				r.file.Mask(n)
				r.add(n, "write a reference such as secret://credential/git-token", "%s: %v", key, err)
				return
			}
			s.Secrets[key] = ref
		}
	}
	r.keys(n, table)
}

// String names a source for logs and for the journal: no two sources of a
// configuration have one name.
func (s SourceConfig) String() string {
	name := s.URL
	if s.Path != "" {
		name += "//" + s.Path
	}
	if s.Branch != "" {
		name += "?ref=" + s.Branch
	}
	return name
}
