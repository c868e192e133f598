package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/computesync/computesync/internal/config"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/secret"
)

// stateOf says where a daemon's journal and its key are.
func stateOf(cfg *config.Config) *state {
	return &state{dir: cfg.StateDir, key: cfg.State.Key, managed: true}
}

// checkState checks the state folder and the key without making either. Root
// checks for the owner of the folder, as which the service may run.
func (s *service) checkState(ctx context.Context, cfg *config.Config) error {
	user := os.Geteuid()
	if info, err := os.Stat(cfg.StateDir); err == nil && user == 0 {
		user = int(info.Sys().(*syscall.Stat_t).Uid) // what os.Stat gives on Unix
	}
	if err := journal.CheckFolder(cfg.StateDir, user); err != nil {
		return fmt.Errorf("state_dir: %w", err)
	}
	_, own, err := stateOf(cfg).keys(ctx, cfg.StateDir)
	if err != nil || own.Scheme != secret.File || secret.IsRef(cfg.State.Key) {
		return err
	}
	if err := journal.CheckKeyFile(own.Name, user); err != nil {
		return fmt.Errorf("state.key: %w", err)
	}
	return nil
}

// advice is what an operator should add to a configuration.
type advice struct {
	due  func(*config.Config) bool
	why  string
	line string // to add; several of them end in \n
}

// advised is everything that versions after the first brought and that a
// configuration may lack.
var advised = []advice{
	{
		due:  func(c *config.Config) bool { return c.State.Key == "" },
		why:  "the key of the journal is in the state folder; a copy of the folder has both",
		line: "state: {key: secret://credential/state-key}   # once its text, of state_dir/key, is there",
	},
	{
		due:  func(c *config.Config) bool { return len(c.HTTP.Hosts) == 0 && calledByOthers(c) },
		why:  "requests that call the daemon by a DNS name, other than that of listen, are refused",
		line: "http: {hosts: [computesync.example.com]}   # as in the URLs of webhooks and of Prometheus",
	},
}

// calledByOthers reports whether the address is for more than this machine.
func calledByOthers(c *config.Config) bool {
	return c.Listen != "" && (c.HTTP.Open || !c.HTTP.Token.IsZero() || len(c.Webhooks.ByKind()) > 0)
}

// advise prints what to add to the configuration, in one screen.
func (s *service) advise(cfg *config.Config) {
	for _, a := range advised {
		if a.due(cfg) {
			fmt.Fprintf(s.out, "advice: %s; to change that, add\n    %s\n", a.why, strings.ReplaceAll(a.line, "\n", "\n    "))
		}
	}
}
