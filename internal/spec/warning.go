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
	// Guard says that guard rails have it: plan, apply and the daemon show it, too.
	Guard bool
}

// PassedOver reports whether the notice is about what declares nothing, so that computes
// may be missed: plan and apply show it, too. All else is for validate.
func (n Notice) PassedOver() bool { return n.weight() == skipped || n.weight() == missed }

// Missed reports whether the notice is about computes that are probably meant, and not read.
func (n Notice) Missed() bool { return n.weight() == missed }

// Loud reports whether a person should look at the notice: the daemon logs it as a warning.
func (n Notice) Loud() bool { return n.Guard || n.Missed() }

// Note reports whether nothing has to be done.
func (n Notice) Note() bool {
	return n.weight() == skipped || n.weight() == listed || n.weight() == outside
}

func (n Notice) weight() weight {
	i := slices.IndexFunc(warnings, func(w Warning) bool { return w.Code == n.Code })
	if i < 0 {
		return ofCompute
	}
	return warnings[i].weight
}

func (n Notice) String() string { return fmt.Sprintf("%s: %s [%s]", n.Pos, n.Text, n.Code) }

// Warning is a code that a notice may have.
type Warning struct {
	Code   string
	Doc    string // one sentence
	weight weight
}

// weight is what a code is about.
type weight uint8

const (
	ofCompute weight = iota // what is declared
	skipped                 // a document that declares nothing
	missed                  // documents that probably declare something, and are not read
	listed                  // what is not read, as it should be
	outside                 // the same, in no workspace
)

// warnings is every code: one line each. `ignore_warnings` in workspace.yaml
// turns them off by code.
var warnings = []Warning{
	{Code: "address-dropped", Doc: "A machine is attached by its address, which clients newer than the Python SDK v1 no longer offer."},
	{Code: "always-on", Doc: "`min_instances` above 0 keeps nodes that bill all the time."},
	{Code: "api-version", Doc: "The configured api-version does not have a field: requests for the compute use one that has it."},
	{Code: "ignored", Doc: "Files and folders are not read because `ignore` names them.", weight: listed},
	{Code: "link-not-followed", Doc: "A link whose name is not that of a spec leads out of what is read, and was not followed.", weight: skipped},
	{Code: "local", Doc: "A `type: local` document declares nothing: a workspace needs nothing for a local computer.", weight: skipped},
	{Code: "long-name", Doc: "Azure refused names above 16 characters for attached computes in the past."},
	{Code: "low-priority", Doc: "Low-priority nodes are Spot since 2026-03-31: their price varies, up to pay-as-you-go, " +
		"and a job on a node that is preempted starts over unless it keeps checkpoints."},
	{Code: "many-nodes", Doc: "`max_instances` above 100 needs a higher limit, which Azure grants on request only."},
	{Code: "never-fires", Doc: "A schedule names a date that never comes."},
	{Code: "no-idle-shutdown", Doc: "An instance without idle shutdown and without a schedule that stops it bills until somebody stops it."},
	{Code: "no-workspace", Doc: "A folder holds computes, and neither it nor one above has a `workspace.yaml`: they are not read.", weight: missed},
	{Code: "nobody-can-open-it", Doc: "An instance can be opened by its creator and its assigned user alone: one that an application makes needs `create_on_behalf_of`."},
	{Code: "not-followed", Doc: "A submodule, or a link that may lead to a folder, lies in no workspace and was not followed.", weight: outside},
	{Code: "numbered-name", Doc: "By its documentation Azure may refuse to create a compute whose name ends in - and a number."},
	{Code: "other-asset", Doc: "A document belongs to another Azure ML asset and was passed over.", weight: skipped},
	{Code: "public-ip", Doc: "Azure ML reaches the machine over the internet: it needs a public address."},
	{Code: "public-ssh", Doc: "The ssh port is open to the internet."},
	{Code: "retired-service", Doc: "Azure has retired the service behind this kind."},
	{Code: "retired-size", Doc: "Azure has retired the VM size, or retires it within a year."},
	{Code: "sdk-v1-only", Doc: "Only the Python SDK v1 knows this kind, and its support ended on 2026-06-30; " +
		"whether Azure still accepts it is not known."},
	{Code: "ssh-on-behalf", Doc: "Azure refuses an ssh key on an instance that is made on behalf of somebody else."},
	{Code: "superseded", Doc: "A newer kind does the same: `kubernetes` in place of `aks`."},
	{Code: "ubuntu-only", Doc: "Azure ML supports virtual machines that run Ubuntu only."},
	{Code: "unknown-property", Doc: "A raw property is not in the kind's schema as far as that is known: it may be misspelt."},
	{Code: "unpriced", Doc: "A guard rail on cost needs prices, which a plan asks Azure for."},
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
