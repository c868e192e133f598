package armsim

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// workspace holds the computes of one workspace, in the order of their creation.
type workspace struct {
	subscription, group, name string // in the case of the first write
	location                  string
	computes                  []*compute            // by seq
	deleted                   []*compute            // those that an old read may still see, in the order of their end
	byName                    map[string]*compute   // folded name
	ghosts                    map[string]string     // folded name of a detached cluster: the VM size it lives on with
	targets                   map[string][]*compute // what is attached (folded resource ID or address): those that hold it
	seq                       int
	past                      *past // of the server
}

// compute is one compute.
type compute struct {
	ws     *workspace
	name   string
	seq    int
	kind   *kind          // nil for a computeType that we do not know
	doc    *object        // what GET shows
	raw    [shapes][]byte // doc as it stands in a list, per shape, until it changes
	op     *operation
	born   string  // createdOn
	keys   *object // what listKeys shows, nil for nothing
	good   bool    // has been Succeeded once
	broken bool    // lost what it is attached to, to another attachment
	gone   bool    // has been deleted

	revisions []revision // what it showed lately, oldest first; none while reads are exact
}

func fold(s string) string { return strings.ToLower(s) }

func (w *workspace) id() string {
	return w.groupID() + "/providers/" + provider + "/workspaces/" + w.name
}

func (w *workspace) groupID() string {
	return "/subscriptions/" + w.subscription + "/resourceGroups/" + w.group
}

func (c *compute) id() string { return c.ws.id() + "/computes/" + c.name }

func (c *compute) props() *object { return c.doc.at("properties") }

// inner is properties.properties: what the kind has of its own.
func (c *compute) inner() *object { return c.props().at("properties") }

// changed notes that doc is another one from at on.
func (c *compute) changed(at time.Time) {
	c.raw = [shapes][]byte{}
	c.props().set("modifiedOn", stamp(at))
	c.remember(at)
}

// attached says whether c stands for something that came from outside. The answer to the first PUT of such a one shows all
// that GET will show, and tags that nobody set stay null (azure-service-operator's recordings of a virtual machine).
func (c *compute) attached() bool { return c.props().get("isAttachedCompute") == true }

func (c *compute) busy(now time.Time) bool { return c.op != nil && now.Before(c.op.end) }

func workspaceKey(subscription, group, name string) string {
	return fold(subscription + "/" + group + "/" + name)
}

// find is the compute of that name, nil if there is none.
func (w *workspace) find(name string) *compute { return w.byName[fold(name)] }

// add gives a new compute its place; the workspace becomes known with it.
func (s *Server) add(c *compute) {
	w := c.ws
	s.workspaces[workspaceKey(w.subscription, w.group, w.name)] = w
	w.seq++
	c.seq = w.seq
	w.computes = append(w.computes, c)
	w.byName[fold(c.name)] = c
	if c.kind.isInstance() {
		s.instances[fold(w.location+"/"+c.name)] = c
	}
}

func bySeq(c *compute, seq int) int { return cmp.Compare(c.seq, seq) }

// drop takes a compute away at a time.
func (s *Server) drop(c *compute, at time.Time) {
	w := c.ws
	if i, ok := slices.BinarySearchFunc(w.computes, c.seq, bySeq); ok {
		w.computes = slices.Delete(w.computes, i, i+1)
	}
	delete(w.byName, fold(c.name))
	for target, holders := range w.targets {
		w.targets[target] = slices.DeleteFunc(holders, func(holder *compute) bool { return holder == c })
	}
	if key := fold(w.location + "/" + c.name); s.instances[key] == c {
		delete(s.instances, key)
	}
	c.gone = true
	w.bury(c, at)
}

// known is the workspace of a request if something was ever written there, else nil.
func (s *Server) known(rq *request) *workspace {
	return s.workspaces[workspaceKey(rq.subscription, rq.group, rq.workspace)]
}

// find is the compute of a request, nil if there is none.
func (s *Server) find(rq *request) *compute {
	if w := s.known(rq); w != nil {
		return w.find(rq.name)
	}
	return nil
}

// stamp is a time as the provider writes it: seven decimals and a numeric zone.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000") + "+00:00" }

// milliStamp is a time as the Batch service below it writes it.
func milliStamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000") + "+00:00" }
