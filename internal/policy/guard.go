package policy

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/strictyaml"
)

// Operator are the guard rails for all workspaces: the spec.Guards of a
// command or a daemon. The zero value has none, and leaves each workspace its
// own.
type Operator struct{ Policy Policy }

// Read takes in the policy of a workspace.yaml.
func (o Operator) Read(file *strictyaml.File, n *strictyaml.Node) (json.RawMessage, strictyaml.Errors) {
	p, errs := Read(file, n)
	if len(p) == 0 {
		return nil, errs
	}
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // plain data: cannot happen
	}
	return text, errs
}

// Guard is that of a workspace, by its own guard rails and the operator's.
func (o Operator) Guard(ws *spec.Workspace) spec.Guard {
	g := &guard{home: ws.Location}
	for _, s := range o.Policy {
		g.settings = append(g.settings, placed{s, false})
	}
	if len(ws.Settings.Policy) == 0 {
		return g
	}
	var own Policy
	if err := json.Unmarshal(ws.Settings.Policy, &own); err != nil {
		return unreadable{}
	}
	for _, s := range own {
		if s.rule() == nil {
			return unreadable{}
		}
		g.settings = append(g.settings, placed{s, true})
	}
	return g
}

// Codes are those of the rules.
func (o Operator) Codes() []string {
	var codes []string
	for _, r := range rules {
		codes = append(codes, r.Code)
	}
	return codes
}

// guard judges the computes of one workspace.
type guard struct {
	home     string
	settings []placed
}

// placed is a setting, and whether it is the workspace's own.
type placed struct {
	Setting
	own bool
}

func (p *placed) place() string {
	if p.own {
		return "policy in " + spec.WorkspaceFile
	}
	return "the operator's policy"
}

// breaches are the ways in which a compute breaks the rule; nil stands for
// nothing, which breaks none.
func (g *guard) breaches(p *placed, x *spec.Compute, price spec.Price) []Breach {
	r := p.rule()
	if x == nil || x.Kind == nil || r.check == nil || len(p.Names) > 0 && !matchAny(p.Names, x.Name) {
		return nil
	}
	return r.check(&p.Setting, &Subject{x, g.home, price})
}

// Judge tells what a compute's spec alone shows: of rules that both places set,
// what the stricter one says.
func (g *guard) Judge(x *spec.Compute) []spec.Finding {
	var all []spec.Finding
	at := map[string]int{}
	for i := range g.settings {
		p := &g.settings[i]
		if p.rule().Priced {
			continue
		}
		for _, b := range g.breaches(p, x, nil) {
			f := p.finding(x, &b)
			key := f.Code + " " + b.Of
			if j, twice := at[key]; !twice {
				at[key] = len(all)
				all = append(all, f)
			} else if f.Severity > all[j].Severity {
				all[j] = f
			}
		}
	}
	return all
}

func (p *placed) finding(x *spec.Compute, b *Breach) spec.Finding {
	f := spec.Finding{Code: p.Code, Severity: p.Severity, Field: b.Field, Hint: p.rule().Hint, Own: p.own}
	f.Text = fmt.Sprintf("%s %s, by %s", x.Name, b.Text, p.place())
	switch {
	case b.Unknown:
		if f.Severity >= spec.Holds {
			f.Text += "; making it is held"
		}
		f.Severity = spec.Warns
	case f.Severity == spec.Holds:
		f.Text += "; a change to that is held"
	}
	return f
}

// Hold holds a change after which a rule is broken that is not broken now, or
// less badly. An error holds as well: it may be younger than the commit that
// is in force. Nothing is made of which a spec says too little to be judged:
// else whoever says less would be bound by less.
func (g *guard) Hold(desired, actual *spec.Compute, price spec.Price) (why string, unjudged []string) {
	if actual != nil && actual.Kind != desired.Kind {
		actual = nil
	}
	after := spec.Carry(desired, actual)
	var held []string
	for i := range g.settings {
		p := &g.settings[i]
		if p.Severity < spec.Holds && !p.rule().Priced {
			continue // it was told of the spec
		}
		now := g.breaches(p, actual, price)
		for _, b := range g.breaches(p, after, price) {
			text := fmt.Sprintf("%s: %s %s, by %s", p.Code, desired.Name, b.Text, p.place())
			switch {
			case p.Severity < spec.Holds, b.Unknown && (actual != nil || p.rule().Priced):
				unjudged = append(unjudged, text)
			case !slices.ContainsFunc(now, func(n Breach) bool { return n.Of == b.Of && n.covers(&b) }):
				held = append(held, text)
			}
		}
	}
	return strings.Join(held, "; "), unjudged
}

// Protect are the globs of the rule protected.
func (g *guard) Protect() []string {
	var globs []string
	for i := range g.settings {
		if g.settings[i].Code == protected.Code {
			globs = append(globs, g.settings[i].List...)
		}
	}
	return globs
}

// unreadable is the guard of a workspace whose own guard rails, as they were
// kept, this version cannot read: nothing is made or changed until they are
// read from git again.
type unreadable struct{}

func (unreadable) Judge(*spec.Compute) []spec.Finding { return nil }

func (unreadable) Hold(*spec.Compute, *spec.Compute, spec.Price) (string, []string) {
	return "the policy of the workspace, as it was kept, is of another version", nil
}

func (unreadable) Protect() []string { return []string{"*"} }

// matchAny reports whether a text fits one of the globs, whatever the case.
func matchAny(globs []string, text string) bool {
	return slices.ContainsFunc(globs, func(glob string) bool {
		ok, err := path.Match(strings.ToLower(glob), strings.ToLower(text))
		return ok && err == nil
	})
}
