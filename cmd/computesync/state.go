package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/secret"
)

// state says where a journal is, and its key.
type state struct {
	dir     string // "": systemd's folder, or the user's
	key     string // a path, a reference, or noKey; "": where it is by default
	managed bool   // the daemon's
}

const noKey = "none"

func stateFlags(cmd *cobra.Command, s *state) {
	cmd.Flags().StringVar(&s.dir, "state-dir", "",
		"`folder` of the journal (default $STATE_DIRECTORY, else ~/.local/state/computesync)")
	cmd.Flags().StringVar(&s.key, "state-key", "",
		"`file` of the journal's key, a secret reference, or none (default the folder's name with .key, beside it)")
}

// folder is where the journal is: the flag, systemd's folder, or the user's.
func (s *state) folder() (dir string, err error) {
	if s.dir != "" {
		return s.dir, nil
	}
	if dir := os.Getenv("STATE_DIRECTORY"); dir != "" {
		return filepath.SplitList(dir)[0], nil
	}
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "computesync"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", &coded{code: exitError, text: "no folder for the journal: " + err.Error(), hint: "name one with --state-dir"}
	}
	return filepath.Join(home, ".local", "state", "computesync"), nil
}

// keyFile is where the key is if nothing is said of it. A pipeline keeps the
// folder in a cache, so the key is beside it. In the daemon's folder, and in one
// that systemd makes, it is inside: often nothing else can be written.
func (s *state) keyFile(dir string) (string, error) {
	inside := filepath.Join(dir, "key")
	if s.managed || s.dir == "" && os.Getenv("STATE_DIRECTORY") != "" {
		return inside, nil
	}
	if _, err := os.Lstat(inside); err == nil {
		return "", &coded{
			code: exitError, text: fmt.Sprintf("%s is the state folder of a daemon, with its own key", dir),
			hint: "pass --state-key " + inside,
		}
	}
	return filepath.Clean(dir) + ".key", nil
}

// keys is where the journal's key comes from, and the reference that specs must
// not name.
func (s *state) keys(ctx context.Context, dir string) (source journal.KeySource, own secret.Ref, err error) {
	file := s.key
	switch {
	case file == noKey:
		return journal.NoKey, own, nil
	case secret.IsRef(file):
		return s.referredKey(ctx)
	case file == "":
		if file, err = s.keyFile(dir); err != nil {
			return nil, own, err
		}
	}
	if file, err = filepath.Abs(file); err != nil {
		return nil, own, err
	}
	return journal.KeyFile(file), secret.Ref{Scheme: secret.File, Name: filepath.ToSlash(file)}, nil
}

func (s *state) referredKey(ctx context.Context) (source journal.KeySource, own secret.Ref, err error) {
	if own, err = secret.ParseRef(s.key); err != nil {
		return nil, own, usage("--state-key: "+err.Error(), "write a reference such as secret://env/COMPUTESYNC_STATE_KEY")
	}
	resolver, err := operatorSecrets()
	if err != nil {
		return nil, own, err
	}
	v, _, err := resolver.Resolve(ctx, own)
	if err != nil {
		return nil, own, fmt.Errorf("key of the journal: %w", err)
	}
	k, err := journal.ParseKey(v.Reveal())
	if err != nil {
		return nil, own, &coded{
			code: exitError, text: fmt.Sprintf("key of the journal: %s: %v", own, err), hint: "make one with: openssl rand -hex 32",
		}
	}
	return journal.WithKey(k), own, nil
}

// keyless is what it means that there is no key.
const keyless = "the state has no key: rotated secrets are not noticed, " +
	"and nothing that an earlier process wrote to the journal counts"

// openJournal opens the journal to write, and returns the reference to its key.
// What became of a journal that cannot be believed is passed to lost.
func openJournal(ctx context.Context, s *state, lost func(string)) (*journal.Journal, secret.Ref, error) {
	dir, err := s.folder()
	if err != nil {
		return nil, secret.Ref{}, err
	}
	keys, own, err := s.keys(ctx, dir)
	if err != nil {
		return nil, own, err
	}
	j, err := journal.Open(dir, keys)
	var locked *journal.LockedError
	switch {
	case errors.As(err, &locked):
		return nil, own, &coded{code: exitError, err: err, hint: "let the daemon or the other apply that holds this state do the work, or name another --state-dir"}
	case err != nil && hintOf(err) != "":
		return nil, own, err
	case err != nil:
		return nil, own, &coded{code: exitError, err: err, hint: fmt.Sprintf("make %s a folder that user %d can write, or name another", dir, os.Getuid())}
	}
	if damage := j.Recovered(); damage != "" {
		lost(damage + "; what is ours is now known from tags alone")
	}
	return j, own, nil
}

// readJournal opens the journal to look. Where the daemon holds it, or it
// cannot be read, ownership is known from tags alone, and that is said; where
// others could have written it, that is an error.
func (a *app) readJournal(ctx context.Context, s *state) (*journal.Journal, error) {
	dir, err := s.folder()
	if err != nil {
		return nil, err
	}
	keys, _, err := s.keys(ctx, dir)
	if err != nil {
		return nil, err
	}
	if s.key == noKey {
		a.notice(keyless)
	}
	j, err := journal.Open(dir, keys, journal.ReadOnly())
	var unsafe *journal.UnsafeError
	if errors.As(err, &unsafe) {
		return nil, err
	}
	if err != nil {
		a.notice("%v; what is ours is judged by tags alone", err)
		return journal.Open(filepath.Join(dir, "none"), journal.NoKey, journal.ReadOnly())
	}
	return j, nil
}
