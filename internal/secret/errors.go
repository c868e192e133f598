package secret

import "fmt"

// NotAllowedError says that the operator's policy does not let specs name a secret.
type NotAllowedError struct {
	Ref  Ref
	Real Ref  // where Ref's file really lies, if that is what is not allowed
	Own  bool // it is one that our own configuration uses, and nobody else may
}

// Error names the reference, and the real file behind a link.
func (e *NotAllowedError) Error() string {
	if e.Own {
		return fmt.Sprintf("resolve %s: our own configuration uses it, so specs may not", e.Ref)
	}
	if !e.Real.IsZero() {
		return fmt.Sprintf("resolve %s: it is a link to %s, which may not be named", e.Ref, e.Real)
	}
	return fmt.Sprintf("resolve %s: this reference may not be named", e.Ref)
}

// Hint says how to allow the reference.
func (e *NotAllowedError) Hint() string {
	if e.Own {
		return "give what the spec needs a reference of its own"
	}
	r := e.Ref
	if !e.Real.IsZero() {
		r = e.Real
	}
	return fmt.Sprintf("if it is meant, add %s to secrets.allow in the daemon's configuration, or pass --allow-secret %s", r, r)
}

// NotFoundError says that nothing stands where a reference points.
type NotFoundError struct {
	Ref  Ref
	What string // what is missing, such as "environment variable X is not set"
	Way  string // what to do about it
}

// Error names the reference and what is missing.
func (e *NotFoundError) Error() string { return fmt.Sprintf("resolve %s: %s", e.Ref, e.What) }

// Hint says what to do.
func (e *NotFoundError) Hint() string { return e.Way }
