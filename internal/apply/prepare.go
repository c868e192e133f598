package apply

import (
	"context"
	"errors"
	"fmt"

	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// sendable holds the secrets that one write needs, for no longer than it.
type sendable map[secret.Ref]secret.Value

var errNoSecret = errors.New("the reference was not resolved")

func (s sendable) reveal(ref secret.Ref) (secret.Value, error) {
	v, ok := s[ref]
	if !ok {
		return secret.Value{}, fmt.Errorf("%s: %w", ref, errNoSecret)
	}
	return v, nil
}

// prepare makes sure before a removal that what comes after it can be made:
// its body is complete, its secrets resolve, size and quota are there. It
// returns the secrets of a step that sends some.
func (u *unit) prepare(ctx context.Context, s *step, live *spec.Compute) (sendable, error) {
	if u.full == nil && u.change.Desired != nil {
		u.full = u.change.Desired
		if s.removes() {
			u.full = spec.Carry(u.change.Desired, live)
		}
	}
	switch {
	case s.makes() || s.Verb == plan.VerbPut:
		if s.makes() && !u.removed && u.full.Kind.Unique != "" {
			if err := u.r.Target.Available(ctx, u.full); err != nil {
				return nil, err
			}
		}
		values, prints, err := u.resolve(ctx, u.wants(s))
		u.prints = prints
		return values, err
	case s.removes() && !s.undo && u.change.Desired != nil:
		if err := u.nameFree(ctx, s); err != nil {
			return nil, err
		}
		return nil, u.replaceable(ctx, live)
	}
	return nil, nil
}

// nameFree makes sure before a takeover that nobody has the new name.
func (u *unit) nameFree(ctx context.Context, s *step) error {
	if spec.FoldName(s.Name) == spec.FoldName(u.change.Name) {
		return nil
	}
	c, err := u.r.Target.Get(ctx, u.change.Name)
	if err == nil && c != nil {
		err = errStale{u.change.Name + " exists by now; nothing was removed"}
	}
	return err
}

// replaceable reports why the unit could not make what it is about to remove
// something for, or could not put back what it removes.
func (u *unit) replaceable(ctx context.Context, live *spec.Compute) error {
	if _, _, err := u.resolve(ctx, u.full); err != nil {
		return fmt.Errorf("nothing was removed: %w", err)
	}
	if u.change.Previous != nil {
		if _, _, err := u.resolve(ctx, u.change.Previous); err != nil {
			return errHeld{plan.Held{Code: plan.NoWayBack, Text: err.Error()}}
		}
	}
	if !u.full.Kind.Quota {
		return nil
	}
	if err := u.r.Target.Preflight(ctx, u.full, live); err != nil {
		return fmt.Errorf("nothing was removed: %w", err)
	}
	return nil
}

// resolve gets every secret that a compute refers to, and the fingerprints by
// which a rotation is noticed.
func (u *unit) resolve(ctx context.Context, want *spec.Compute) (sendable, spec.Prints, error) {
	values := sendable{}
	var prints spec.Prints
	to := secret.Destination{Workspace: u.r.ws.Target.String(), Kind: want.Kind.Name}
	for field, ref := range want.Secrets() {
		v, version, err := u.r.Secrets.ResolveFor(ctx, ref, to)
		if err != nil {
			return nil, nil, fmt.Errorf("%s of %s: %w", field, want.Name, err)
		}
		u.secrets = append(u.secrets, v)
		values[ref] = v
		sent := u.r.Prints.Of(v, version)
		if sent == "" {
			continue
		}
		if prints == nil {
			prints = spec.Prints{}
		}
		prints[field] = sent
	}
	return values, prints, nil
}

// redact hides the unit's secrets in an error: Azure's answers may repeat what
// was sent, and so may the state of what was made of it.
func (u *unit) redact(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if len(u.secrets) == 0 && u.resume { // a former pass sent them
		for _, c := range []*spec.Compute{u.change.Desired, u.change.Previous} {
			if c != nil {
				_, _, _ = u.resolve(ctx, c) // what cannot be resolved cannot be hidden
			}
		}
	}
	text := secret.Redact(err.Error(), u.secrets...)
	if text == err.Error() {
		return err
	}
	return errRedacted{text, err}
}
