package plan

import (
	"fmt"
	"slices"
	"strings"
)

// order adds what steps of different units need of each other: what attaches
// a resource needs the detachment of whoever has it.
func (b *builder) order() {
	for _, c := range b.changes {
		if c.Held != nil {
			continue
		}
		for _, f := range c.freedBy {
			removal := b.removalOf(f).Steps[0].ID // without one, c were held
			for i := range c.Steps {
				if c.Steps[i].Verb == VerbAttach && !slices.Contains(c.Steps[i].Needs, removal) {
					c.Steps[i].Needs = append(c.Steps[i].Needs, removal)
				}
			}
		}
	}
	b.publish()
}

// Order sorts steps such that each comes after what it needs, keeping their
// given order where nothing forces another. A circle is an error that names
// its way.
func Order(steps []Step) ([]Step, error) {
	at := make(map[string]int, len(steps))
	for i, s := range steps {
		at[s.ID] = i
	}
	const (
		open = iota + 1
		done
	)
	state := make([]uint8, len(steps))
	out := make([]Step, 0, len(steps))
	var way []string
	var visit func(i int) error
	visit = func(i int) error {
		switch state[i] {
		case done:
			return nil
		case open:
			start := slices.Index(way, steps[i].ID)
			return fmt.Errorf("steps need each other in a circle: %s", strings.Join(append(way[start:], steps[i].ID), " needs "))
		}
		state[i] = open
		way = append(way, steps[i].ID)
		for _, need := range steps[i].Needs {
			j, ok := at[need]
			if !ok {
				return fmt.Errorf("step %s needs %s, which is not in the plan", steps[i].ID, need)
			}
			if err := visit(j); err != nil {
				return err
			}
		}
		way = way[:len(way)-1]
		state[i] = done
		out = append(out, steps[i])
		return nil
	}
	for i := range steps {
		if err := visit(i); err != nil {
			return nil, err
		}
	}
	return out, nil
}
