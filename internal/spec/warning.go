package spec

import (
	"fmt"
	"slices"

	"github.com/computesync/computesync/internal/strictyaml"
)

// Notice is a remark that stops nothing: a warning with a stable code.
type Notice struct {
	Pos  strictyaml.Pos
	Code string
	Text string
	// Guard says that guard rails have it: plan, apply and the daemon tell it, too.
	Guard bool
}

// PassedOver reports whether the notice is about a document that declares
// nothing: what plan and apply must tell, too. All else is for validate.
func (n Notice) PassedOver() bool { return n.Code == "other-asset" || n.Code == "local" }

func (n Notice) String() string { return fmt.Sprintf("%s: %s [%s]", n.Pos, n.Text, n.Code) }

// Warning is a code that a notice may have.
type Warning struct {
	Code string
	Doc  string // one sentence
}

// warnings is every code: one line each. `ignore_warnings` in workspace.yaml
// turns them off by code.
var warnings = []Warning{
	{"address-dropped", "A machine is attached by its address, which clients newer than the Python SDK v1 no longer offer."},
	{"api-version", "The configured api-version does not have a field: requests for the compute use one that has it."},
	{"always-on", "`min_instances` above 0 keeps nodes that bill all the time."},
	{"local", "A `type: local` document declares nothing: a workspace needs nothing for a local computer."},
	{"long-name", "Azure refused names above 16 characters for attached computes in the past."},
	{"low-priority", "Low-priority nodes are Spot since 2026-03-31: their price varies, up to pay-as-you-go, " +
		"and a job on a node that is preempted starts over unless it keeps checkpoints."},
	{"many-nodes", "`max_instances` above 100 needs a higher limit, which Azure grants on request only."},
	{"never-fires", "A schedule names a date that never comes."},
	{"no-idle-shutdown", "An instance without idle shutdown and without a schedule that stops it bills until somebody stops it."},
	{"nobody-can-open-it", "An instance can be opened by its creator and its assigned user alone: one that an application makes needs `create_on_behalf_of`."},
	{"numbered-name", "By its documentation Azure may refuse to create a compute whose name ends in - and a number."},
	{"other-asset", "A document belongs to another Azure ML asset and was passed over."},
	{"public-ip", "Azure ML reaches the machine over the internet: it needs a public address."},
	{"public-ssh", "The ssh port is open to the internet."},
	{"retired-service", "Azure has retired the service behind this kind."},
	{"retired-size", "Azure has retired the VM size, or retires it within a year."},
	{"sdk-v1-only", "Only the Python SDK v1 knows this kind, and its support ended on 2026-06-30; " +
		"whether Azure still accepts it is not known."},
	{"ssh-on-behalf", "Azure refuses an ssh key on an instance that is made on behalf of somebody else."},
	{"superseded", "A newer kind does the same: `kubernetes` in place of `aks`."},
	{"ubuntu-only", "Azure ML supports virtual machines that run Ubuntu only."},
	{"unpriced", "A guard rail on cost needs prices, which a plan asks Azure for."},
}

// Warnings returns every code of a notice, by code.
func Warnings() []Warning { return slices.Clone(warnings) }

// warn remarks on a field, unless the workspace turned the code off.
func (c *checker) warn(field, code, format string, args ...any) {
	pos := c.root.Pos
	if p, ok := c.nodes[field]; ok {
		pos = p.pos
	}
	if !slices.Contains(c.ws.Settings.IgnoreWarnings, code) {
		c.notices = append(c.notices, Notice{Pos: pos, Code: code, Text: fmt.Sprintf(format, args...)})
	}
}

// warningCodes reads `ignore_warnings`.
func (c *checker) warningCodes(guards Guards, n *strictyaml.Node) []string {
	listed, ok := list(c, n, strictyaml.WantString, (*strictyaml.Node).Text)
	if !ok {
		return nil
	}
	known := warningNames()
	if guards != nil {
		known = append(known, guards.Codes()...)
	}
	for _, item := range n.Items {
		code, ok := item.Text()
		if !ok || slices.Contains(known, code) {
			continue
		}
		err := c.file.Errorf(item.Pos, "ignore_warnings names no warning: %q", clip(code))
		if near := strictyaml.Suggest(code, known); near != "" {
			err.Hint = "did you mean " + near + "?"
		}
		c.add(err)
	}
	return listed.([]string)
}
