package spec

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/computesync/computesync/internal/output"
)

// resourceRule tells how an attached kind names what it attaches: by
// resource_id, by resource_group and a name, or by address.
type resourceRule struct {
	kinds         []string // Microsoft.Compute/virtualMachines; the first is the one that nameKey names
	nameKey       string   // vm_name; "" where only an ID names it
	byAddress     bool
	addressSuffix string // what an address must end in
	part          string // the field that names which part of the resource is attached; "": all of it
}

// ParseResourceID takes an ARM resource ID apart. The kind of a nested resource
// names all its types ("virtualNetworks/subnets"), its name is the last one;
// err says what is missing.
func ParseResourceID(id string) (subscription, group, provider, kind, name string, err error) {
	parts := strings.Split(id, "/")
	if len(parts) < 9 || len(parts)%2 == 0 || parts[0] != "" || !strings.EqualFold(parts[1], "subscriptions") ||
		!strings.EqualFold(parts[3], "resourceGroups") || !strings.EqualFold(parts[5], "providers") {
		return "", "", "", "", "", fmt.Errorf("not a resource ID of the form /subscriptions/…/resourceGroups/…/providers/…/…/…")
	}
	for _, p := range parts[1:] {
		if p == "" || p == "." || p == ".." || strings.ContainsFunc(p, notInID) {
			return "", "", "", "", "", fmt.Errorf("a part of the resource ID is empty or has a character that ARM does not allow")
		}
	}
	kind = parts[7]
	for i := 9; i < len(parts); i += 2 {
		kind += "/" + parts[i]
	}
	return parts[2], parts[4], parts[6], kind, parts[len(parts)-1], nil
}

func notInID(r rune) bool {
	return unicode.IsSpace(r) || output.Hidden(r) || strings.ContainsRune(`?#%\`, r)
}

// resolve leaves one way of naming the resource: resource_id or address.
func (r *resourceRule) resolve(c *checker, x *Compute) {
	byName := c.has("resource_group") || r.nameKey != "" && c.has(r.nameKey)
	ways := 0
	for _, given := range []bool{c.has("resource_id"), byName, c.has("address")} {
		if given {
			ways++
		}
	}
	choice := "resource_id"
	if r.nameKey != "" {
		choice += ", or resource_group and " + r.nameKey
	}
	if r.byAddress {
		choice += ", or address"
	}
	switch {
	case ways == 0 && x.Kind.Managed: // Azure ML makes it
	case ways == 0:
		c.errorAt("type", "state "+choice, "%s names nothing to attach", x.Kind.Name)
	case ways > 1:
		c.errorAt("resource_id", "keep one of: "+choice, "the resource is named in more than one way")
	case byName && !(c.has("resource_group") && c.has(r.nameKey)):
		c.errorAt("resource_group", "state both, or resource_id", "resource_group and %s belong together", r.nameKey)
	case byName:
		x.Values["resource_id"] = fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/%s/%s",
			c.ws.ID.Subscription, x.Text("resource_group"), r.kinds[0], x.Text(r.nameKey))
		c.nodes["resource_id"] = c.nodes[r.nameKey]
		r.checkID(c, x)
	case c.has("resource_id"):
		r.checkID(c, x)
	default:
		address := x.Text("address")
		if strings.Contains(address, "@") { // what stands before it may be a password
			c.mask("address")
		}
		if !strings.HasSuffix(strings.ToLower(address), r.addressSuffix) || len(address) == len(r.addressSuffix) ||
			strings.ContainsAny(address, "/:@? \t") {
			c.errorAt("address", "", "address must be a host name or IP address%s",
				map[bool]string{true: " ending in " + r.addressSuffix}[r.addressSuffix != ""])
		}
	}
	delete(x.Values, "resource_group")
	delete(x.Values, r.nameKey)
}

func (r *resourceRule) checkID(c *checker, x *Compute) {
	_, _, provider, kind, _, err := ParseResourceID(x.Text("resource_id"))
	switch {
	case err != nil:
		c.errorAt("resource_id", "", "%v", err)
	case !slices.ContainsFunc(r.kinds, func(k string) bool { return strings.EqualFold(k, provider+"/"+kind) }):
		c.errorAt("resource_id", "", "a %s attaches a %s, not a %s/%s", x.Kind.Name, strings.Join(r.kinds, " or a "), provider, kind)
	}
}

// Made reports whether an actual compute was made by Azure ML: then it is
// deleted, and anything else is detached.
func (c *Compute) Made() bool {
	return c.Kind != nil && c.Kind.Managed && c.Live != nil && c.Live.AttachedKnown && !c.Live.Attached
}

// Attachable reports whether computes of the kind can come from outside.
func (k *Kind) Attachable() bool { return k.resource != nil }

// Attaches reports whether a desired compute comes from outside: its kind is
// never made by Azure ML, or the spec names a resource.
func (c *Compute) Attaches() bool {
	return !c.Kind.Managed || c.Kind.resource != nil && (c.Text("resource_id") != "" || c.Text("address") != "")
}
