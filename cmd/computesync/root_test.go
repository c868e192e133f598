package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestColor(t *testing.T) {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	for _, test := range []struct {
		name string
		app  app
		env  map[string]string
		want bool
	}{
		{"terminal", app{}, nil, true},
		{"--no-color", app{noColor: true}, nil, false},
		{"NO_COLOR", app{}, map[string]string{"NO_COLOR": "1"}, false},
		{"dumb", app{}, map[string]string{"TERM": "dumb"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("NO_COLOR", "")
			t.Setenv("TERM", "xterm")
			for k, v := range test.env {
				t.Setenv(k, v)
			}
			if got := test.app.color(streams(nil, terminal, nil).out); got != test.want {
				t.Errorf("colours on a terminal: %t, want %t", got, test.want)
			}
			if test.app.color(streams(nil, new(bytes.Buffer), nil).out) {
				t.Error("colours where no terminal is")
			}
		})
	}
}

// TestConsoleLog: what a log for people quotes does nothing to their terminal.
func TestConsoleLog(t *testing.T) {
	var out bytes.Buffer
	a := &app{stdio: streams(nil, nil, &out), logLevel: "info", noColor: true}
	a.err.Terminal = true
	log := a.logger("console")
	log.Info().Str("tag", "\x1b[2J\u202e").Msg("held\n\x1b[2J::error::\u202e##[group]")
	if got := out.String(); !strings.HasSuffix(got, `held\n\u001b[2J::error::\u202e##\u005bgroup] tag="\x1b[2J\u202e"`+"\n") {
		t.Errorf("logged %q", got)
	}
}
