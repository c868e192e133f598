package armsim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"
)

// Stranger is somebody else who makes the compute that a request names, if there is none, just before the request takes
// effect. The compute is ready at once. It is what the request asks for, but with other tags and, in a cluster, a
// maxNodeCount that is one higher.
type Stranger struct {
	Age     Duration        `json:"age,omitempty"`     // of the compute when the request arrives; 0 = 1 ms
	Compute json.RawMessage `json:"compute,omitempty"` // a JSON merge patch (RFC 7396) to what they ask for
}

func (o *Stranger) check() error {
	if o == nil || o.Compute == nil {
		return nil
	}
	if _, err := parseObject(o.Compute); err != nil {
		return fmt.Errorf("compute of the stranger: %w", err)
	}
	return nil
}

// meetStranger makes the compute of the stranger that a request meets, by its fault or by chance. What the service
// would refuse is not made.
func (s *Server) meetStranger(rq *request) {
	if rq.name == "" || s.find(rq) != nil {
		return
	}
	stranger := rq.stranger
	if stranger == nil && rq.kind == "put" && s.strangers > 0 && s.rng.Float64() < s.strangers {
		stranger = &Stranger{}
	}
	if stranger == nil {
		return
	}
	body := stranger.asks(rq)
	k := kindOf(body.at("properties").str("computeType"))
	if k == nil {
		return
	}
	theirs := *rq
	theirs.kind, theirs.operation = "put", nil
	s.create(&theirs, k, body)
	c := s.find(rq)
	if c == nil {
		return
	}
	s.end(c.op, rq.now)
	s.hasten(c, nil, rq.now)
	made := stamp(rq.now.Add(-cmp.Or(time.Duration(stranger.Age), time.Millisecond)))
	c.props().set("createdOn", made)
	c.props().set("modifiedOn", made)
	c.remember(rq.now)
}

// asks is the body of the stranger's own PUT.
func (o *Stranger) asks(rq *request) *object {
	body, err := parseObject(rq.body)
	if err != nil {
		body = obj()
	}
	body.set("tags", obj("made-in", "portal"))
	if scale := body.at("properties").at("properties").at("scaleSettings"); scale != nil {
		scale.set("maxNodeCount", scale.num(0, "maxNodeCount")+1)
	}
	if o.Compute != nil {
		patch, err := parseObject(o.Compute)
		if err != nil {
			panic(err) // check has read it
		}
		body.merge(patch)
	}
	return body
}
