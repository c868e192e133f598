package armsim

import (
	"fmt"
	"net/http"
)

// mostSchedules is how many an instance can have ("Schedule automatic start and stop").
const mostSchedules = 4

// checkSchedules refuses more schedules than an instance can have.
func checkSchedules(list []any) *refusal {
	if len(list) > mostSchedules {
		return refuse(fmt.Sprintf("A compute instance can have %d schedules at most.", mostSchedules))
	}
	return nil
}

// updateSchedules takes ComputeSchedules itself, {"computeStartStop": [...]}, and is done at once (API descriptions of
// 2021-03-01-preview and 2022-10-01). Whether it replaces or adds, and what an empty list does, are assumptions.
func (s *Server) updateSchedules(rq *request, c *compute) answer {
	body, err := parseObject(rq.body)
	if err != nil {
		return s.userError(rq, "The request content is invalid: %v", err)
	}
	given, ok := body.get("computeStartStop").([]any)
	if !ok {
		return s.userError(rq, "The property 'computeStartStop' is required.")
	}
	wanted, _ := schedules(c, body).get("computeStartStop").([]any)
	if len(wanted) != len(given) {
		return s.userError(rq, "The property 'computeStartStop' must be a list of schedules.")
	}
	live, _ := c.inner().get("schedules", "computeStartStop").([]any)
	switch {
	case len(wanted) == 0 && s.assumes(schedulesNone, "400"):
		return s.userError(rq, "The property 'computeStartStop' must not be empty.")
	case len(wanted) == 0 && s.assumes(schedulesNone, "keep"):
		wanted = live
	case len(wanted) > 0 && s.assumes(schedulesList, "add"):
		wanted = append(append([]any{}, live...), wanted...)
	}
	if r := checkSchedules(wanted); r != nil {
		return s.userError(rq, "%s", r.text)
	}
	c.inner().set("schedules", obj("computeStartStop", wanted))
	c.changed(rq.now)
	return answer{status: http.StatusOK}
}

// enableSSO switches single sign-on of an instance on or off, at once.
func (s *Server) enableSSO(rq *request, c *compute) answer {
	body, err := parseObject(rq.body)
	if err != nil {
		return s.userError(rq, "The request content is invalid: %v", err)
	}
	on, ok := body.get("enableSSO").(bool)
	if !ok {
		return s.userError(rq, "The property 'enableSSO' is required.")
	}
	c.inner().set("enableSSO", on)
	c.changed(rq.now)
	return answer{status: http.StatusOK}
}
