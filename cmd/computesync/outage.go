package main

import (
	"errors"

	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/daemon"
)

// outage logs and counts that Resource Manager stopped answering, and logs that it answers again.
func (s *service) outage(o arm.Outage) {
	if o.Ended.IsZero() {
		s.metrics.OutageBegan()
		withHint(s.log.Error(), o.Hint()).Str("endpoint", o.Endpoint).Time("since", o.Since).
			Str("reason", o.Reason).Int("failed_requests", o.Failed).Int("resources", o.Resources).
			Msg("Azure Resource Manager does not answer; one probe at a time is sent until it does")
		return
	}
	s.log.Info().Str("endpoint", o.Endpoint).Float64("lasted_seconds", o.Ended.Sub(o.Since).Seconds()).
		Int("failed_requests", o.Failed).Int("refused_requests", o.Refused).Msg("Azure Resource Manager answers again")
}

// outage is the outage of a connection's endpoint for reports, nil while it answers.
func (z *azure) outage() *daemon.Outage {
	o := z.client.Outage()
	if o == nil {
		return nil
	}
	return &daemon.Outage{Endpoint: o.Endpoint, Since: o.Since, Error: o.String(), Hint: o.Hint(), Reason: o.Last, Next: o.Next}
}

// complainOfAll prints errors; those of an outage are one.
func (a *app) complainOfAll(errs []error) {
	down := false
	for _, err := range errs {
		outage, ok := errors.AsType[*arm.OutageError](err)
		switch {
		case !ok:
			a.complain(err)
		case !down:
			down = true
			a.complain(outage)
		}
	}
}
