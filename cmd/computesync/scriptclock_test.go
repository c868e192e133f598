package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// clockFile sets the clock of a binary that was built for it, in the folder that
// the binary runs in.
const clockFile = "clock.offset"

// binaryEnv names another binary than the test's own, which start runs.
const binaryEnv = "BINARY"

// settable builds computesync once, with a clock that clockFile sets.
type settable struct{}

func newSettable(t *testing.T) func() (string, error) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "computesync")
	return sync.OnceValues(func() (string, error) {
		build := exec.CommandContext(t.Context(), "go", "build", "-o", program,
			"-ldflags", "-X github.com/computesync/computesync/internal/clock.offsetFile="+clockFile, ".")
		if out, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("build: %w: %s", err, out)
		}
		return program, nil
	})
}

// setClock is the script's command clock:
//
//	clock set OFFSET    start runs the real binary from here on, and its wall clock is that much ahead of the machine's
//	clock time NAME IN  NAME is the time in so long, by the machine's clock
//	clock cron NAME IN  NAME is a cron expression of that minute, in UTC
func setClock(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: clock set OFFSET, clock time NAME IN, clock cron NAME IN")
	}
	by, err := time.ParseDuration(args[len(args)-1])
	ts.Check(err)
	at := time.Now().Add(by).UTC()
	switch args[0] {
	case "set":
		program, err := ts.Value(settable{}).(func() (string, error))()
		ts.Check(err)
		ts.Setenv(binaryEnv, program)
		next := ts.MkAbs(clockFile + ".new")
		ts.Check(os.WriteFile(next, []byte(args[1]), 0o600))
		ts.Check(os.Rename(next, ts.MkAbs(clockFile)))
	case "time":
		ts.Setenv(args[1], at.Format(time.RFC3339))
	case "cron":
		ts.Setenv(args[1], fmt.Sprintf("%d %d * * *", at.Minute(), at.Hour()))
	default:
		ts.Fatalf("clock cannot %s", args[0])
	}
}

// more waits until a file matches a pattern so many times more than it does now.
func more(ts *testscript.TestScript, neg bool, args []string) {
	n := number(ts, neg, args, 3, "more FILE PATTERN N")
	re, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	read := func() string { data, _ := os.ReadFile(ts.MkAbs(args[0])); return string(data) }
	await(ts, args[1], len(re.FindAllString(read(), -1))+n, read)
}
