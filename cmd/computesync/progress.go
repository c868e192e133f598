package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/output"
)

// progress shows an apply as it goes: on a terminal one line a step, those
// still running below the ended ones; elsewhere a log line an event.
type progress struct {
	w         io.Writer
	log       *zerolog.Logger // set where there is no terminal
	workspace bool            // name the workspace of each step

	mu      sync.Mutex
	running []runningStep
	drawn   int // lines of running steps on the screen
	stop    chan struct{}
	stopped sync.WaitGroup
}

type runningStep struct {
	label string
	since time.Time
}

// shown is how many running steps are drawn at most.
const shown = 12

func (a *app) newProgress(workspace bool) *progress {
	p := &progress{w: a.err.Colored(), workspace: workspace, stop: make(chan struct{})}
	if !a.err.Terminal {
		log := a.logger("json")
		p.log = &log
		return p
	}
	p.stopped.Go(p.tick)
	return p
}

// tick redraws the running steps, whose seconds go on.
func (p *progress) tick() {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			p.mu.Lock()
			p.erase()
			p.draw()
			p.mu.Unlock()
		case <-p.stop:
			return
		}
	}
}

func (p *progress) close() {
	close(p.stop)
	p.stopped.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
}

func (p *progress) event(workspace string, e apply.Event) {
	if p.log != nil {
		p.logEvent(workspace, e)
		return
	}
	label := fmt.Sprintf("%s %s", e.Verb, output.Visible(e.Name))
	if p.workspace {
		label += " in " + output.Visible(workspace)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	if e.State == apply.Began {
		p.running = append(p.running, runningStep{label, time.Now()})
	} else {
		p.end(label)
		text := ""
		if e.Text != "" {
			text = ": " + output.Visible(e.Text)
		}
		fmt.Fprintf(p.w, "  %s: %s%s\n", label, ending(e), text)
	}
	p.draw()
}

func ending(e apply.Event) string {
	if e.State == apply.Done {
		return fmt.Sprintf("done in %s", e.Took.Round(time.Second/10))
	}
	return string(e.State)
}

func (p *progress) end(label string) {
	for i, s := range p.running {
		if s.label == label {
			p.running = append(p.running[:i], p.running[i+1:]...)
			return
		}
	}
}

// erase takes the running steps off the screen.
func (p *progress) erase() {
	if p.drawn > 0 {
		fmt.Fprintf(p.w, "\x1b[%dA\x1b[J", p.drawn)
		p.drawn = 0
	}
}

func (p *progress) draw() {
	for i, s := range p.running {
		if i == shown {
			fmt.Fprintf(p.w, "  and %d more\n", len(p.running)-shown)
			p.drawn++
			return
		}
		fmt.Fprintf(p.w, "  %s: running for %s\n", s.label, time.Since(s.since).Round(time.Second))
		p.drawn++
	}
}

func (p *progress) logEvent(workspace string, e apply.Event) {
	event := p.log.Info()
	if e.State == apply.Failed || e.State == apply.Blocked {
		event = p.log.Error()
	}
	logStep(event, workspace, e)
}

// logStep writes a step's event as every log of ours does.
func logStep(event *zerolog.Event, workspace string, e apply.Event) {
	event = event.Str("workspace", workspace).Str("compute", e.Name).Str("verb", string(e.Verb)).Str("state", string(e.State))
	if took := e.Took.Round(time.Millisecond); took > 0 {
		event = event.Float64("seconds", took.Seconds())
	}
	if e.Text != "" {
		event = event.Str("reason", e.Text)
	}
	event.Msg("step")
}
