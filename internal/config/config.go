// Package config is the daemon's configuration file. Each part of it is one
// file here: the struct that the daemon reads, and the table of its keys, which
// the parser, the defaults, the JSON Schema and the reference page read.
package config

import (
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/computesync/computesync/internal/policy"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/strictyaml"
)

// Config is what the file says, with defaults where it is silent.
type Config struct {
	Sources   []Source
	Azure     Azure
	Secrets   Secrets
	Reconcile Reconcile
	Windows   []Window
	Approval  Approval
	StateDir  string
	State     State
	Listen    string // "": nowhere
	HTTP      HTTP
	Webhooks  Webhooks
	Log       Log
	Policy    policy.Policy // guard rails for all workspaces
}

// keys is the whole table: one line per part of the file.
var keys = slices.Concat(sourcesKeys, azureKeys, secretsKeys, reconcileKeys, steerKeys, stateKeys, listenKeys, webhookKeys, logKeys, policyKeys)

// Parse reads a configuration file. All that is wrong comes at once; what is
// returned with errors is of no use.
func Parse(name string, data []byte) (*Config, strictyaml.Errors) {
	c := &Config{}
	file, errs := strictyaml.Parse(name, data)
	r := &reader{file: file, errs: errs}
	switch {
	case len(file.Docs) == 1:
		r.top(file.Docs[0].Root, c)
	case len(errs) == 0:
		r.errs = append(r.errs, file.Errorf(strictyaml.Pos{File: name, Line: 1, Col: 1}, "the configuration must be one map").
			WithHint("it needs at least sources, with the url of a repository"))
	}
	return c, r.errs.Sorted()
}

// Azure says which Azure to speak to, and as whom.
type Azure struct {
	Cloud, Endpoint, APIVersion, Credential, TenantID, ClientID string
}

const apiVersion = `^\d{4}-\d{2}-\d{2}(-preview)?$`

var isAPIVersion = regexp.MustCompile(apiVersion).MatchString

var azureKeys = []Key{
	{Name: "azure.cloud", Type: Word, Default: "public", Words: []string{"public", "usgov", "china"}, Doc: "The Azure cloud."},
	{Name: "azure.endpoint", Type: Text, Doc: "The URL of a simulator, or of another Resource Manager than the cloud's."},
	{
		Name: "azure.api_version", Type: Text, Doc: "The API version of Azure ML, where it must be another than the one this version was built for.",
		Check: must(isAPIVersion, "api_version must be a date such as 2025-12-01"), Pattern: apiVersion,
	},
	{
		Name: "azure.credential", Type: Word, Default: "default", Doc: "How the daemon signs in.",
		Words: []string{"default", "managed_identity", "workload_identity", "client_secret", "client_certificate", "cli", "none"},
	},
	{Name: "azure.tenant_id", Type: Text, Doc: "The tenant to sign in to; else the environment's `AZURE_TENANT_ID`."},
	{Name: "azure.client_id", Type: Text, Doc: "The application or the managed identity to sign in as; else the environment's `AZURE_CLIENT_ID`."},
}

// Reconcile says how passes run.
type Reconcile struct {
	DriftInterval    time.Duration // how often actual is looked at without a new commit
	OperationTimeout time.Duration
	Parallelism      int // requests in flight
}

var reconcileKeys = []Key{
	{Name: "reconcile.drift_interval", Type: Duration, Default: "10m", Min: int64(time.Second), Doc: "How often workspaces are looked at without a new commit."},
	{Name: "reconcile.operation_timeout", Type: Duration, Default: "1h", Min: int64(time.Minute), Doc: "How long one operation of Azure may take."},
	{Name: "reconcile.parallelism", Type: Int, Default: "50", Min: 1, Max: 1000, Doc: "Requests in flight."},
}

// State says how the journal is protected.
type State struct {
	Key string // a path, a reference, or none; "": the file key in the state folder
}

var stateKeys = []Key{
	{
		Name: "state_dir", Type: Text, Default: "/var/lib/computesync", Check: must(filepath.IsAbs, "state_dir must be an absolute path"), Pattern: "^/",
		Doc: "The folder of the journal: outside of any git work tree, and written by nobody else. It cannot change while the daemon runs.",
	},
	{
		Name: "state.key", Type: Text, Check: checkStateKey, Own: true, Hide: true, Pattern: "^(none|/.*|secret://(env|file|credential)/.+)$",
		Doc: "The key of the journal: a file, which is made where it is missing, a reference to a secret of 64 hexadecimal digits, or `none`. " +
			"Without the key the file `key` in the state folder. [What it is for](security.md#state). It cannot change while the daemon runs.",
	},
}

func checkStateKey(text string) (problem, hint string) {
	ref, err := secret.ParseRef(text)
	if text == "none" || filepath.IsAbs(text) || err == nil && ref.Scheme != secret.KeyVaults {
		return "", ""
	}
	return "state.key must be an absolute path, a reference to a secret, or none", "write a reference such as secret://credential/state-key; one to a key vault cannot be"
}

// Log says what is logged, and how.
type Log struct {
	Level  string // debug, info, warn or error
	Format string // json or console
}

var logKeys = []Key{
	{Name: "log.level", Type: Word, Default: "info", Words: []string{"debug", "info", "warn", "error"}, Doc: "What is logged. Read at start only; `--log-level` goes before it."},
	{Name: "log.format", Type: Word, Default: "json", Words: []string{"json", "console"}, Doc: "How a line is written. Read at start only."},
}

// must is a check of a form that needs no hint.
func must(ok func(string) bool, problem string) func(string) (string, string) {
	return func(text string) (string, string) {
		if ok(text) {
			return "", ""
		}
		return problem, ""
	}
}
