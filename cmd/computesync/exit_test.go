package main

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// codes are all exit codes, by the order in which they win.
var codes = []int{exitInterrupted, exitUsage, exitError, exitInvalid, exitPartly, exitHeld, exitSteps, exitOK}

func TestWorse(t *testing.T) {
	for i, a := range codes {
		for _, b := range codes[i:] {
			if worse(a, b) != a || worse(b, a) != a {
				t.Errorf("of %d and %d, %d and %d win, want %d", a, b, worse(a, b), worse(b, a), a)
			}
		}
	}
	if len(rank) != len(codes) {
		t.Errorf("%d exit codes have a rank, there are %d", len(rank), len(codes))
	}
}

// TestREADMEExitCodes compares the one place that documents the exit codes.
func TestREADMEExitCodes(t *testing.T) {
	data, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(data)
	_, table, found := strings.Cut(readme, "| exit code | meaning |\n|---|---|\n")
	if !found {
		t.Fatal("README.md has no table of exit codes")
	}
	table, after, _ := strings.Cut(table, "\n\n")
	var documented []int
	for _, row := range regexp.MustCompile(`(?m)^\| (\d+) \| .+ \|$`).FindAllStringSubmatch(table, -1) {
		documented = append(documented, atoi(t, row[1]))
	}
	want := slices.Sorted(slices.Values(codes))
	if diff := cmp.Diff(want, documented); diff != "" {
		t.Errorf("the table of exit codes (-want +got):\n%s", diff)
	}
	rule := regexp.MustCompile(`Where several hold, the first of ([\d, ]+) is returned`).FindStringSubmatch(after)
	if rule == nil {
		t.Fatal("README.md does not say which exit code wins")
	}
	var order []int
	for n := range strings.SplitSeq(rule[1], ", ") {
		order = append(order, atoi(t, n))
	}
	if diff := cmp.Diff(codes[:len(codes)-1], order); diff != "" {
		t.Errorf("the order in which exit codes win (-want +got):\n%s", diff)
	}
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestExit(t *testing.T) {
	interrupted := make(chan struct{})
	close(interrupted)
	for _, test := range []struct {
		name      string
		err       error
		interrupt <-chan struct{}
		code      int
		text      string
	}{
		{"none", nil, nil, 0, ""},
		{"plain", errors.New("read it: gone"), nil, 1, "computesync: error: read it: gone\n"},
		{"hinted", usage("no such thing", "try another"), nil, 64, "computesync: error: no such thing\nhint: try another\n"},
		{"told already", ended(exitInvalid), nil, 5, ""},
		{"fine", ended(exitOK), interrupted, 0, ""},
		{"interrupted", errors.New("read it: gone"), interrupted, 130, "computesync: error: read it: gone\n"},
	} {
		var out strings.Builder
		a := &app{stdio: streams(nil, nil, &out), interrupt: test.interrupt}
		if code := a.exit(test.err); code != test.code || out.String() != test.text {
			t.Errorf("%s: exit code %d and %q, want %d and %q", test.name, code, out.String(), test.code, test.text)
		}
	}
}
