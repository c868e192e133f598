package armsim

import "net/http"

// replaceServices replaces all custom services of an instance, the one way to change them (preview API descriptions).
func (s *Server) replaceServices(rq *request, c *compute) answer {
	list, err := parseObjects(rq.body)
	if err != nil {
		return s.userError(rq, "The request content is invalid: %v", err)
	}
	services := make([]any, len(list))
	seen := map[string]bool{}
	for i, one := range list {
		name := one.str("name")
		if name == "" || seen[name] {
			return s.userError(rq, "Every custom service needs a name of its own.")
		}
		seen[name] = true
		services[i] = one
	}
	s.strip(rq, obj("customServices", services))
	c.inner().set("customServices", services)
	c.changed(rq.now)
	return answer{status: http.StatusOK}
}
