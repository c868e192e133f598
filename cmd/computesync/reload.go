package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"

	sd "github.com/coreos/go-systemd/v22/daemon"
	"github.com/rs/zerolog"

	"github.com/computesync/computesync/internal/strictyaml"
	"github.com/computesync/computesync/internal/watch"
)

// reloads tells when to read the configuration again, and remembers what came
// of it.
type reloads struct {
	log     zerolog.Logger
	hup     chan os.Signal
	changed chan struct{} // the file may be another one now

	text   []byte // of the configuration in force
	refuse string // why the file as it is now is not taken; "" when it is, or was not changed
	failed bool   // the last reading was of no use
}

// watchConfig begins to listen for SIGHUP and for changes of the file; end
// stops that, and waits.
func (s *service) watchConfig(ctx context.Context, text []byte, log zerolog.Logger) (r *reloads, end func()) {
	r = &reloads{log: log, hup: make(chan os.Signal, 1), changed: make(chan struct{}, 1), text: text}
	signal.Notify(r.hup, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		_ = watch.File(s.file).Run(ctx, func() { // it ends with ctx
			select {
			case r.changed <- struct{}{}:
			default:
			}
		})
	})
	return r, func() { signal.Stop(r.hup); cancel(); watching.Wait() }
}

// onHup reads the configuration again because somebody asked: also an unchanged
// one, because what it refers to may be new.
func (r *reloads) onHup(build func(text []byte) (*built, error), file string) *built {
	tell(sd.SdNotifyReloading + "\nMONOTONIC_USEC=" + strconv.FormatInt(monotonic(), 10))
	text, err := readText(file)
	var next *built
	if err == nil {
		next, err = build(text)
	}
	if err == nil {
		return next
	}
	r.refused(err)
	if !bytes.Equal(text, r.text) {
		r.refuse = err.Error()
	}
	tell(sd.SdNotifyReady)
	return nil
}

// onChange reads the configuration if the file is another one. One that is not
// taken is tried again at each look, for what it refers to may come later, and
// spoken of once.
func (r *reloads) onChange(build func(text []byte) (*built, error), file string) *built {
	text, err := readText(file)
	if err == nil && bytes.Equal(text, r.text) {
		if r.refuse != "" {
			r.refuse, r.failed = "", false
			r.log.Info().Msg("the configuration is again the one in force")
		}
		return nil
	}
	var next *built
	if err == nil {
		next, err = build(text)
	}
	if err == nil {
		tell(sd.SdNotifyReloading + "\nMONOTONIC_USEC=" + strconv.FormatInt(monotonic(), 10))
		return next
	}
	if why := err.Error(); why != r.refuse {
		r.refused(err)
		r.refuse = why
	}
	return nil
}

// toldProblems are so many of a file, lest one slip fills the log.
const toldProblems = 20

// refused logs what is wrong, each with its place and a way out.
func (r *reloads) refused(err error) {
	r.failed = true
	var errs strictyaml.Errors
	if errors.As(err, &errs) {
		for _, e := range errs[:min(len(errs), toldProblems)] {
			withHint(r.log.Error().Str("at", e.Pos.String()), e.Hint).Msg(e.Msg)
		}
		err = fmt.Errorf("the file has %s", count(len(errs), "mistake"))
	}
	withHint(r.log.Error().Err(err), hintOf(err)).Msg("the new configuration is not taken; the former stays in force")
}

func withHint(e *zerolog.Event, hint string) *zerolog.Event {
	if hint == "" {
		return e
	}
	return e.Str("hint", hint)
}

func readText(file string) ([]byte, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, &coded{code: exitError, err: fmt.Errorf("read configuration: %w", err), hint: "name the file with --config"}
	}
	return text, nil
}
