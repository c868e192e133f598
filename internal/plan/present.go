package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/diff"
	"github.com/computesync/computesync/internal/spec"
)

// present plans a compute that is declared and exists.
func (b *builder) present(pair diff.Change) {
	d, a := pair.Desired, pair.Actual
	o, record := b.owns(a)
	pair.Fields = append(pair.Fields, b.unseen(d, a, record)...)
	power := powerVerb(d, a)
	b.noticeDegraded(a)
	b.noticeNotShown(d, a)
	if o.ours() && len(pair.Fields) == 0 && power == "" && healthy(a) {
		b.out.Unchanged++
		return
	}
	if o == foreign || o == stranger {
		c := b.begin(d, a, None)
		c.Fields = fields(pair.Fields)
		if o == stranger {
			b.holdStranger(c, a)
		}
		b.holdForeign(c, a)
		b.add(c)
		return
	}
	if !healthy(a) {
		b.unhealthy(d, a, record, pair.Fields)
		return
	}
	pair.Fields = b.refused(d, a, record, b.routed(a, pair.Fields))
	if highest(pair.Fields).Remakes() {
		b.remove(d, a, pair.Fields)
		return
	}
	b.inPlace(d, a, o, pair.Fields, power)
}

// highest is the greatest cost among the differences: what replaces carries
// everything else along.
func highest(list []diff.Field) spec.Change {
	var cost spec.Change
	for _, f := range list {
		cost = max(cost, f.Cost)
	}
	return cost
}

// healthy reports whether provisioning ended well or is still under way.
func healthy(a *spec.Compute) bool {
	switch a.Live.ProvisioningState {
	case "Failed", "Canceled":
		return false
	}
	return !slices.Contains([]string{"CreateFailed", "SetupFailed", "UserSetupFailed", "Unusable"}, a.Live.State)
}

// moving says what is under way with a compute, "" when nothing is. A cluster
// that is Resizing is not moving: it takes writes.
func moving(a *spec.Compute) string {
	switch s := a.Live.ProvisioningState; s {
	case "Creating", "Updating", "Deleting", "Unknown":
		return s
	}
	switch s := a.Live.State; s {
	case "Creating", "SettingUp", "UserSettingUp", "Stopping", "Starting", "Restarting", "Deleting", "Resizing", "Unknown":
		return s
	}
	return ""
}

// unseen are the differences in what Azure does not return, secrets above all:
// they are known from what was applied and sent last.
func (b *builder) unseen(d, a *spec.Compute, record *spec.Record) []diff.Field {
	var out []diff.Field
	add := func(f *spec.Field, from, to, reason string) {
		out = append(out, diff.Field{Path: f.Name, Cost: f.Cost(a), Action: f.Action, From: from, To: to, Reason: reason})
	}
	for i := range d.Kind.Fields {
		f := &d.Kind.Fields[i]
		want := d.Values[f.Name]
		_, known := a.Values[f.Name]
		switch {
		case want == nil || known || f.ARM == "" || slices.Contains(d.Lifecycle.IgnoreChanges, f.Name):
		case slices.Contains(b.in.Rotated[d.Key()], f.Name):
			add(f, "<secret>", "<secret>", "the secret was rotated")
		case record == nil || record.Spec == nil || record.Spec.Kind != d.Kind || a.Kind != d.Kind || spec.NamesResource(f.Name):
		case f.Type == spec.Secret:
			if record.Spec.Values[f.Name] == nil && record.Secrets[f.Name] == "" {
				add(f, "<none>", "<secret>", "the spec did not state it before")
			}
		case record.Spec.Values[f.Name] != nil && !f.Equal(want, record.Spec.Values[f.Name]):
			add(f, f.Show(record.Spec.Values[f.Name]), f.Show(want), "Azure does not return it: this is what was applied last")
		}
	}
	return out
}

// refused splits off what Azure accepted and did not apply before, as long as
// neither side changed since; and what cannot change in place.
func (b *builder) refused(d, a *spec.Compute, record *spec.Record, list []diff.Field) []diff.Field {
	var rest, held []diff.Field
	for _, f := range list {
		if record != nil && record.Refused[f.Path] == (spec.Refusal{Want: f.To, Have: f.From}) {
			if extra := kept(d.Kind, f); extra != "" {
				f.Reason = "Azure kept " + extra + " in the list"
			}
			held = append(held, f)
			continue
		}
		rest = append(rest, f)
	}
	if len(held) > 0 {
		b.holdFields(d, a, held, NotApplied, "Azure accepted the change and did not apply it; waiting until the spec or the compute changes")
	}
	return rest
}

// holdFields holds differences that nothing is done about; all of one compute
// are one change.
func (b *builder) holdFields(d, a *spec.Compute, list []diff.Field, code Code, text string) {
	if n := len(b.changes); n > 0 && b.changes[n-1].Desired == d && b.changes[n-1].Action == None {
		c := b.changes[n-1]
		c.Fields = append(c.Fields, fields(list)...)
		c.Held = &Held{Code: code, Text: c.Held.Text + "; " + text}
		return
	}
	c := b.begin(d, a, None)
	c.Fields = fields(list)
	c.hold(code, text)
	b.add(c)
}

// inPlace plans what leaves the compute standing: an update, an adoption, a
// start or stop. What is create-only is held beside it.
func (b *builder) inPlace(d, a *spec.Compute, o owner, list []diff.Field, power Verb) {
	var can, cannot []diff.Field
	for _, f := range list {
		if f.Cost.InPlace() {
			can = append(can, f)
		} else {
			cannot = append(cannot, f)
		}
	}
	why := whyNot(cannot)
	if len(cannot) > 0 && o.ours() {
		b.holdFields(d, a, cannot, CannotChangeInPlace, why)
	}
	action := Update
	switch {
	case o == nobody:
		action = Adopt
	case len(can) == 0 && power == VerbStart:
		action = Start
	case len(can) == 0 && power == VerbStop:
		action = Stop
	case len(can) == 0:
		return
	}
	c := b.begin(d, a, action)
	c.Fields = fields(can)
	b.updateSteps(c, a, can, power)
	if action == Adopt {
		b.holdAdoption(c, a)
	}
	if len(cannot) > 0 && action == Adopt {
		c.Fields = append(c.Fields, fields(cannot)...)
		c.hold(CannotChangeInPlace, why)
	}
	if state := moving(a); state != "" {
		c.hold(Transitional, fmt.Sprintf("%s is %s", a.Name, state))
	}
	stops := power == VerbStop || restarts(can)
	if stops || lowers(d, a, can) {
		b.mayForce(c, a)
	}
	holdBusyScale(c, a, can)
	if stops {
		holdBusyPower(c, a)
	}
	if stops || identifies(can) {
		b.holdUnproven(c, a)
	}
	b.add(c)
}

// identifies reports whether one of the differences gives or takes an identity.
func identifies(list []diff.Field) bool {
	return slices.ContainsFunc(list, func(f diff.Field) bool { return strings.HasPrefix(f.Path, "identity") })
}

// updateSteps routes the differences: one PUT carries everything but actions,
// and a change of scale alone goes by PATCH.
func (b *builder) updateSteps(c *draft, a *spec.Compute, list []diff.Field, power Verb) {
	costs := map[spec.Change]bool{}
	for _, f := range list {
		costs[f.Cost] = true
	}
	switch {
	case costs[spec.ByPut]:
		c.step(VerbPut, c.Name)
		c.Notes = append(c.Notes, losses(c.Desired, a)...)
	case costs[spec.ByPatch]:
		c.step(VerbPatch, c.Name)
	}
	if power == VerbStop && restarts(list) { // what restarts it may need it to be stopped
		c.powerStep(power)
		power = ""
	}
	for _, f := range list {
		if f.Cost != spec.ByAction || slices.ContainsFunc(c.Steps, func(s Step) bool { return s.Action == f.Action.Name }) {
			continue
		}
		post := c.step(VerbPost, c.Name)
		post.Action = f.Action.Name
		post.Version, _ = b.version(f.Action, a, f)
		post.ID += ":" + f.Action.Name // one compute may need several
	}
	if power != "" {
		c.powerStep(power)
	}
	if len(c.Steps) == 0 {
		c.step(VerbAdopt, c.Name)
	}
}

func (d *draft) powerStep(power Verb) {
	d.Fields = append(d.Fields, Field{
		Path: "computesync.state", From: map[Verb]string{VerbStart: "stopped", VerbStop: "running"}[power],
		To: d.Desired.Lifecycle.State,
	})
	d.step(power, d.Name)
}

// powerVerb is what brings an instance to its declared state, "" when it is
// there or on its way, or stopped itself by its own schedule.
func powerVerb(d, a *spec.Compute) Verb {
	if d.Kind != a.Kind {
		return ""
	}
	switch a.Live.State {
	case "Running", "JobRunning", "Creating", "SettingUp", "UserSettingUp", "Starting", "Restarting":
		if d.Lifecycle.State == spec.StateStopped {
			return VerbStop
		}
	case "Stopped", "Stopping":
		byItself := a.Live.StateTrigger == "Schedule" || a.Live.StateTrigger == "IdleShutdown"
		if d.Lifecycle.State == spec.StateRunning && !byItself {
			return VerbStart
		}
	}
	return ""
}

// unhealthy plans a compute that Azure says has failed. What never worked is
// made again, and what failed only because our removal of it did is removed
// again; what failed by itself is somebody's to look at, unless its file permits
// the replacement that its fields need.
func (b *builder) unhealthy(d, a *spec.Compute, record *spec.Record, list []diff.Field) {
	if record == nil || record.Good || record.Adopted {
		if record != nil && record.Unremoved != "" || d.Lifecycle.ReplaceAllow && highest(list).Remakes() {
			b.remove(d, a, list)
			return
		}
		c := b.begin(d, a, None)
		c.Fields = fields(list)
		c.hold(Failed, fmt.Sprintf("%s is %s: %s; repair it in Azure, or remove it: "+
			"the plan goes on once Azure shows it Succeeded, and makes it again once it is gone", a.Name, condition(a), reasons(a)))
		b.add(c)
		return
	}
	c := b.begin(b.withOwnerTag(d, nil), a, Remake)
	c.Fields = fields(list)
	b.removalSteps(c, a)
	_, verb := arrival(d)
	b.makeSteps(c, verb)
	b.claim(c, b.formers(d))
	if record.Unremoved == "" {
		b.holdUntilDue(c, record, fmt.Sprintf("%s is %s", a.Name, condition(a)),
			reasons(a)+"; that try removes it and makes it again as its file says then: correct the file if the reason is in it")
	}
	c.Notes = append(c.Notes, losses(c.Desired, a)...)
	b.mayRemove(c, a)
	b.add(c)
}

// holdUntilDue holds a change that failed before until it may be tried again.
func (b *builder) holdUntilDue(c *draft, record *spec.Record, what, why string) {
	if record.RemakeIn(b.in.Now) == 0 {
		return
	}
	at := record.RemakeAt.UTC()
	c.holdBy(&Held{Code: Failed, Until: at, Text: fmt.Sprintf("%s (tries so far: %d); next try at %s: %s",
		what, record.Remakes, at.Format("2006-01-02T15:04:05Z"), why)})
}

func condition(a *spec.Compute) string {
	if a.Live.ProvisioningState == "Succeeded" {
		return a.Live.State
	}
	return a.Live.ProvisioningState
}

// reasons are why Azure says that a compute has failed.
func reasons(a *spec.Compute) string {
	return cmp.Or(strings.Join(a.Live.Errors, "; "), "Azure gives no reason")
}

func fieldNames(list []diff.Field) string {
	names := make([]string, len(list))
	for i, f := range list {
		names[i] = f.Path
	}
	return strings.Join(names, ", ")
}

func (b *builder) holdForeign(c *draft, a *spec.Compute) {
	other, _, _ := ownerTag(a)
	c.hold(ForeignOwner, fmt.Sprintf("%s belongs to %q by its tag %s", a.Name, other, spec.OwnerTag))
}
