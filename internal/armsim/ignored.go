package armsim

import (
	"slices"
	"strings"
)

// fixedChange is the first field that a PUT would change on c although nobody has seen the service do so, "" if none. A
// field that the body leaves out is not changed; credentials are, as far as anybody can tell.
func (c *compute) fixedChange(body *object) string {
	props := body.at("properties")
	if id := props.str("resourceId"); id != "" && !strings.EqualFold(id, c.props().str("resourceId")) {
		return "resourceId"
	}
	in, live := props.at("properties"), c.inner()
	for _, key := range c.kind.fixed {
		wanted := in.get(key)
		if wanted == nil || wanted == "NotSpecified" {
			continue
		}
		if !covers(live.get(key), wanted) {
			return key
		}
	}
	return ""
}

// covers says whether live already is what is wanted: what is null is not wanted, and case does not count.
func covers(live, wanted any) bool {
	switch wanted := wanted.(type) {
	case *object:
		child, ok := live.(*object)
		return ok && !slices.ContainsFunc(wanted.members, func(m member) bool {
			return m.value != nil && !covers(child.get(m.key), m.value)
		})
	case []any:
		list, ok := live.([]any)
		return ok && slices.EqualFunc(list, wanted, covers)
	}
	return strings.EqualFold(string(appendJSON(nil, live, 0)), string(appendJSON(nil, wanted, 0)))
}
