package armsim

import (
	"net/http"
	"regexp"
)

// The pattern of api-version 2025-12-01 is ^[a-zA-Z](?![a-zA-Z0-9-]*-\d+$)[a-zA-Z0-9\-]{2,23}$. Clusters with names that
// it refuses are in use, so that what it says of the end is held against instances alone.
var (
	namePattern = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]{2,23}$`)
	nameEnd     = regexp.MustCompile(`-\d+$`)
)

const invalidName = "Compute name is invalid. It can include letters, digits and dashes. It must start with a letter, end with a letter " +
	"or digit, and be between 3 and 24 characters in length. A dash must be followed by at least one letter."

func validName(k *kind, name string) bool {
	return namePattern.MatchString(name) && !(k.isInstance() && nameEnd.MatchString(name))
}

// nameTaken is what the creation of an instance under a used name is answered.
const nameTaken = "Compute with this name already exists. Compute name needs to be unique across all existing computes within an Azure region."

// instance is the compute instance of that name in a region, in whichever workspace it is.
func (s *Server) instance(region, name string) *compute {
	return s.instances[fold(region+"/"+name)]
}

// checkName says whether a new instance may have a name: a POST that changes nothing (SDK v1, in no API description).
func (s *Server) checkName(rq *request) answer {
	body, err := parseObject(rq.body)
	if err != nil {
		return s.userError(rq, "The request content is invalid: %v", err)
	}
	name, _ := body.or("Name", body.str("name")).(string)
	w := s.known(rq)
	switch {
	case !validName(&computeInstance, name):
		return jsonAnswer(http.StatusOK, obj("nameAvailable", false, "reason", "Invalid", "message", invalidName))
	case s.instance(s.region(rq), name) != nil, w != nil && w.find(name) != nil:
		return jsonAnswer(http.StatusOK, obj("nameAvailable", false, "reason", "AlreadyExists", "message", nameTaken))
	}
	return jsonAnswer(http.StatusOK, obj("nameAvailable", true, "reason", nil, "message", nil))
}
