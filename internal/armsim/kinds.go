package armsim

import (
	"slices"
	"strings"
	"time"
)

// kind is how the service treats one computeType. Every kind is one value in one file; to add one is to add it to kinds.
type kind struct {
	computeType string
	cluster     bool // has nodes that scale; Detach leaves a ghost
	instance    bool // is one machine that starts and stops; its name is unique in the region

	// attached says whether a PUT of these properties attaches something that exists outside.
	attached func(props *object) bool
	// check says why the service refuses a PUT, nil if it does not.
	check func(s *Server, rq *request, w *workspace, props *object) *refusal
	// echo is properties.properties of the answer to a PUT on c, whose doc is nil if it is being made; nil = the kind has
	// no properties of its own, and they are null.
	echo func(c *compute, props *object) *object
	// made turns the echo into what GET shows once the compute is made.
	made func(s *Server, c *compute, rq *request, body *object, at time.Time)
	// stages are the states that properties.properties.state goes through while the compute is made.
	stages []string
	// apply makes those changes of a PUT on an existing compute that the service makes; nil = it makes none.
	apply func(s *Server, c *compute, body *object, at time.Time)
	// fixed are the keys of properties.properties that a PUT on an existing compute does not change.
	fixed []string
	// apart is the key of properties.properties whose value distinguishes attachments of one resource; "" = there is only one.
	apart string
	// updateID is the resourceId that the answer to a PUT on an existing compute shows; nil = its own.
	updateID func(c *compute) string
	// actions are the POST actions of this kind, by folded name.
	actions map[string]func(*Server, *request, *compute) answer
}

func (k *kind) isCluster() bool  { return k != nil && k.cluster }
func (k *kind) isInstance() bool { return k != nil && k.instance }

// refusal is why the service does not take a request.
type refusal struct{ code, text string }

func kinds() []*kind {
	return []*kind{
		&amlCompute, &computeInstance, &virtualMachine, &hdInsight, &aks, &kubernetes, &synapseSpark, &databricks,
		&dataLakeAnalytics, &dataFactory, &batch,
	}
}

// kindOf is the kind of a computeType, nil if we know none.
func kindOf(computeType string) *kind {
	all := kinds()
	i := slices.IndexFunc(all, func(k *kind) bool { return strings.EqualFold(k.computeType, computeType) })
	if i < 0 {
		return nil
	}
	return all[i]
}

func always(*object) bool             { return true }
func notAttached(*object) bool        { return false }
func withResource(props *object) bool { return props.str("resourceId") != "" }

// refuse is a refusal under the code that the provider gives to nearly all of them.
func refuse(text string) *refusal { return &refusal{"UserError", text} }

// upper is the VM size as the service writes it.
func upper(v any) any {
	if s, ok := v.(string); ok {
		return strings.ToUpper(s)
	}
	return v
}
