package armsim

import (
	"slices"
	"strings"
	"time"
)

// checkResource wants the ID of a resource of one of these types to attach.
func checkResource(types ...string) func(*Server, *request, *workspace, *object) *refusal {
	return func(_ *Server, _ *request, _ *workspace, props *object) *refusal {
		return needResource(props, types...)
	}
}

func needResource(props *object, types ...string) *refusal {
	kind := resourceType(props.str("resourceId"))
	if slices.ContainsFunc(types, func(t string) bool { return strings.EqualFold(t, kind) }) {
		return nil
	}
	return refuse("The property 'resourceId' must be the ID of a resource of type " + strings.Join(types, " or ") + ".")
}

// resourceType is the type in a resource ID, as Microsoft.Synapse/workspaces/bigDataPools; "" if that is no ID of a
// resource in a resource group.
func resourceType(id string) string {
	seg := strings.Split(strings.Trim(id, "/"), "/")
	if len(seg)%2 != 0 || !fixed(seg, "subscriptions", "*", "resourceGroups", "*", "providers", "*", "*", "*") {
		return ""
	}
	kind := seg[5]
	for i := 6; i < len(seg); i += 2 {
		kind += "/" + seg[i]
	}
	return kind
}

// resourceName is the last name in a resource ID.
func resourceName(id string) string {
	id = strings.TrimRight(id, "/")
	return id[strings.LastIndexByte(id, '/')+1:]
}

// madeAttachment takes over what is attached: attached under a second name, it breaks the first (azure-docs#41778).
func madeAttachment(_ *Server, c *compute, _ *request, _ *object, at time.Time) {
	for _, target := range []string{c.props().str("resourceId"), c.inner().str("address")} {
		if target == "" {
			continue
		}
		holders := []*compute{c}
		for _, former := range c.ws.targets[fold(target)] {
			switch {
			case former == c:
			case former.besides(c):
				holders = append(holders, former)
			default:
				former.breakDown(at)
			}
		}
		c.ws.targets[fold(target)] = holders
	}
}

// besides says whether two attachments of one resource can both be.
func (c *compute) besides(other *compute) bool {
	key := c.kind.apart
	return key != "" && c.kind == other.kind && !strings.EqualFold(c.inner().str(key), other.inner().str(key))
}

func (c *compute) breakDown(at time.Time) {
	c.broken = true
	c.props().set("provisioningState", "Failed")
	c.props().set("provisioningErrors", []any{obj("error", obj("code", "ComputeTargetBroken",
		"message", "The resource was attached again under another name."))})
	c.changed(at)
}
