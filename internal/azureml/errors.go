package azureml

import (
	"errors"

	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/secret"
)

func isGone(err error) bool { return errors.Is(err, arm.ErrOperationGone) }

// redacted hides the secrets that were sent, should Azure's answer repeat one.
func redacted(err error, sent []secret.Value) error {
	if err == nil || len(sent) == 0 {
		return err
	}
	text := secret.Redact(err.Error(), sent...)
	if text == err.Error() {
		return err
	}
	return &redactedError{text, err}
}

// redactedError prints without what it wraps, and unwraps for decisions alone.
type redactedError struct {
	text string
	err  error
}

func (e *redactedError) Error() string { return e.text }
func (e *redactedError) Unwrap() error { return e.err }
