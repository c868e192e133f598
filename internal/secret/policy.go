package secret

import (
	"fmt"
	"path"
	"strings"
)

// Policy lists what references may name, as globs over the reference's text.
// Whoever can merge YAML must not be able to send the host's secrets to an
// address of theirs, so the operator decides. "*", "?" and "[...]" match within
// one segment, as in path.Match; a segment "**" matches one or more segments.
type Policy []string

// DefaultPolicy allows what is meant for us by its very place or name:
// systemd credentials and variables called COMPUTESYNC_SECRET_*.
func DefaultPolicy() Policy {
	return Policy{"secret://credential/*", "secret://env/COMPUTESYNC_SECRET_*"}
}

// ParsePolicy checks the globs. No globs allow nothing.
func ParsePolicy(globs []string) (Policy, error) {
	p := make(Policy, 0, len(globs))
	for _, g := range globs {
		rest, ok := strings.CutPrefix(g, prefix)
		if !ok {
			return nil, fmt.Errorf("parse secret policy: %q does not begin with %s", g, prefix)
		}
		for segment := range strings.SplitSeq(rest, "/") {
			if segment == "" {
				return nil, fmt.Errorf("parse secret policy: %q has an empty segment", g)
			}
			if segment != "**" && strings.Contains(segment, "**") {
				return nil, fmt.Errorf("parse secret policy: %q: ** must be a whole segment", g)
			}
			if _, err := path.Match(segment, ""); err != nil {
				return nil, fmt.Errorf("parse secret policy: %q: %w", g, err)
			}
		}
		if strings.HasPrefix(rest, string(KeyVaults)+"/") {
			g = strings.ToLower(g) // as ParseRef folds the references
		}
		p = append(p, g)
	}
	return p, nil
}

// Allows reports whether one of the globs matches r.
func (p Policy) Allows(r Ref) bool {
	text := strings.Split(strings.TrimPrefix(r.String(), prefix), "/")
	for _, g := range p {
		rest, ok := strings.CutPrefix(g, prefix)
		if ok && !r.IsZero() && matchSegments(strings.Split(rest, "/"), text) {
			return true
		}
	}
	return false
}

func matchSegments(glob, text []string) bool {
	for len(glob) > 0 {
		if len(text) == 0 {
			return false
		}
		if glob[0] == "**" {
			return matchSegments(glob[1:], text[1:]) || matchSegments(glob, text[1:])
		}
		if ok, err := path.Match(glob[0], text[0]); err != nil || !ok {
			return false
		}
		glob, text = glob[1:], text[1:]
	}
	return len(text) == 0
}
