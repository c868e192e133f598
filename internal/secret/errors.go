package secret

import "fmt"

// NotAllowedError says that the operator's policy does not let specs name a secret.
type NotAllowedError struct {
	Ref   Ref
	Real  Ref         // where Ref's file really lies, if that is what is not allowed
	Own   string      // what of the program's own it is, which no spec may have
	Bound Destination // where it may not go, though it may go elsewhere
}

// Error names the reference, and the real file behind a link.
func (e *NotAllowedError) Error() string {
	switch {
	case e.Own != "":
		return fmt.Sprintf("resolve %s: it is computesync's own %s, which specs may not use", e.Ref, e.Own)
	case e.Bound != Destination{}:
		return fmt.Sprintf("resolve %s: it may not go to %s", e.Ref, e.Bound)
	case !e.Real.IsZero():
		return fmt.Sprintf("resolve %s: it is a link to %s, which may not be named", e.Ref, e.Real)
	}
	return fmt.Sprintf("resolve %s: this reference may not be named", e.Ref)
}

// Hint says how to allow the reference.
func (e *NotAllowedError) Hint() string {
	r := e.Ref
	switch {
	case e.Own != "":
		return "refer to a secret that nothing but the compute uses"
	case e.Bound != Destination{}:
		return "if it is meant, add the workspace or the kind under for of its entry in secrets.allow"
	case !e.Real.IsZero():
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
