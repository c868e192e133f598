package armsim

import (
	"net/http"
	"strings"
)

// mount mounts and unmounts data on an instance: each entry replaces the one of its mountName, the others stay (preview API
// descriptions). It is done at once.
func (s *Server) mount(rq *request, c *compute) answer {
	changes, err := parseObjects(rq.body)
	if err != nil {
		return s.userError(rq, "The request content is invalid: %v", err)
	}
	live, _ := c.inner().get("dataMounts").([]any)
	mounts := append([]any{}, live...)
	for _, one := range changes {
		s.strip(rq, obj("dataMounts", one))
		shown := mounted(rq, one)
		if shown == nil {
			return s.userError(rq, "A data mount needs a 'mountName' and the 'mountAction' Mount or Unmount.")
		}
		mounts = withMount(mounts, shown)
	}
	c.inner().set("dataMounts", mounts)
	c.changed(rq.now)
	return answer{status: http.StatusOK}
}

// mounted is the mount as GET shows it, nil if the request makes no sense.
func mounted(rq *request, in *object) *object {
	action := in.str("mountAction")
	state, known := map[string]string{"mount": "Mounted", "unmount": "Unmounted"}[fold(action)]
	if !known || in.str("mountName") == "" {
		return nil
	}
	return obj("source", in.get("source"), "sourceType", in.or("sourceType", "URI"), "mountName", in.get("mountName"),
		"mountAction", action, "mountMode", in.get("mountMode"), "mountPath", in.get("mountPath"), "mountState", state,
		"mountedOn", stamp(rq.now), "createdBy", hashGUID("user"), "error", nil)
}

func withMount(mounts []any, one *object) []any {
	for i, m := range mounts {
		if old, ok := m.(*object); ok && strings.EqualFold(old.str("mountName"), one.str("mountName")) {
			mounts[i] = one
			return mounts
		}
	}
	return append(mounts, one)
}
