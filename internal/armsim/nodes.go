package armsim

import (
	"fmt"
	"net/http"
)

// Nodes counts the nodes of a cluster by what they do.
type Nodes struct {
	Idle      int `json:"idle"`
	Running   int `json:"running"`
	Preparing int `json:"preparing"`
	Unusable  int `json:"unusable"`
	Leaving   int `json:"leaving"`
	Preempted int `json:"preempted"`
}

// states are the counts under the names of nodeState, in the order in which scaling down takes nodes away.
func (n *Nodes) states() []nodeState {
	return []nodeState{
		{"unusable", &n.Unusable},
		{"preempted", &n.Preempted},
		{"leaving", &n.Leaving},
		{"idle", &n.Idle},
		{"preparing", &n.Preparing},
		{"running", &n.Running},
	}
}

type nodeState struct {
	name  string
	count *int
}

func (n Nodes) total() int {
	sum := 0
	for _, s := range n.states() {
		sum += *s.count
	}
	return sum
}

// scaled is what becomes of n when there are to be target nodes: new ones are idle, idle ones go before busy ones.
func (n Nodes) scaled(target int) Nodes {
	if more := target - n.total(); more > 0 {
		n.Idle += more
	}
	for _, s := range n.states() {
		*s.count -= max(0, min(*s.count, n.total()-target))
	}
	return n
}

func (c *compute) nodes() Nodes {
	var n Nodes
	counts := c.inner().at("nodeStateCounts")
	for _, s := range n.states() {
		*s.count = counts.num(0, s.name+"NodeCount")
	}
	return n
}

func (c *compute) setNodes(n Nodes) {
	doc := c.inner()
	doc.set("currentNodeCount", n.total())
	doc.set("targetNodeCount", n.total())
	doc.set("nodeStateCounts", obj("preparingNodeCount", n.Preparing, "runningNodeCount", n.Running, "idleNodeCount", n.Idle,
		"unusableNodeCount", n.Unusable, "leavingNodeCount", n.Leaving, "preemptedNodeCount", n.Preempted))
}

func (s *Server) listNodes(_ *request, c *compute) answer {
	list := []any{}
	n := c.nodes()
	for _, state := range n.states() {
		for range *state.count {
			i := len(list)
			var run any
			if state.name == "running" {
				run = fmt.Sprintf("run_%04d", i)
			}
			list = append(list, obj("nodeId", fmt.Sprintf("tvmps_%s_d", hash(c.id(), fmt.Sprint(i))[:32]),
				"privateIpAddress", fmt.Sprintf("10.0.%d.%d", i/250, i%250+4), "publicIpAddress", "20.0.0.4", "port", 50000+i,
				"nodeState", state.name, "runId", run))
		}
	}
	return jsonAnswer(http.StatusOK, obj("computeType", c.kind.computeType, "nodes", list))
}
