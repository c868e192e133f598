package armsim

import "strings"

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
		if !strings.EqualFold(string(appendJSON(nil, wanted, 0)), string(appendJSON(nil, live.get(key), 0))) {
			return key
		}
	}
	return ""
}
