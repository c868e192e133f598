package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/spec"
)

// FormatError is a file that another version wrote, or that is no plan.
type FormatError struct{ Found string }

func (e *FormatError) Error() string {
	if e.Found == "" {
		return fmt.Sprintf("read plan: it does not say that it is a %s", Format)
	}
	return fmt.Sprintf("read plan: its format is %q, and this version reads %s", e.Found, Format)
}

// errEdited is a plan that is not as it was written.
var errEdited = errors.New("read plan: it is not as it was written: its contents do not fit its seal")

// Read restores a plan from its JSON. Anything but what a Plan is written as
// is an error: another format (a *FormatError), a key that nobody here knows,
// contents that do not fit the seal. The seal is no signature, and neither does
// it say that what is shown is what would be done: Limit does.
func Read(data []byte) (*Plan, error) {
	var head struct {
		Format string `json:"format"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	if head.Format != Format {
		return nil, &FormatError{head.Format}
	}
	p := new(Plan)
	strict := json.NewDecoder(bytes.NewReader(data))
	strict.DisallowUnknownFields()
	if err := strict.Decode(p); err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	if err := p.complete(data); err != nil {
		return nil, err
	}
	return p, p.check()
}

// complete compares what was read with what was written: computes read
// themselves, and drop what they do not know.
func (p *Plan) complete(data []byte) error {
	again, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("read plan: %w", err)
	}
	var written, read any
	if err := errors.Join(json.Unmarshal(data, &written), json.Unmarshal(again, &read)); err != nil {
		return fmt.Errorf("read plan: %w", err)
	}
	if !reflect.DeepEqual(written, read) {
		return errors.New("read plan: it holds something that this version does not know")
	}
	return nil
}

// check compares a plan with its own digests, and with what follows from it.
func (p *Plan) check() error {
	if p.seal() != p.Seal || planHash(p) != p.Hash || !maps.Equal(summarize(p.Workspaces), p.Summary) {
		return errEdited
	}
	seen := map[string]bool{}
	for i := range p.Workspaces {
		ws := &p.Workspaces[i]
		if ws.ID != ws.Target.String() || ws.Owner != ws.Settings.Owner || seen[ws.Target.Key()] {
			return errEdited
		}
		seen[ws.Target.Key()] = true
		var steps []Step
		for j := range ws.Changes {
			c := &ws.Changes[j]
			if !c.whole() || ws.change(c) != c {
				return errEdited
			}
			steps = append(steps, c.Steps...)
		}
		if _, err := Order(steps); err != nil { // whoever carries it out would wait for ever
			return errEdited
		}
	}
	return nil
}

// verbs are the steps that an action may take.
var verbs = map[Action][]Verb{
	Create: {VerbCreate, VerbStop}, Attach: {VerbAttach, VerbStop},
	Update: {VerbPut, VerbPatch, VerbPost, VerbStart, VerbStop}, Adopt: {VerbPut, VerbPatch, VerbPost, VerbStart, VerbStop, VerbAdopt},
	Replace: remaking, Reattach: remaking, Remake: remaking, Takeover: remaking,
	Detach: {VerbDetach}, Delete: {VerbDelete}, Start: {VerbStart}, Stop: {VerbStop},
}

var remaking = []Verb{VerbDelete, VerbDetach, VerbCreate, VerbAttach, VerbStop}

// whole reports whether the change has the steps that its action takes, on its
// own computes, and none when it is held.
func (c *Change) whole() bool {
	if c.Held != nil {
		return len(c.Steps) == 0
	}
	pureRemoval := c.Action == Delete || c.Action == Detach
	if len(c.Steps) == 0 || (c.Desired == nil) != pureRemoval {
		return false
	}
	for i := range c.Steps {
		s := &c.Steps[i]
		own := spec.FoldName(s.Name)
		known := own == spec.FoldName(c.Name) || c.Former != "" && own == spec.FoldName(c.Former)
		if !known || !slices.Contains(verbs[c.Action], s.Verb) {
			return false
		}
	}
	return true
}

// Declares is the workspace as the plan's specs declared it: without the tags
// that a plan adds.
func (w *Workspace) Declares() *spec.Workspace {
	ws := &spec.Workspace{ID: w.Target, Dir: w.Path, Sum: w.Sum, Location: w.Location, Settings: w.Settings}
	ws.Computes = append(ws.Computes, w.Declared...)
	seen := map[string]bool{}
	for i := range w.Changes {
		if d := w.Changes[i].Desired; d != nil && !seen[d.Key()] {
			seen[d.Key()] = true
			ws.Computes = append(ws.Computes, untagged(d))
		}
	}
	slices.SortFunc(ws.Computes, func(x, y *spec.Compute) int { return strings.Compare(x.Key(), y.Key()) })
	return ws
}

// untagged is a compute without our tag, which no spec can have.
func untagged(d *spec.Compute) *spec.Compute {
	key, tagged := spec.FindTag(d.Tags(), spec.OwnerTag)
	if !tagged {
		return d
	}
	bare := *d
	bare.Values = maps.Clone(d.Values)
	tags := maps.Clone(d.Tags())
	delete(tags, key)
	if bare.Values["tags"] = tags; len(tags) == 0 {
		delete(bare.Values, "tags")
	}
	return &bare
}

// OnlyToRead reports whether the plan is there to be read only, for Azure was
// not asked when it was made.
func (p *Plan) OnlyToRead() bool {
	return slices.ContainsFunc(p.Workspaces, func(w Workspace) bool { return w.Against != "" })
}

// Outdated says why the workspace's part of a plan that was made before cannot
// be carried out any more, given what the workspace holds now and what of it
// is ours: a line for each compute that is in the way, none when all is as it
// was.
func (w *Workspace) Outdated(in *Input) []string {
	b := newBuilder(in)
	var why []string
	for i := range w.Changes {
		if text := b.outdated(&w.Changes[i]); text != "" {
			why = append(why, text)
		}
	}
	return why
}

func (b *builder) outdated(c *Change) string {
	if len(c.Steps) > 0 {
		d := &draft{}
		d.holdBy(b.suspended(c))
		d.holdBy(b.outside(c.Action, true))
		if d.Held != nil {
			return fmt.Sprintf("%s: %s", c.Name, d.Held.Text)
		}
	}
	for i := range c.Steps {
		s := &c.Steps[i]
		if i > 0 && s.Name == c.Steps[0].Name {
			continue // by then the first step changed it
		}
		a := b.actual[spec.FoldName(s.Name)]
		if text := Recheck(c, s, a); text != "" {
			return text
		}
		if a == nil {
			continue
		}
		if o, _ := b.owns(a); !o.ours() && (o == foreign || c.Action != Adopt) {
			return fmt.Sprintf("%s is not ours, as far as is known here", a.Name)
		}
		if s.removes() && s.Verb != b.removal(a) {
			return fmt.Sprintf("%s is not what it was when it was planned", a.Name)
		}
	}
	return ""
}

func (s *Step) removes() bool { return s.Verb == VerbDelete || s.Verb == VerbDetach }

// removal is the verb that takes an actual compute away.
func (b *builder) removal(a *spec.Compute) Verb {
	d := new(draft)
	b.removalSteps(d, a)
	if d.Held != nil {
		return ""
	}
	return d.Steps[0].Verb
}
