package plan

import (
	"strings"

	"github.com/computesync/computesync/internal/spec"
)

// owner is whose an actual compute is.
type owner uint8

const (
	nobody  owner = iota
	made          // ours: we made it
	adopted       // ours: somebody else made it and git declared it
	foreign       // another owner's tag stands on it
)

// owns tells whose a compute is, and the record where the journal knows it.
// Another owner's tag settles it; then comes the journal, and where the
// journal knows nothing our own tag, if it bears the compute's own name.
func (b *builder) owns(a *spec.Compute) (owner, *spec.Record) {
	tagOwner, tagName := "", ""
	if key, ok := spec.FindTag(a.Tags(), spec.OwnerTag); ok {
		tagOwner, tagName = spec.SplitOwner(a.Tags()[key])
		if tagOwner != b.settings.Owner {
			return foreign, nil
		}
	}
	if r := b.in.Records[a.Key()]; r != nil && a.Kind != nil && r.CreatedOn == a.Live.CreatedOn {
		if r.Adopted {
			return adopted, r
		}
		return made, r
	}
	if tagOwner != "" && strings.EqualFold(tagName, a.Name) && a.Kind != nil {
		return made, nil
	}
	return nobody, nil
}

func (o owner) ours() bool { return o == made || o == adopted }

// withOwnerTag is the desired compute with our tag on it, where it is to be
// made or where tags can change in place.
func (b *builder) withOwnerTag(d *spec.Compute, exists bool) *spec.Compute {
	f := d.Kind.Field("tags")
	if f == nil || exists && !f.Change.InPlace() {
		return d
	}
	tags := map[string]string{spec.OwnerTag: spec.OwnerValue(b.settings.Owner, d.Name)}
	for k, v := range d.Tags() {
		tags[k] = v
	}
	values := make(map[string]any, len(d.Values)+1)
	for k, v := range d.Values {
		values[k] = v
	}
	values["tags"] = tags
	tagged := *d
	tagged.Values = values
	return &tagged
}
