package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/window"
)

const fullConfig = `# the daemon's file, with every key
sources:
  - url: https://github.com/acme/ml-fleet.git    # or ssh://, git://, or a path
    branch: main
    path: fleet
    interval: 1m
    auth: {token: secret://credential/git-token}
azure:
  cloud: public
  endpoint: ""
  api_version: "2025-12-01"
  credential: default
secrets: {allow: ["secret://credential/*"]}
reconcile:
  drift_interval: 10m
  operation_timeout: 60m
  parallelism: 50
state_dir: /var/lib/computesync
log: {level: info, format: json}
`

func TestParse(t *testing.T) {
	defaults := func(sources ...Source) *Config {
		return &Config{
			Sources: sources, Azure: Azure{Cloud: "public", Credential: "default"},
			Reconcile: Reconcile{DriftInterval: 10 * time.Minute, OperationTimeout: time.Hour, Parallelism: 50},
			StateDir:  "/var/lib/computesync", Listen: "127.0.0.1:8337", Log: Log{Level: "info", Format: "json"},
		}
	}
	full := defaults(Source{
		URL: "https://github.com/acme/ml-fleet.git", Branch: "main", Path: "fleet", Interval: time.Minute, MaxSize: 256 << 20, Redirects: "refuse",
		Auth: Auth{Token: secret.Ref{Scheme: secret.Credential, Name: "git-token"}},
	})
	full.Azure.APIVersion, full.Secrets.Allow = "2025-12-01", []Allowed{{Ref: "secret://credential/*"}}
	plain := Source{URL: "/srv/fleet", Interval: time.Minute, MaxSize: 256 << 20, Redirects: "refuse"}
	closed := defaults(plain)
	closed.Secrets.Allow = []Allowed{}
	bound := defaults(plain)
	bound.Secrets.Allow = []Allowed{{Ref: "secret://env/A"}, {Ref: "secret://file/mnt/*"}, {Ref: "secret://env/B"}}
	bound.Secrets.Allow[1].For.Workspaces, bound.Secrets.Allow[1].For.Kinds = []string{"s/rg/*"}, []string{"virtualmachine"}
	ssh := Source{
		URL: "git@git.example.com:ml/fleet.git", Interval: 90 * time.Second, MaxSize: 256 << 20, Redirects: "refuse", Auth: Auth{
			Username: "deploy", KnownHosts: "/etc/known_hosts",
			SSHKey: secret.Ref{Scheme: secret.File, Name: "/run/key"}, Passphrase: secret.Ref{Scheme: secret.Env, Name: "PASS"},
		},
	}
	other := defaults(plain, ssh)
	other.Azure = Azure{Cloud: "usgov", Endpoint: "http://127.0.0.1:8484", APIVersion: "2024-10-01", Credential: "client_secret", TenantID: "t", ClientID: "c"}
	other.Reconcile = Reconcile{DriftInterval: time.Second, OperationTimeout: time.Minute, Parallelism: 1}
	other.StateDir, other.Log = "/tmp/state", Log{"debug", "console"}
	for name, c := range map[string]struct {
		text string
		want *Config
	}{
		"every key":       {fullConfig, full},
		"only a source":   {"sources: [{url: /srv/fleet}]\n", defaults(plain)},
		"empty sections":  {"sources: [{url: /srv/fleet, auth: }]\nazure:\nlog: {}\n", defaults(plain)},
		"nothing allowed": {"sources: [{url: /srv/fleet}]\nsecrets: {allow: []}\n", closed},
		"bound secrets": {
			"sources: [{url: /srv/fleet}]\nsecrets:\n  allow:\n  - secret://env/A\n" +
				"  - {ref: secret://file/mnt/*, for: {workspaces: [s/rg/*], kinds: [virtualmachine]}}\n  - ref: secret://env/B\n", bound,
		},
		"other values": {"sources:\n- url: /srv/fleet\n- url: git@git.example.com:ml/fleet.git\n  interval: 1m30s\n" +
			"  auth: {username: deploy, ssh_key: secret://file/run/key, passphrase: secret://env/PASS, known_hosts: /etc/known_hosts}\n" +
			"azure: {cloud: usgov, endpoint: 'http://127.0.0.1:8484', api_version: 2024-10-01, credential: client_secret, tenant_id: t, client_id: c}\n" +
			"reconcile: {drift_interval: 1s, operation_timeout: 1m, parallelism: 1}\nstate_dir: /tmp/state\nlog: {level: debug, format: console}\n", other},
	} {
		t.Run(name, func(t *testing.T) {
			got, errs := Parse("config.yaml", []byte(c.text))
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRules(t *testing.T) {
	c, errs := Parse("config.yaml", []byte(`sources: [{url: /srv/fleet}]
windows:
  - {allow: "0 22 * * 1-5", duration: 6h, zone: Europe/Berlin}
  - {deny: "0 0 20 12 *", duration: 400h, actions: [destructive, update]}
approval: {actions: [delete], computes: ["gpu-*"]}
`))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	want := spec.Rules{
		Windows: window.Set{
			{Cron: "0 22 * * 1-5", Seconds: 6 * 3600, Zone: "Europe/Berlin"},
			{Deny: true, Cron: "0 0 20 12 *", Seconds: 400 * 3600, Zone: "UTC", Actions: []string{"destructive", "update"}},
		},
		Approval: &spec.Approval{Actions: []string{"delete"}, Computes: []string{"gpu-*"}},
	}
	if d := cmp.Diff(want, c.Rules()); d != "" {
		t.Error(d)
	}
	if c, _ := Parse("config.yaml", []byte("sources: [{url: /srv/fleet}]\n")); cmp.Diff(spec.Rules{}, c.Rules()) != "" {
		t.Errorf("without: %+v", c.Rules())
	}
}

func TestParseErrors(t *testing.T) {
	const ok = "sources: [{url: /srv/fleet}]\n"
	for name, c := range map[string]struct {
		text string
		want string // position: message | hint, one a line
	}{
		"empty":             {"", "1:1: the configuration must be one map | it needs at least sources, with the url of a repository"},
		"two documents":     {ok + "---\n" + ok, "1:1: the configuration must be one map | it needs at least sources, with the url of a repository"},
		"a list":            {"- url: x\n", "1:1: expected a map, found a list | "},
		"no sources":        {"log: {level: info}\n", "1:1: sources is missing | write sources: [{url: …}]"},
		"null sources":      {"sources:\n", "1:9: expected a list, found nothing | write sources: [{url: …}]"},
		"empty sources":     {"sources: []\n", "1:10: sources is empty | write sources: [{url: …}]"},
		"source without":    {"sources: [{branch: main}]\n", "1:11: url is missing | state the url of a repository, or a path"},
		"source as text":    {"sources: [/srv/fleet]\n", "1:11: expected a map, found a string | write sources: [{url: …}]"},
		"one source twice":  {"sources:\n- {url: /a, path: x}\n- {url: /a}\n- {url: /a, path: x}\n", "4:3: the same source stands at line 2 already | keep one of them"},
		"glob of a part":    {"sources: [{url: /a, workspaces: ['rg/*']}]\n", "1:34: \"rg/*\" is not subscription/group/workspace | "},
		"glob of nothing":   {"sources: [{url: /a, workspaces: ['s//w', 's/[/w']}]\n", "1:34: \"s//w\" is not subscription/group/workspace | \n1:42: \"s/[/w\" is not a glob | "},
		"no owner":          {"sources: [{url: /a, owners: ['', 'a/b']}]\n", "1:30: \"\" cannot be the name of an owner | \n1:34: \"a/b\" cannot be the name of an owner | "},
		"no port":           {ok + "listen: 127.0.0.1\n", "2:9: listen must be host:port | write it as 127.0.0.1:8337"},
		"relative key":      {ok + "http: {key: key.pem}\n", "2:13: the file must have an absolute path | "},
		"unknown key":       {ok + "port: 8337\n", `2:1: unknown key "port" | known keys: approval, azure, http, listen, log, policy, reconcile, secrets, sources, state, state_dir, webhooks, windows`},
		"misspelt":          {ok + "reconcile: {drift_intervall: 10m}\n", `2:13: unknown key "drift_intervall" | did you mean drift_interval?`},
		"twice":             {ok + "state_dir: /a\nstate_dir: /b\n", "3:1: key is already set at line 2, column 1 | keep one of them"},
		"no duration":       {ok + "reconcile: {drift_interval: 10}\n", "2:29: expected a duration such as 30s or 10m | "},
		"short duration":    {ok + "reconcile: {drift_interval: 10ms, operation_timeout: 1s}\n", "2:29: must be at least 1s | \n2:54: must be at least 1m0s | "},
		"negative duration": {ok + "reconcile: {drift_interval: -10m}\n", "2:29: must be at least 1s | "},
		"no number":         {ok + "reconcile: {parallelism: 1.5}\n", "2:26: expected a whole number, found a decimal number | "},
		"large number":      {ok + "reconcile: {parallelism: 5000}\n", "2:26: must be between 1 and 1000 | "},
		"relative state":    {ok + "state_dir: state\n", "2:12: state_dir must be an absolute path | "},
		"a literal key":     {ok + "state: {key: hunter2}\n", "2:14: state.key must be an absolute path, a reference to a secret, or none | write a reference such as secret://credential/state-key; one to a key vault cannot be"},
		"a key in a vault":  {ok + "state: {key: secret://keyvault/vault/name}\n", "2:14: state.key must be an absolute path, a reference to a secret, or none | write a reference such as secret://credential/state-key; one to a key vault cannot be"},
		"unknown word":      {ok + "azure: {cloud: usgovt}\n", "2:16: expected one of public, usgov, china | did you mean usgov?"},
		"map for a word":    {ok + "log: {level: {a: b}}\n", "2:14: expected one of debug, info, warn, error | "},
		"a date for text":   {ok + "azure: {api_version: [2025]}\n", "2:22: expected a string, found a list | "},
		"bad version":       {ok + "azure: {api_version: latest}\n", "2:22: api_version must be a date such as 2025-12-01 | "},
		"allow as text":     {ok + "secrets: {allow: 'secret://env/*'}\n", "2:18: expected a list, found a quoted string | "},
		"bad glob":          {ok + "secrets: {allow: ['env/*']}\n", "2:19: "},
		"bad glob in a map": {ok + "secrets: {allow: [{ref: 'env/*'}]}\n", "2:25: "},
		"allow of a list":   {ok + "secrets: {allow: [[a]]}\n", "2:19: expected a string, found a list | write a glob such as secret://credential/*"},
		"allow for what":    {ok + "secrets: {allow: [{for: {kinds: [virtualmachines], workspaces: [rg/*]}}]}\n", "2:19: ref is missing | write a glob such as secret://credential/*\n2:34: there is no such kind | did you mean virtualmachine?\n2:65: \"rg/*\" is not subscription/group/workspace | "},
		"literal token":     {"sources: [{url: 'https://h/r', auth: {token: ghp_0123456789}}]\n", "1:46: token: "},
		"password in url":   {"sources: [{url: 'https://u:ghp_0123456789@h/r', brnch: x}]\n", "1:17: credentials must not stand in the url | give them as auth, by reference to a secret\n1:49: unknown key \"brnch\" | did you mean branch?"},
		"token in url":      {"sources: [{url: 'https://ghp_0123456789@h/r'}]\n", "1:17: credentials must not stand in the url | give them as auth, by reference to a secret"},
		"unknown secret":    {"sources: [{url: 'https://h/r', auth: {tokn: ghp_0123456789}}]\n", "1:39: unknown key \"tokn\" | did you mean token?"},
		"syntax":            {"sources: [\n", "1:"},
		"window of neither": {ok + "windows: [{duration: 6h}]\n", "2:11: a window says either allow or deny | write allow: or deny: with a cron expression, such as \"0 22 * * 1-5\""},
		"window of both":    {ok + "windows: [{allow: '0 1 * * *', deny: '0 2 * * *', duration: 6h}]\n", "2:11: a window says either allow or deny | write allow: or deny: with a cron expression, such as \"0 22 * * 1-5\""},
		"long window":       {ok + "windows: [{allow: '0 1 * * *', duration: 745h}]\n", "2:11: a window lasts at most 744h | let it come back more often"},
		"short window":      {ok + "windows: [{allow: '0 1 * * *', duration: 1s}]\n", "2:42: must be at least 1m0s | write it as 90m or 6h"},
		"window, no cron":   {ok + "windows: [{allow: '0 25 * * *', duration: 1h, zone: Mars}]\n", "2:19: \"0 25 * * *\" is no cron expression | \n2:53: there is no zone \"Mars\" | "},
		"approval of what":  {ok + "approval: {}\n", "2:11: actions is missing | write actions: [destructive], or name them"},
		"approval of none":  {ok + "approval: {actions: []}\n", "2:21: approval.actions is empty | write actions: [destructive], or name them"},
		"no action":         {ok + "approval: {actions: [delete], computes: ['[']}\n", "2:42: it is not a glob | write one such as gpu-*"},
		"all at once": {
			"sources: [{url: /a, interval: soon}]\nazur: {}\nlog: {level: loud}\nstate_dir: x\n",
			"1:31: expected a duration such as 30s or 10m | \n2:1: unknown key \"azur\" | did you mean azure?\n" +
				"3:14: expected one of debug, info, warn, error | \n4:12: state_dir must be an absolute path | ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, errs := Parse("config.yaml", []byte(c.text))
			var got []string
			for _, e := range errs {
				got = append(got, fmt.Sprintf("%d:%d: %s | %s", e.Pos.Line, e.Pos.Col, e.Msg, e.Hint))
				if e.Pos.File != "config.yaml" {
					t.Errorf("got file %q", e.Pos.File)
				}
				if text := e.Error() + e.Hint + e.Excerpt(); strings.Contains(text, "ghp_0123456789") {
					t.Errorf("the error shows a secret: %s", text)
				}
			}
			all := strings.Join(got, "\n")
			if strings.HasSuffix(c.want, " ") || strings.HasSuffix(c.want, ":") { // a message of another package
				if !strings.HasPrefix(all, c.want) && !strings.HasPrefix(all+" ", c.want) || len(got) == 0 {
					t.Errorf("got %s", all)
				}
			} else if all != c.want {
				t.Errorf("got\n%s\nwant\n%s", all, c.want)
			}
		})
	}
}

// TestUngranted wants both lists of every source where there are several.
func TestUngranted(t *testing.T) {
	granted, half := "{url: /a, workspaces: [s/*/*], owners: [a]}", "{url: /b, workspaces: []}"
	for text, want := range map[string]int{"{url: /a}": 0, granted: 0, granted + ", {url: /b, workspaces: [], owners: []}": 0, granted + "," + half: 1, "{url: /a}," + half: 2} {
		c, errs := Parse("config.yaml", []byte("sources: ["+text+"]\n"))
		if len(errs) > 0 || len(c.Ungranted()) != want {
			t.Errorf("%s: %v, %v", text, c.Ungranted(), errs)
		}
	}
	c, _ := Parse("config.yaml", []byte("sources: ["+granted+"]\n"))
	if d := cmp.Diff(spec.Grant{Workspaces: []string{"s/*/*"}, Owners: []string{"a"}}, c.Sources[0].Grant()); d != "" {
		t.Error(d)
	}
}

func TestSourceNames(t *testing.T) {
	for want, s := range map[string]Source{
		"/srv/fleet":              {URL: "/srv/fleet"},
		"/srv/fleet//prod":        {URL: "/srv/fleet", Path: "prod"},
		"https://h/r?ref=b":       {URL: "https://h/r", Branch: "b"},
		"https://h/r//prod?ref=b": {URL: "https://h/r", Path: "prod", Branch: "b"},
	} {
		if got := s.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
