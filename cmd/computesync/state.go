package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/computesync/computesync/internal/journal"
)

func stateDirFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "state-dir", "", "`folder` of the journal (default $STATE_DIRECTORY, else ~/.local/state/computesync)")
}

// stateDir is where the journal is: the flag, systemd's folder, or the user's.
func stateDir(flag string) (string, error) {
	if flag != "" {
		return flag, nil
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

// openJournal opens the journal to write. What became of a damaged one is told
// to lost.
func openJournal(flag string, lost func(string)) (*journal.Journal, error) {
	dir, err := stateDir(flag)
	if err != nil {
		return nil, err
	}
	j, err := journal.Open(dir)
	var locked *journal.LockedError
	if errors.As(err, &locked) {
		return nil, &coded{code: exitError, err: err, hint: "let the daemon or the other apply that holds this state do the work, or name another --state-dir"}
	}
	if err != nil {
		return nil, &coded{code: exitError, err: err, hint: fmt.Sprintf("make %s a folder that user %d can write, or name another", dir, os.Getuid())}
	}
	if damage := j.Recovered(); damage != "" {
		lost(damage + "; what is ours is now known from tags alone")
	}
	return j, nil
}

// readJournal opens the journal to look. Where the daemon holds it, or it
// cannot be read, ownership is known from tags alone, and that is said.
func (a *app) readJournal(flag string) (*journal.Journal, error) {
	dir, err := stateDir(flag)
	if err != nil {
		return nil, err
	}
	j, err := journal.Open(dir, journal.ReadOnly())
	if err != nil {
		a.notice("%v; what is ours is judged by tags alone", err)
		return journal.Open(filepath.Join(dir, "none"), journal.ReadOnly())
	}
	return j, nil
}
