package spec

import (
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/strictyaml"
)

// secretBelow reports whether a raw property has the name of a secret, and a value
// that may be one. What the kind itself has there is none; of names that people
// choose, such as labels, typing errors are not looked for.
func (c *checker) secretBelow(path []string, e *strictyaml.Entry) bool {
	if !mayHoldSecret(e.Value) {
		return false
	}
	last, certain := len(path)-1, secret.Suspect(e.Key, "x")
	known := c.kind.rawBelow(path[:last])
	switch f := c.kind.keeps(path[0]); {
	case slices.Contains(known, path[last]):
		return false
	case f == nil || known != nil:
		return certain || secretName(e.Key)
	case f.Key == "*" && last == 1: // the name of an item
		return certain && e.Value.Kind != strictyaml.Map
	}
	return certain
}

// mayHoldSecret reports whether a value, or one below it, may be a secret if its name is
// that of one.
func mayHoldSecret(n *strictyaml.Node) bool {
	for i := range n.Entries {
		if mayHoldSecret(n.Entries[i].Value) {
			return true
		}
	}
	if slices.ContainsFunc(n.Items, mayHoldSecret) {
		return true
	}
	s, _ := n.Text()
	return secret.Suspect("secret", s)
}

func (c *checker) refuseSecret(at strictyaml.Pos, n *strictyaml.Node, path []string) {
	c.file.Mask(n)
	c.add(c.file.Errorf(at, "properties.%s looks like a literal secret", clip(strings.Join(path, "."))).
		WithHint("remove it: no secret may be under properties, and secrets have keys of their own"))
}
