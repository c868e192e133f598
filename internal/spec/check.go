package spec

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/computesync/computesync/internal/strictyaml"
)

// checker collects what is wrong with one compute, and remembers where each
// field stood: in its own file, or among the defaults in workspace.yaml.
type checker struct {
	ws      *Workspace
	kind    *Kind // nil until it is known
	file    *strictyaml.File
	root    *strictyaml.Node
	nodes   map[string]place // field or container name to where it stands
	lifted  []lifted         // what stands under properties and belongs to a field
	errs    strictyaml.Errors
	notices []Notice
}

type place struct {
	file *strictyaml.File
	pos  strictyaml.Pos
}

func (c *checker) has(field string) bool {
	_, ok := c.nodes[field]
	return ok
}

func (c *checker) add(e *strictyaml.Error) { c.errs = append(c.errs, e) }

// errorAt reports a problem at a field, or at what stands nearest above it.
func (c *checker) errorAt(field, hint, format string, args ...any) {
	at := c.at(field)
	e := at.file.Errorf(at.pos, format, args...)
	e.Hint = hint
	c.add(e)
}

// at is where a field stands, or what stands nearest above it.
func (c *checker) at(field string) place {
	for name := field; ; {
		if p, ok := c.nodes[name]; ok {
			return p
		}
		i := strings.LastIndexByte(name, '.')
		if i < 0 {
			return place{c.file, c.root.Pos}
		}
		name = name[:i]
	}
}

var (
	namePattern   = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]{2,23}$`)
	numberedTail  = regexp.MustCompile(`-[0-9]+$`)
	reservedNames = map[string]bool{"amlcompute": true, "local": true, "containerinstance": true}
)

// checkName holds the rules that the service's API description (2025-12-01
// and newer) and its documentation give for compute names of the kind, which is
// nil where it is not known.
func checkName(k *Kind, name string) (problem, hint string) {
	switch {
	case len(name) < 3 || len(name) > 24:
		return fmt.Sprintf("name has %d characters, allowed are 3 to 24", len(name)), ""
	case !namePattern.MatchString(name):
		return "name must start with a letter and hold only letters, digits and -", ""
	case k != nil && k.noNumberedTail && numberedTail.MatchString(name):
		return "name must not end in - and a number", "write " + numberedTail.ReplaceAllStringFunc(name, func(s string) string { return s[1:] })
	case strings.HasSuffix(name, "-"):
		return "name must end in a letter or a digit", ""
	case reservedNames[strings.ToLower(name)]:
		return fmt.Sprintf("name %q is reserved by Azure ML", name), ""
	}
	return "", ""
}

// identityRules are what ARM says of identities: a type for user-assigned ones
// needs them, and another one excludes them.
var identityRules = []rule{
	{fields: []string{"identity.type", "identity.user_assigned_identities"}, broken: func(x *Compute) (string, string) {
		return when(x.takesIdentities() && len(x.identities()) == 0,
			x.Text("identity.type")+" needs user-assigned identities", "list them under identity.user_assigned_identities")
	}},
	{fields: []string{"identity.user_assigned_identities", "identity.type"}, drops: true, broken: func(x *Compute) (string, string) {
		return when(!x.takesIdentities() && len(x.identities()) > 0,
			"user-assigned identities need identity.type user_assigned", "set identity.type to user_assigned")
	}},
}

func (c *Compute) takesIdentities() bool {
	return strings.Contains(c.Text("identity.type"), "user_assigned")
}

func (c *Compute) identities() []any {
	list, _ := c.Values["identity.user_assigned_identities"].([]any)
	return list
}

// checkIdentity wants the resource IDs of identities.
func checkIdentity(c *checker, x *Compute) {
	for _, item := range x.identities() {
		m, _ := item.(map[string]any)
		if _, _, provider, typ, _, err := ParseResourceID(text(m["resource_id"])); err != nil ||
			!strings.EqualFold(provider, "Microsoft.ManagedIdentity") || !strings.EqualFold(typ, "userAssignedIdentities") {
			c.errorAt("identity.user_assigned_identities", "", "resource_id is not that of a Microsoft.ManagedIdentity/userAssignedIdentities")
		}
	}
}

// resolveSubnet makes one resource ID of vnet_name and subnet. A bare name is
// in the workspace's resource group, as in CLI v2.
func resolveSubnet(c *checker, x *Compute) {
	vnet, subnet := x.Text("network_settings.vnet_name"), x.Text("network_settings.subnet")
	delete(x.Values, "network_settings.vnet_name")
	switch {
	case strings.HasPrefix(subnet, "/"):
		checkSubnet(c, subnet)
	case vnet == "" && subnet == "":
	case vnet == "" || subnet == "":
		c.errorAt("network_settings", "state both vnet_name and subnet, or a full resource ID as subnet", "vnet_name and subnet belong together")
	default:
		x.Values["network_settings.subnet"] = fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Network/virtualNetworks/%s/subnets/%s",
			c.ws.ID.Subscription, c.ws.ID.ResourceGroup, vnet, subnet)
		checkSubnet(c, x.Text("network_settings.subnet"))
	}
}

func checkSubnet(c *checker, id string) {
	_, _, provider, kind, _, err := ParseResourceID(id)
	if err == nil && !(strings.EqualFold(provider, "Microsoft.Network") && strings.EqualFold(kind, "virtualNetworks/subnets")) {
		err = errors.New("subnet is not a Microsoft.Network/virtualNetworks/subnets")
	}
	if err != nil {
		c.errorAt("network_settings.subnet", "", "%v", err)
	}
}

// urlPassword matches a URL with a user's password or token in it.
var urlPassword = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^/\s@]+@`)

// harmless refuses credentials inside a URL, and hides them.
func (c *checker) harmless(field string, n *strictyaml.Node, s string) bool {
	if !strings.Contains(s, "://") || !urlPassword.MatchString(s) {
		return true
	}
	c.file.Mask(n)
	c.add(c.file.Errorf(n.Pos, "%s: credentials inside a URL", field).WithHint("remove what stands before the @"))
	return false
}

// mask hides the value of a field of this file from excerpts.
func (c *checker) mask(field string) { c.file.Mask(c.node(field)) }

// node is the value under a dotted key of this file; nil is nothing.
func (c *checker) node(field string) *strictyaml.Node {
	n := c.root
	for key := range strings.SplitSeq(field, ".") {
		n = n.Get(key)
	}
	return n
}
