package policy

import (
	"fmt"

	"github.com/computesync/computesync/internal/spec"
)

var maxNodes = &Rule{
	Code: "max-nodes", Key: "max_nodes", Default: spec.Fails, Example: "20",
	Doc:  "A cluster has at most so many nodes.",
	Hint: "lower it, or ask whoever sets the limit",
	Keys: []Key{{Name: "nodes", Type: Number, Required: true, Min: 0, Doc: "Nodes of one cluster: its `max_instances`, or the `agent_count` of an AKS cluster that Azure ML makes."}},
	check: func(s *Setting, x *Subject) []Breach {
		var breaches []Breach
		for _, field := range []string{"max_instances", "agent_count"} {
			n, known := x.value(field).(int64)
			switch limit := s.Numbers["nodes"]; {
			case !x.has(field):
			case !known:
				breaches = append(breaches, Breach{Field: field, Unknown: true, Text: "may have any number of nodes: it does not state " + field})
			case float64(n) > limit:
				breaches = append(breaches, Breach{Amount: float64(n), Field: field, Text: fmt.Sprintf("may have %d nodes, more than the %.0f allowed", n, limit)})
			}
		}
		return breaches
	},
}
