package plan

import (
	"fmt"
	"slices"

	"github.com/computesync/computesync/internal/diff"
	"github.com/computesync/computesync/internal/spec"
)

// remove plans a compute that must go to come back different: a replace of
// what Azure ML made, a re-attach of what came from outside.
func (b *builder) remove(d, a *spec.Compute, list []diff.Field) {
	action := Replace
	if d.Attaches() && a.Kind != nil && a.Kind.Attachable() && !a.Made() {
		action = Reattach
	}
	d = b.withOwnerTag(d, nil)
	c := b.begin(d, a, action)
	c.Fields = fields(list)
	b.removalSteps(c, a)
	_, verb := arrival(d)
	b.makeSteps(c, verb)
	b.claim(c, b.formers(d))
	if a.Kind == nil || a.Kind.Attachable() && !a.Made() {
		b.wayBack(c, a)
	}
	b.mayRemove(c, a)
	switch {
	case action == Reattach:
		b.mayLoseIdentity(c, a)
	case a.Made() && spec.Overlap(a.Underlying(), d.Underlying()):
		c.hold(NotOurs, goesWith(a))
	default:
		b.mayReplace(c, a)
	}
	b.holdLost(c, a)
	b.add(c)
}

// mayReplace holds a replacement that would lose what cannot be made again.
func (b *builder) mayReplace(c *draft, a *spec.Compute) {
	switch {
	case a.Kind != c.Desired.Kind:
		c.loses(fmt.Sprintf("the %s of that name would go", a.KindName()))
	case a.Live.ComputeType == "ComputeInstance":
		c.loses("its disk is somebody's work")
	case a.Kind.Attachable() && a.Made():
		c.loses(fmt.Sprintf("the %s that Azure ML made would go, with all that runs on it", a.Kind.Title))
	case a.Live.HasCredentials && c.Desired.Values["ssh_settings.admin_password"] == nil && a.Text("ssh_settings.ssh_key_value") == "":
		c.loses("its administrator's password is not in the spec and would go")
	}
	b.mayLoseIdentity(c, a)
}

// mayLoseIdentity holds what would give a compute another system-assigned
// identity than the one that roles were assigned to.
func (b *builder) mayLoseIdentity(c *draft, a *spec.Compute) {
	if a.Live.SystemIdentity {
		c.loses("its system-assigned identity would go, and with it the identity's role assignments")
	}
}

// loses holds the change unless its file permits the loss.
func (d *draft) loses(loss string) {
	d.Notes = append(d.Notes, loss)
	switch {
	case d.Desired.Lifecycle.ReplaceAllow:
	case d.Desired.Kind.MayLose():
		d.hold(CannotChangeInPlace, loss+"; permit it with computesync: {replace: allow}")
	default: // the kind that comes has nothing to lose, and its spec no such key
		d.hold(CannotChangeInPlace, fmt.Sprintf("%s; remove %s by a commit of its own, or by hand, and declare the %s after that",
			loss, d.Name, d.Desired.Kind.Title))
	}
}

// undeclared plans a compute that exists and that git does not declare, or
// whose time is up.
func (b *builder) undeclared(a *spec.Compute) {
	o, record := b.owns(a)
	if !o.ours() {
		b.out.Unmanaged++
		return
	}
	life := b.lastLifecycle(a, record)
	onDelete := life.OnDelete
	if onDelete == "" && o == adopted {
		onDelete = spec.OnDeleteOrphan
	}
	if onDelete == spec.OnDeleteOrphan {
		b.out.Orphaned = append(b.out.Orphaned, a.Name)
		return
	}
	c := &draft{Change: Change{Name: a.Name, Kind: a.KindName(), CreatedOn: a.Live.CreatedOn, Fingerprint: Fingerprint(nil, a)}}
	b.removalSteps(c, a)
	c.Action = Detach
	if c.Steps[0].Verb == VerbDelete {
		c.Action = Delete
	}
	b.holdSkipped(c, a)
	x := b.expired[a.Key()]
	switch {
	case x != nil:
		c.File, c.Line = x.File, x.Line
		c.Notes = append(c.Notes, "expired "+x.Lifecycle.Expires.UTC().Format("2006-01-02T15:04:05Z"))
	case len(b.in.Desired.Computes) == 0 && !b.settings.AllowEmpty:
		c.hold(EmptySource, "no compute is declared at all; set allow_empty if that is meant")
	case !b.settings.Prune:
		c.hold(PruneOff, "ours and no longer declared; set prune to have it removed")
	case b.in.Previous != nil && !b.in.Previous.Settings.Prune:
		c.holdSoftly(PruneOff, "this very commit turned prune on; the removal waits for the next one that touches the workspace, or an approval")
	}
	if x == nil {
		b.holdProtectedLast(c, a, record)
	}
	b.mayRemove(c, a)
	b.holdMade(c, a)
	b.add(c)
}

// holdSkipped holds the removal of a compute that a document still names, which is
// skipped or ignored: it would be an accident.
func (b *builder) holdSkipped(c *draft, a *spec.Compute) {
	if where := b.in.Desired.Skipped[a.Key()]; where != "" {
		c.hold(Protected, fmt.Sprintf("%s is still in a file: %s", a.Name, where))
	}
}

// holdMade holds the deletion of what Azure ML made while a declared compute
// is to stand on it.
func (b *builder) holdMade(c *draft, a *spec.Compute) {
	if !a.Made() {
		return
	}
	for _, d := range b.in.Desired.Computes {
		if b.declared[d.Key()] == d && spec.Overlap(a.Underlying(), d.Underlying()) {
			c.hold(NotOurs, fmt.Sprintf("%s is declared to attach %s, which would go", d.Name, resourceOf(a)))
		}
	}
}

// lastLifecycle is what the compute's file said last, as far as that is known.
func (b *builder) lastLifecycle(a *spec.Compute, record *spec.Record) spec.Lifecycle {
	if x := b.expired[a.Key()]; x != nil {
		return x.Lifecycle
	}
	if record == nil || record.Spec == nil {
		return spec.Lifecycle{}
	}
	return record.Spec.Lifecycle
}

// removalSteps appends the removal of an actual compute. The verb follows
// what it is, not what the spec says: only what Azure ML made is deleted.
func (b *builder) removalSteps(c *draft, a *spec.Compute) {
	if a.Made() || a.Kind != nil && !a.Kind.Attachable() {
		c.step(VerbDelete, a.Name)
		if !a.Made() {
			c.hold(NotOurs, fmt.Sprintf("Azure does not say that %s was made by Azure ML", a.Name))
		}
		if a.Made() && a.Kind.Attachable() { // no answer of these kinds shows jobs or nodes
			c.Notes = append(c.Notes, fmt.Sprintf("whether something runs on it is unknown: Azure does not show it for a %s", a.Kind.Title))
		}
		return
	}
	c.step(VerbDetach, a.Name)
	c.Notes = append(c.Notes, "whether something runs on it is unknown: Azure does not tell for attached computes")
}

// mayRemove holds what must not be removed now.
func (b *builder) mayRemove(c *draft, a *spec.Compute) {
	o, _ := b.owns(a)
	switch {
	case o == foreign:
		b.holdForeign(c, a)
	case o == stranger:
		b.holdStranger(c, a)
	case o == nobody:
		c.hold(NotOurs, fmt.Sprintf("%s is not ours and would have to be removed", a.Name))
	}
	b.holdUnproven(c, a)
	if b.protects(a) {
		c.hold(Protected, fmt.Sprintf("%s is protected", a.Name))
	}
	b.holdProtectedBefore(c, a)
	if state := moving(a); state != "" {
		c.hold(Transitional, fmt.Sprintf("%s is %s", a.Name, state))
	}
	b.mayForce(c, a)
	holdBusy(c, a)
	b.holdUnremoved(c, a)
}

// holdUnremoved lets some time pass after a removal of ours that failed.
func (b *builder) holdUnremoved(c *draft, a *spec.Compute) {
	_, record := b.owns(a)
	if record == nil || record.Unremoved == "" {
		return
	}
	if record.RemakeIn(b.in.Now) == 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("the last removal of %s failed: %s", a.Name, record.Unremoved))
	}
	b.holdUntilDue(c, record, fmt.Sprintf("the removal of %s failed", a.Name), record.Unremoved)
}

// protects reports whether this commit protects the compute.
func (b *builder) protects(a *spec.Compute) bool {
	if b.settings.Protects(a.Name) {
		return true
	}
	d := b.declared[a.Key()]
	if d == nil {
		d = b.expired[a.Key()]
	}
	return d != nil && d.Lifecycle.Protect
}

// holdProtectedBefore keeps a commit that drops a protection from using that
// at once.
func (b *builder) holdProtectedBefore(c *draft, a *spec.Compute) {
	p := b.in.Previous
	if p != nil && (slices.Contains(p.Protected, a.Key()) || p.Settings.Protects(a.Name)) {
		b.holdProtected(c, a)
	}
}

func (b *builder) holdProtected(c *draft, a *spec.Compute) {
	c.holdSoftly(Protected, fmt.Sprintf("%s was protected until this commit; the removal waits for the next one that touches the workspace, or an approval", a.Name))
}

// holdProtectedLast keeps a compute whose file was removed while it said
// protect or suspend: no commit ever dropped that.
func (b *builder) holdProtectedLast(c *draft, a *spec.Compute, record *spec.Record) {
	if record == nil || record.Spec == nil {
		return
	}
	if record.Spec.Lifecycle.Protect {
		c.holdSoftly(Protected, fmt.Sprintf("%s was protected when its file went; the removal waits for an approval", a.Name))
	}
	if s := record.Spec.Lifecycle.Suspend; s.Active(b.in.Now) {
		c.holdSoftly(Suspended, fmt.Sprintf("%s was suspended%s when its file went; the removal waits for an approval", a.Name, suspendedBy(s)))
	}
}
