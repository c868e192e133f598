package strictyaml

import "gopkg.in/yaml.v3"

// entries fills m from the keys and values of n: its own first, then those of
// merge keys that it does not have itself. What nobody gets to read is masked:
// nobody can tell whether it is a secret.
func (c *converter) entries(m *Node, n *yaml.Node, next Pos, depth int) {
	seen := make(map[string]Pos, len(n.Content)/2)
	var merged []*Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		v := c.node(n.Content[i+1], after(c, n.Content, i+1, next), depth+1)
		if k.Kind == yaml.ScalarNode && k.Tag == tagMerge {
			merged = append(merged, v)
			continue
		}
		m.grow(v)
		if !c.checkKey(k) {
			c.file.Mask(v)
			continue
		}
		if first, dup := seen[k.Value]; dup {
			c.fail(c.pos(k), "keep one of them", "key is already set at line %d, column %d", first.Line, first.Col)
			c.file.Mask(v)
			continue
		}
		seen[k.Value] = c.pos(k)
		m.Entries = append(m.Entries, Entry{k.Value, c.pos(k), v})
	}
	for _, v := range merged {
		c.merge(m, v, seen)
	}
}

// checkKey takes only keys that every reader takes for text.
func (c *converter) checkKey(k *yaml.Node) bool {
	switch {
	case k.Kind != yaml.ScalarNode:
		c.fail(c.pos(k), "", "a key must be text")
	case k.ShortTag() != tagStr:
		c.fail(c.pos(k), "put the key in quotes", "a key must be text")
	default:
		return true
	}
	return false
}

// merge adds the entries of a merge key's value, a map or a list of maps, as
// far as m has no such key: what is written out wins, then what comes first.
func (c *converter) merge(m, v *Node, seen map[string]Pos) {
	if v.Kind == List {
		for _, item := range v.Items {
			if item.Kind == List {
				item = nullAt(item.Pos, item.end)
			}
			c.merge(m, item, seen)
		}
		return
	}
	if v.Kind != Map {
		c.fail(v.Pos, "", "a merge key (<<) takes a map or a list of maps")
		return
	}
	for _, e := range v.Entries {
		if _, own := seen[e.Key]; own {
			c.file.Mask(e.Value)
			continue
		}
		seen[e.Key] = e.KeyPos
		m.Entries = append(m.Entries, e)
		m.grow(e.Value)
	}
}
