package spec

import (
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/strictyaml"
)

// lifecycle decodes what stands under `computesync:`.
func (c *checker) lifecycle(k *Kind, n *strictyaml.Node) Lifecycle {
	var l Lifecycle
	if n.IsNull() {
		return l
	}
	if !c.typed(n.Kind == strictyaml.Map, n, strictyaml.WantMap) {
		return l
	}
	for i := range n.Entries {
		e := &n.Entries[i]
		c.nodes["computesync."+e.Key] = place{c.file, e.Value.Pos}
		switch e.Key {
		case "protect":
			b, ok := e.Value.Bool()
			l.Protect = c.typed(ok, e.Value, strictyaml.WantBool) && b
		case "ignore_changes":
			names, ok := list(c, e.Value, strictyaml.WantString, (*strictyaml.Node).Text)
			if ok {
				l.IgnoreChanges = c.ignored(k, e.Value, names.([]string))
			}
		case "replace":
			l.ReplaceAllow = c.word(e, "allow") != ""
			if !k.MayLose() {
				c.add(c.file.Errorf(e.KeyPos, "replace is for computes that lose something by it, not for %s", k.Name))
			}
		case "on_delete":
			l.OnDelete = c.word(e, OnDeleteOrphan, OnDeleteRemove)
		case "state":
			l.State = c.word(e, StateRunning, StateStopped)
			if k != computeinstance {
				c.add(c.file.Errorf(e.KeyPos, "state is for compute instances, not for %s", k.Name))
			}
		case "busy":
			l.BusyForce = c.word(e, "force") != ""
			if !k.Quota {
				c.add(c.file.Errorf(e.KeyPos, "busy is for clusters and instances: of %s Azure does not tell what runs on it", k.Name))
			}
		case "expires":
			l.Expires = c.time(e)
		case "suspend":
			l.Suspend = c.suspension(e)
		default:
			c.unknownKey(e, []string{"protect", "ignore_changes", "replace", "on_delete", "state", "expires", "busy", "suspend"})
		}
	}
	return l
}

// word reads one of a few words, "" when it is another.
func (c *checker) word(e *strictyaml.Entry, words ...string) string {
	s, _ := e.Value.Text()
	if slices.Contains(words, s) {
		return s
	}
	c.add(c.file.Errorf(e.Value.Pos, "%s must be %s", e.Key, strings.Join(words, " or ")))
	return ""
}

// ignored checks the field names of ignore_changes; a container stands for
// all that is below it.
func (c *checker) ignored(k *Kind, n *strictyaml.Node, names []string) []string {
	var out []string
	for i, name := range names {
		if f := k.Field(name); f != nil && !f.ReadOnly {
			out = append(out, name)
			continue
		}
		found := false
		for j := range k.Fields {
			if strings.HasPrefix(k.Fields[j].Name, name+".") && !k.Fields[j].ReadOnly {
				out, found = append(out, k.Fields[j].Name), true
			}
		}
		if !found {
			err := c.file.Errorf(n.Items[min(i, len(n.Items)-1)].Pos, "ignore_changes names no field of %s that a spec states: %q", k.Name, clip(name))
			if near := strictyaml.Suggest(name, k.table.children[""]); near != "" && near != name {
				err.Hint = "did you mean " + near + "?"
			}
			c.add(err)
		}
	}
	return out
}
