package strictyaml

import "gopkg.in/yaml.v3"

// alias returns the anchor's node itself. What one more copy would cost is
// counted against the budget, because whoever walks the tree pays it.
func (c *converter) alias(n *yaml.Node, depth int) *Node {
	p := c.pos(n)
	target, known := c.anchors[n.Alias]
	switch {
	case !known: // the library remembers anchors of earlier documents
		c.fail(p, "an anchor is known only in its own document", "unknown anchor")
	case target == nil:
		c.fail(p, "", "the anchor contains itself")
	case depth+target.cost.height-1 > MaxDepth:
		c.tooDeep(p)
	case c.spend(p, target.cost.nodes):
		return target
	}
	return nullAt(p, p)
}

// spend takes n nodes from the budget. Over the budget it reports the first
// place only.
func (c *converter) spend(p Pos, n int) bool {
	if c.expanded > MaxExpanded {
		return false
	}
	c.expanded += n
	if c.expanded > MaxExpanded {
		c.fail(p, "write the values out", "aliases expand to more than %d values", MaxExpanded)
		return false
	}
	return true
}
