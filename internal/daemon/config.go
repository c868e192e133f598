package daemon

import (
	"fmt"
	"path/filepath"
	"slices"
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
	r.keys(root, map[string]func(*strictyaml.Node){
		"sources": func(n *strictyaml.Node) { r.sources(n, c) },
		"azure": func(n *strictyaml.Node) {
			r.keys(n, map[string]func(*strictyaml.Node){
				"cloud":    r.word(&c.Azure.Cloud, "public", "usgov", "china"),
				"endpoint": r.text(&c.Azure.Endpoint), "api_version": r.text(&c.Azure.APIVersion),
				"credential": r.word(&c.Azure.Credential, "default", "managed_identity", "workload_identity", "client_secret", "client_certificate", "cli", "none"),
				"tenant_id":  r.text(&c.Azure.TenantID), "client_id": r.text(&c.Azure.ClientID),
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
		"state_dir": func(n *strictyaml.Node) {
			r.text(&c.StateDir)(n)
			if !filepath.IsAbs(c.StateDir) {
				r.add(n, "state_dir must be an absolute path")
			}
		},
		"log": func(n *strictyaml.Node) {
			r.keys(n, map[string]func(*strictyaml.Node){
				"level": r.word(&c.LogLevel, "debug", "info", "warn", "error"), "format": r.word(&c.LogFormat, "json", "console"),
			})
		},
	})
	if len(c.Sources) == 0 && root.Get("sources").IsNull() {
		r.errs = append(r.errs, file.Errorf(root.Pos, "sources is missing").WithHint("add sources: [{url: …}]"))
	}
	return c, r.errs.Sorted()
}

// configReader collects what is wrong with a configuration.
type configReader struct {
	file *strictyaml.File
	errs strictyaml.Errors
}

func (r *configReader) add(n *strictyaml.Node, format string, args ...any) *strictyaml.Error {
	e := r.file.Errorf(n.Pos, format, args...)
	r.errs = append(r.errs, e)
	return e
}

// keys reads a map by a table of what each key takes.
func (r *configReader) keys(n *strictyaml.Node, table map[string]func(*strictyaml.Node)) {
	if n.IsNull() {
		return
	}
	if n.Kind != strictyaml.Map {
		r.file.Mask(n)
		r.errs = append(r.errs, r.file.Mismatch(n, strictyaml.WantMap))
		return
	}
	for i := range n.Entries {
		e := &n.Entries[i]
		if read := table[e.Key]; read != nil {
			read(e.Value)
			continue
		}
		r.file.Mask(e.Value)
		err := r.file.Errorf(e.KeyPos, "unknown key %q", e.Key)
		known := make([]string, 0, len(table))
		for k := range table {
			known = append(known, k)
		}
		slices.Sort(known)
		if near := strictyaml.Suggest(e.Key, known); near != "" {
			err.Hint = "did you mean " + near + "?"
		} else {
			err.Hint = "known keys: " + strings.Join(known, ", ")
		}
		r.errs = append(r.errs, err)
	}
}

func (r *configReader) text(to *string) func(*strictyaml.Node) {
	return func(n *strictyaml.Node) {
		s, ok := n.Text()
		if !ok {
			r.errs = append(r.errs, r.file.Mismatch(n, strictyaml.WantString))
			return
		}
		*to = s
	}
}

func (r *configReader) word(to *string, words ...string) func(*strictyaml.Node) {
	return func(n *strictyaml.Node) {
		s, _ := n.Text()
		if !slices.Contains(words, s) {
			r.add(n, "expected one of %s", strings.Join(words, ", ")).Hint = didYouMean(s, words)
			return
		}
		*to = s
	}
}

func didYouMean(s string, words []string) string {
	if near := strictyaml.Suggest(s, words); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

func (r *configReader) duration(to *time.Duration, least time.Duration) func(*strictyaml.Node) {
	return func(n *strictyaml.Node) {
		s, _ := n.Text()
		d, err := time.ParseDuration(s)
		switch {
		case err != nil:
			r.add(n, "expected a duration such as 30s or 10m")
		case d < least:
			r.add(n, "must be at least %s", least)
		default:
			*to = d
		}
	}
}

func (r *configReader) number(to *int, least, most int64) func(*strictyaml.Node) {
	return func(n *strictyaml.Node) {
		i, ok := n.Int()
		switch {
		case !ok:
			r.errs = append(r.errs, r.file.Mismatch(n, strictyaml.WantInt))
		case i < least || i > most:
			r.add(n, "must be between %d and %d", least, most)
		default:
			*to = int(i)
		}
	}
}

func (r *configReader) allow(n *strictyaml.Node, c *Config) {
	c.Allow = []string{}
	if n.Kind != strictyaml.List {
		r.errs = append(r.errs, r.file.Mismatch(n, strictyaml.WantList))
		return
	}
	for _, item := range n.Items {
		glob, _ := item.Text()
		if _, err := secret.ParsePolicy([]string{glob}); err != nil {
			r.add(item, "%v", err)
			continue
		}
		c.Allow = append(c.Allow, glob)
	}
}

func (r *configReader) sources(n *strictyaml.Node, c *Config) {
	if n.Kind != strictyaml.List {
		r.errs = append(r.errs, r.file.Mismatch(n, strictyaml.WantList))
		return
	}
	for _, item := range n.Items {
		s := SourceConfig{Interval: time.Minute, Secrets: map[string]secret.Ref{}}
		r.keys(item, map[string]func(*strictyaml.Node){
			"url": r.text(&s.URL), "branch": r.text(&s.Branch), "path": r.text(&s.Path),
			"interval": r.duration(&s.Interval, time.Second),
			"auth":     func(n *strictyaml.Node) { r.auth(n, &s) },
		})
		if s.URL == "" {
			r.add(item, "url is missing")
		}
		c.Sources = append(c.Sources, s)
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
				r.add(n, "%s: %v", key, err).Hint = "write a reference such as secret://credential/git-token"
				return
			}
			s.Secrets[key] = ref
		}
	}
	r.keys(n, table)
}

// String names a source for logs.
func (s SourceConfig) String() string {
	if s.Path == "" {
		return s.URL
	}
	return fmt.Sprintf("%s//%s", s.URL, s.Path)
}
