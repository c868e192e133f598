package plan

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/diff"
	"github.com/computesync/computesync/internal/spec"
)

// Input is all that a workspace's plan rests on.
type Input struct {
	Desired   *spec.Workspace           // valid
	Actual    []*spec.Compute           // complete
	Records   map[string]*spec.Record   // what is ours, by folded name
	Disowned  map[string]*spec.Disowned // incarnations that are not ours, by folded name
	Previous  *spec.Permissions         // of the workspace's files as they were before; nil when there was nothing
	Rotated   map[string][]string       // folded name to secret fields whose value changed since it was sent
	InFlight  map[string]bool           // folded names of which a begun unit is still being finished
	Attaching spec.ByUnderlying[string] // what begun units attach or may put back, and as which name
	Prices    *Answers                  // for guard rails that need them; nil: nobody was asked
	Hold      *Held                     // holds the whole workspace
	// BusySince says since when changes have been held as busy, by their ID; it
	// may know less than all.
	BusySince map[string]time.Time
	Removed   map[string]time.Time // when plans removed what counts against max_deletions, by incarnation
	Now       time.Time            // for what expires, and for remakes that wait
	Endpoint  string               // of Resource Manager, or the name of a cloud
	// APIVersion is the configured api-version of requests about computes.
	APIVersion string
	Unrouted   []spec.Unrouted // actions that Azure did not take lately
	Against    Against         // where Actual comes from; "": it is what Azure lists

	AllowDeletions int    // deletions a person permits for this plan; 0: nothing was said
	Approved       string // hash of the plan that a person approved
	Approve        string // the command that approves a plan, for texts; "": the flags of apply do

	Suspended []spec.Suspension // by command; those of the specs are in Desired
	Rules     spec.Rules        // of the configuration, besides those of the specs
}

// Build plans every workspace. The result depends on nothing but the input.
func Build(commit string, inputs []Input) *Plan {
	p := &Plan{Format: Format, Commit: commit, Workspaces: make([]Workspace, 0, len(inputs))}
	builders := make([]*builder, len(inputs))
	for i := range inputs {
		builders[i] = newBuilder(&inputs[i])
		builders[i].decide()
		p.Workspaces = append(p.Workspaces, builders[i].out)
	}
	p.Hash = planHash(p)
	for i, b := range builders {
		b.guard(p.Hash)
		b.order()
		p.Workspaces[i] = b.out
	}
	p.Summary = summarize(p.Workspaces)
	return p
}

// builder plans one workspace: decide what each compute needs, hold what must
// not be, put the steps that remain in order.
type builder struct {
	in       *Input
	settings spec.Settings
	out      Workspace
	changes  []*draft
	list     []*spec.Compute                  // what exists, as far as it is believed
	actual   map[string]*spec.Compute         // the same by folded name
	hidden   map[string]*spec.Record          // ours, and not shown as they are known to be, by folded name
	declared map[string]*spec.Compute         // by folded name, without what has expired
	expired  map[string]*spec.Compute         // declared, but no longer desired
	holders  spec.ByUnderlying[*spec.Compute] // the actual computes
	claims   spec.ByUnderlying[string]        // the declared names that are to attach
	taken    map[string]bool                  // folded names that a takeover removes
	closed   map[Action]*Held                 // by windows, as far as asked for
	owned    int
}

// draft is a change with what is decided later.
type draft struct {
	Change
	soft *Held // holds unless a person approved
	// forceLater: its file permits to end jobs, but not yet.
	forceLater bool
	freedBy    []*spec.Compute // actual computes whose detachment an attach step needs
}

func newBuilder(in *Input) *builder {
	ws := in.Desired
	b := &builder{
		in: in, settings: ws.Settings,
		out:    Workspace{ID: ws.ID.String(), Target: ws.ID, Location: ws.Location, Path: ws.Dir, Sum: ws.Sum, Owner: ws.Settings.Owner, Endpoint: in.Endpoint, Against: in.Against, Settings: ws.Settings},
		actual: map[string]*spec.Compute{}, declared: map[string]*spec.Compute{}, expired: map[string]*spec.Compute{},
		taken: map[string]bool{}, closed: map[Action]*Held{},
	}
	b.believe(in.Actual)
	for _, a := range b.list {
		if o, _ := b.owns(a); o.ours() {
			b.owned++
		}
	}
	for _, d := range ws.Computes {
		e := d.Lifecycle.Expires
		if !e.IsZero() && !e.After(in.Now) {
			b.expired[d.Key()] = d
			continue
		}
		if !e.IsZero() {
			b.out.Expiring = append(b.out.Expiring, Expiry{d.Name, e.UTC()})
		}
		b.declared[d.Key()] = d
	}
	return b
}

func (b *builder) decide() {
	desired := make([]*spec.Compute, 0, len(b.declared))
	for _, d := range b.in.Desired.Computes {
		if b.declared[d.Key()] != d {
			continue
		}
		if a := b.actual[d.Key()]; a != nil {
			d = b.withOwnerTag(d, a)
		}
		desired = append(desired, d)
	}
	pairs := diff.Computes(desired, b.list)
	for _, c := range pairs { // first what arrives or stays: it may take over what leaves
		switch {
		case b.pending(c.Key()):
			b.isPending(c)
		case c.Actual == nil:
			b.missing(c.Desired)
		case c.Desired != nil:
			b.present(c)
		}
	}
	for _, c := range pairs {
		if c.Desired == nil && !b.taken[c.Key()] && !b.pending(c.Key()) {
			b.undeclared(c.Actual)
		}
	}
	slices.SortStableFunc(b.changes, func(x, y *draft) int {
		if n := strings.Compare(spec.FoldName(x.Name), spec.FoldName(y.Name)); n != 0 {
			return n
		}
		return strings.Compare(string(x.Action), string(y.Action))
	})
	sortNotices(b.out.Notices)
	b.publish()
	b.keepDeclared()
}

// keepDeclared puts into the plan what is declared and in no change.
func (b *builder) keepDeclared() {
	changed := make(map[string]bool, len(b.changes))
	for _, c := range b.changes {
		if c.Desired != nil {
			changed[c.Desired.Key()] = true
		}
	}
	for _, d := range b.in.Desired.Computes {
		if !changed[d.Key()] {
			b.out.Declared = append(b.out.Declared, d)
		}
	}
}

// isPending leaves a compute alone of which nothing may be concluded.
func (b *builder) isPending(pair diff.Change) {
	c := pair.Desired
	if c == nil {
		c = pair.Actual
	}
	d := &draft{Change: Change{Name: c.Name, Kind: c.KindName(), Action: None, File: c.File, Line: c.Line}}
	b.holdPending(d, c.Key(), c.Name)
	b.add(d)
}

// publish copies the drafts into the plan.
func (b *builder) publish() {
	b.out.Changes = make([]Change, len(b.changes))
	for i, d := range b.changes {
		b.out.Changes[i] = d.Change
	}
}

func (b *builder) add(d *draft) {
	if d.Fields == nil {
		d.Fields = []Field{}
	}
	if d.Steps == nil {
		d.Steps = []Step{}
	}
	if texts := d.conflicts(b.actual[spec.FoldName(cmp.Or(d.Former, d.Name))]); len(texts) > 0 {
		d.hold(ConflictingValues, strings.Join(texts, "; "))
	}
	b.changes = append(b.changes, d)
}

// begin starts the draft of a change of a declared compute.
func (b *builder) begin(d, a *spec.Compute, action Action) *draft {
	c := &draft{Change: Change{Name: d.Name, Kind: d.KindName(), Action: action, File: d.File, Line: d.Line, Desired: d}}
	if a != nil {
		c.CreatedOn = a.Live.CreatedOn
		c.Fingerprint = Fingerprint(d, a)
	}
	return c
}

func (d *draft) hold(code Code, text string) {
	if d.Held == nil {
		d.Held = &Held{Code: code, Text: text}
	}
}

func (d *draft) holdSoftly(code Code, text string) {
	if d.soft == nil {
		d.soft = &Held{Code: code, Text: text}
	}
}

// step appends a step that needs the unit's former one.
func (d *draft) step(verb Verb, name string) *Step {
	s := Step{ID: name + "/" + string(verb), Verb: verb, Name: name, Needs: []string{}}
	if n := len(d.Steps); n > 0 {
		s.Needs = append(s.Needs, d.Steps[n-1].ID)
	}
	d.Steps = append(d.Steps, s)
	return &d.Steps[len(d.Steps)-1]
}

func fields(list []diff.Field) []Field {
	out := make([]Field, len(list))
	for i, f := range list {
		out[i] = Field{f.Path, f.From, f.To, f.Reason}
	}
	return out
}
