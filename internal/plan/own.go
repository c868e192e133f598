package plan

import (
	"fmt"
	"maps"
	"strings"

	"github.com/computesync/computesync/internal/spec"
)

// owner is whose an actual compute is.
type owner uint8

const (
	nobody   owner = iota
	made           // ours: we made it
	adopted        // ours: somebody else made it and git declared it
	foreign        // it has another owner's tag
	stranger       // somebody else made it, and our tag came onto it by a creation of ours that landed there
)

// owns decides whose a compute is, and returns the record where the journal
// knows it. Another owner's tag settles it; then comes the journal, and where the
// journal knows nothing our own tag, if it has the compute's own name.
func (b *builder) owns(a *spec.Compute) (owner, *spec.Record) {
	tagOwner, tagName, tagAdopted := ownerTag(a)
	if tagOwner != "" && tagOwner != b.settings.Owner {
		return foreign, nil
	}
	if r := b.in.Records[a.Key()]; r != nil && a.Kind != nil && r.CreatedOn == a.Live.CreatedOn {
		if r.Adopted {
			return adopted, r
		}
		return made, r
	}
	if tagOwner == "" || !strings.EqualFold(tagName, a.Name) || a.Kind == nil {
		return nobody, nil
	}
	switch {
	case b.landedOn(a):
		return stranger, nil
	case tagAdopted:
		return adopted, nil
	}
	return made, nil
}

// ownerTag reads the owner tag of a compute; "" where it has none.
func ownerTag(a *spec.Compute) (owner, name string, adopted bool) {
	key, ok := spec.FindTag(a.Tags(), spec.OwnerTag)
	if !ok {
		return "", "", false
	}
	return spec.SplitOwner(a.Tags()[key])
}

func (o owner) ours() bool { return o == made || o == adopted }

// holdUnproven holds, until a person approves, what must not be done because of
// a tag alone: no journal of ours saw the compute made or adopted.
func (b *builder) holdUnproven(c *draft, a *spec.Compute) {
	o, record := b.owns(a)
	if !o.ours() || record != nil && !record.Claimed {
		return
	}
	c.holdSoftly(Approval, fmt.Sprintf("nothing but the tag %s says that %s is ours: the journal did not see it made or adopted",
		spec.OwnerTag, a.Name))
}

// landedOn reports whether a creation of ours landed on the compute, which
// somebody else had made.
func (b *builder) landedOn(a *spec.Compute) bool {
	d := b.in.Disowned[a.Key()]
	return d != nil && !d.Removed && d.CreatedOn == a.Live.CreatedOn
}

// holdStranger holds whatever differs on such a compute.
func (b *builder) holdStranger(c *draft, a *spec.Compute) {
	c.hold(NotOurs, spec.LandedOn(a.Name, a.Live.CreatedOn)+"; remove its tag "+spec.OwnerTag+" to have it adopted")
}

// holdAdoption holds, until a person approves, the adoption of such a compute
// where its tags cannot show that nobody claims it.
func (b *builder) holdAdoption(c *draft, a *spec.Compute) {
	f := a.Kind.Field("tags")
	if b.landedOn(a) && (f == nil || !f.Change.InPlace()) {
		c.holdSoftly(NotOurs, spec.LandedOn(a.Name, a.Live.CreatedOn)+"; approve the plan to have it adopted")
	}
}

// withOwnerTag is the desired compute with our tag on it, where it is to be
// made (a is nil) or where tags can change in place. The tag of what somebody
// else made says so.
func (b *builder) withOwnerTag(d, a *spec.Compute) *spec.Compute {
	f := d.Kind.Field("tags")
	if f == nil || a != nil && !f.Change.InPlace() {
		return d
	}
	took := false
	if a != nil {
		o, _ := b.owns(a)
		_, _, marked := ownerTag(a)
		took = o == adopted || o == nobody || o == made && marked
	}
	tags := map[string]string{spec.OwnerTag: spec.OwnerValue(b.settings.Owner, d.Name, took)}
	maps.Copy(tags, d.Tags())
	tagged := *d
	tagged.Values = make(map[string]any, len(d.Values)+1)
	maps.Copy(tagged.Values, d.Values)
	tagged.Values["tags"] = tags
	return &tagged
}
