package apply

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// errInterrupted ends a wait that the operator or a new commit cut short.
var errInterrupted = errors.New("interrupted")

// errBlocked is why a step is not taken: what it needs did not succeed.
type errBlocked struct{ need string }

func (e errBlocked) Error() string { return "needs " + e.need + ", which did not succeed" }

// errStale is why a step is not taken: its compute changed since the plan.
type errStale struct{ why string }

func (e errStale) Error() string { return e.why + ": planning anew" }

// errHeld is a hold that only showed when the step was about to be sent.
type errHeld struct{ held plan.Held }

func (e errHeld) Error() string { return fmt.Sprintf("held (%s): %s", e.held.Code, e.held.Text) }

// errJournal is an error of the journal: nothing may be sent after it.
type errJournal struct{ err error }

func (e errJournal) Error() string { return e.err.Error() }

// errTimeout says that an operation did not end in time. It may still.
type errTimeout struct{ after time.Duration }

func (e errTimeout) Error() string {
	return fmt.Sprintf("the operation did not end within %s; it is looked after in the next pass", e.after)
}

// errUnanswered says that nobody knows how an operation is: the questions
// failed, not the operation.
type errUnanswered struct{ err error }

func (e errUnanswered) Error() string {
	return fmt.Sprintf("%v; how the operation ends is found out in the next pass", e.err)
}
func (e errUnanswered) Unwrap() error { return e.err }

// errArrived is a creation without answer that had its effect later than it was
// looked for.
var errArrived = errors.New("it was made by now")

// errTraceless is a write that may have taken effect and left no trace: it may
// be sent again.
type errTraceless struct{ err error }

func (e errTraceless) Error() string { return e.err.Error() }
func (e errTraceless) Unwrap() error { return e.err }

// errGone is a compute that should have been there after a step.
type errGone struct{ name string }

func (e errGone) Error() string { return e.name + " is gone" }

// errBehind is an operation that succeeded and that Azure's answers do not
// show: they may be old, or somebody changed it since.
type errBehind struct {
	name string
	seen *spec.Compute // what they show instead; nil: no compute
	over bool          // it was looked for long enough
}

func (e errBehind) Error() string {
	shows := "no " + e.name
	if e.seen != nil {
		shows = fmt.Sprintf("%s as it was made at %s", e.name, e.seen.Live.CreatedOn)
	}
	text := "Azure says that the operation succeeded, and shows " + shows
	if e.over {
		return text + ": somebody else may have changed it since"
	}
	return text + "; it is looked for again in the next pass"
}

// errNotOurs is a creation that landed on what somebody else had made.
type errNotOurs struct{ seen *spec.Compute }

func (e errNotOurs) Error() string { return spec.LandedOn(e.seen.Name, e.seen.Live.CreatedOn) }

// errProvisioning is a compute that Azure took and could not make.
type errProvisioning struct{ seen *spec.Compute }

func (e errProvisioning) Error() string {
	live := e.seen.Live
	state := live.ProvisioningState
	if state == "Succeeded" {
		state = live.State
	}
	if len(live.Errors) == 0 {
		return fmt.Sprintf("it is %s and Azure gives no reason", state)
	}
	return fmt.Sprintf("it is %s: %s", state, strings.Join(live.Errors, "; "))
}

// Hint is what holds of any reason: what to do about a known one is in its text.
func (e errProvisioning) Hint() string {
	return "do what the message says, in Azure or in the file; computesync plan says whether and when the next try is"
}

// errNotApplied is what Azure accepted and did not do.
type errNotApplied struct{ fields []plan.Shortfall }

func (e errNotApplied) Error() string {
	parts := make([]string, len(e.fields))
	for i, f := range e.fields {
		parts[i] = fmt.Sprintf("%s is %s, not %s", f.Path, f.From, f.To)
		if f.Kept != "" {
			parts[i] += fmt.Sprintf(": Azure kept %s in the list", f.Kept)
		}
	}
	return "Azure accepted it and did not apply it: " + strings.Join(parts, ", ")
}

// added reports whether all that is wrong is what Azure left in lists beside what was
// sent: then it did take the write.
func (e errNotApplied) added() bool {
	return !slices.ContainsFunc(e.fields, func(f plan.Shortfall) bool { return f.Kept == "" })
}

// errRedacted prints without the secrets in what it wraps, and unwraps for
// decisions alone.
type errRedacted struct {
	text string
	err  error
}

func (e errRedacted) Error() string { return e.text }
func (e errRedacted) Unwrap() error { return e.err }

// advised is an error with its hint, where it has one, in one line.
func advised(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		return err.Error() + "; " + hinted.Hint()
	}
	return err.Error()
}

// is reports whether err is, or wraps, an error of type T.
func is[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}
