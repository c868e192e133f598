package main

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/plan"
)

// TestTerminal: on a terminal there is one line a step; those that run stand
// below those that ended, and count the seconds.
func TestTerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var screen strings.Builder
		p := &progress{w: &screen, workspace: true, stop: make(chan struct{})}
		p.stopped.Go(p.tick)
		p.event("ml-dev", apply.Event{Name: "cpu", Verb: plan.VerbCreate, State: apply.Began})
		p.event("ml-dev", apply.Event{Name: "vm", Verb: plan.VerbAttach, State: apply.Began})
		<-time.After(1500 * time.Millisecond)
		p.event("ml-dev", apply.Event{Name: "cpu", Verb: plan.VerbCreate, State: apply.Done, Took: 1520 * time.Millisecond})
		p.event("ml-dev", apply.Event{Name: "vm", Verb: plan.VerbAttach, State: apply.Failed, Text: "no route to host"})
		p.close()
		const up1, up2 = "\x1b[1A\x1b[J", "\x1b[2A\x1b[J"
		want := "  create cpu in ml-dev: running for 0s\n" +
			up1 + "  create cpu in ml-dev: running for 0s\n  attach vm in ml-dev: running for 0s\n" +
			up2 + "  create cpu in ml-dev: running for 1s\n  attach vm in ml-dev: running for 1s\n" +
			up2 + "  create cpu in ml-dev: done in 1.5s\n  attach vm in ml-dev: running for 2s\n" +
			up1 + "  attach vm in ml-dev: failed: no route to host\n"
		if diff := cmp.Diff(want, screen.String()); diff != "" {
			t.Errorf("the screen (-want +got):\n%s", diff)
		}
	})
}

// TestManyRunning: more than a screen holds are counted.
func TestManyRunning(t *testing.T) {
	var screen strings.Builder
	p := &progress{w: &screen}
	for i := range shown + 3 {
		p.running = append(p.running, runningStep{"create cpu" + string(rune('a'+i)), time.Now()})
	}
	p.draw()
	if !strings.HasSuffix(screen.String(), "  and 3 more\n") || p.drawn != shown+1 {
		t.Errorf("%d lines drawn:\n%s", p.drawn, &screen)
	}
}

// TestAskInterrupted: who is asked may also just leave.
func TestAskInterrupted(t *testing.T) {
	in, never := io.Pipe()
	defer never.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := &applyCmd{app: &app{stdio: streams(in, nil, io.Discard)}}
	if c.ask(ctx) {
		t.Error("an interrupt approved the plan")
	}
}
