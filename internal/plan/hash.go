package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"

	"github.com/computesync/computesync/internal/spec"
)

// Fingerprint digests what of an actual compute a change rests on: who it is
// (createdOn, kind), whose it is (the owner tag) and the fields that the
// desired one states. What the service moves by itself (modifiedOn, node
// counts) is not in it.
func Fingerprint(desired, actual *spec.Compute) string {
	h := sha256.New()
	key, _ := spec.FindTag(actual.Tags(), spec.OwnerTag)
	fmt.Fprintf(h, "%s\n%s\n%s\n", actual.KindName(), actual.Live.CreatedOn, actual.Tags()[key])
	if desired != nil && desired.Kind == actual.Kind {
		for i := range actual.Kind.Fields {
			f := &actual.Kind.Fields[i]
			if _, stated := desired.Values[f.Name]; !stated || f.Type == spec.Secret {
				continue
			}
			if v, known := actual.Values[f.Name]; known {
				if f.Type == spec.Raw {
					v = spec.Project(desired.Values[f.Name], v)
				}
				fmt.Fprintf(h, "%s=%s\n", f.Name, f.Show(v))
			}
		}
	}
	return short(h)
}

// planHash digests all that a plan would do, where, and what it remembers. What
// holds it is not part: the plan that a person approved is the same plan when
// nothing holds it any more. The steps follow from the rest.
func planHash(p *Plan) string {
	type change struct {
		Name, Action, Former, Fingerprint string
		Fields                            []Field
		Desired, Previous                 *spec.Compute
		Force                             bool `json:",omitempty"`
	}
	type kept struct {
		Name      string
		Lifecycle spec.Lifecycle
	}
	h := sha256.New()
	enc := json.NewEncoder(h)
	put := func(v any) {
		if err := enc.Encode(v); err != nil {
			panic(err) // plain data: cannot happen
		}
	}
	fmt.Fprintf(h, "%s\n%s\n", p.Format, p.Commit)
	for i := range p.Workspaces {
		ws := &p.Workspaces[i]
		fmt.Fprintf(h, "%s\n%s\n%s\n%s\n%s\n", ws.Endpoint, ws.Target.Key(), ws.Owner, ws.Location, ws.Against)
		put(ws.Settings)
		for j := range ws.Changes {
			c := &ws.Changes[j]
			put(change{c.Name, string(c.Action), c.Former, c.Fingerprint, c.Fields, c.Desired, c.Previous, c.Force})
		}
		for _, d := range ws.Declared {
			put(kept{d.Name, d.Lifecycle})
		}
	}
	return short(h)
}

func short(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)[:16]) }
