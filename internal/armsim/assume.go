package armsim

import (
	"fmt"
	"slices"
	"strings"
)

// Assumption is a question about the service that no public recording answers, and the answers that a Server can give.
type Assumption struct {
	Name    string
	Answers []string // the first is given unless Assume says otherwise
	About   string   // what is not known, in a few words
}

// The names of the assumptions that the code asks for; those about routes are the action's name behind routeOf.
const (
	reattach      = "reattach"
	previewFields = "preview-fields"
	newerFields   = "newer-fields"
	previewReads  = "preview-reads"
	schedulesList = "schedules-list"
	schedulesNone = "schedules-empty"
	resizeWhen    = "resize-when"
	resizeHeader  = "resize-header"
	missingRoute  = "missing-route"
	routeOf       = "route."
)

var assumptions = append([]Assumption{
	{reattach, []string{"accept", "400"}, "a PUT over an attachment that exists"},
	{previewFields, []string{"drop", "keep"}, "a stable api-version's PUT of instance fields that only previews have"},
	{newerFields, []string{"drop", "keep"}, "a stable api-version's PUT of instance fields that came with a later one"},
	{previewReads, []string{"hide", "show"}, "a stable api-version's reads of `enableRootAccess`, which only previews have"},
	{schedulesList, []string{"replace", "add"}, "what `updateSchedules` does to the schedules that there are"},
	{schedulesNone, []string{"clear", "keep", "400"}, "what `updateSchedules` does with an empty list"},
	{resizeWhen, []string{"stopped", "any"}, "the state in which an instance can be resized; elsewhere the operation fails"},
	{resizeHeader, []string{"Location", statusHeader}, "the header that leads to the operation of `resize`"},
	{missingRoute, []string{"404", "405", "400"}, "the status for an action that an api-version does not have"},
}, routeAssumptions()...)

func routeAssumptions() []Assumption {
	var list []Assumption
	for _, r := range routings {
		answers := []string{r.usual}
		for _, a := range []string{"all", "preview", "none"} {
			if a != r.usual {
				answers = append(answers, a)
			}
		}
		list = append(list, Assumption{routeOf + r.action, answers, "the api-versions that have `" + r.action + "`"})
	}
	return list
}

// Assumptions are all that Assume knows.
func Assumptions() []Assumption { return slices.Clone(assumptions) }

// Assume reads the option NAME=ANSWER: the Server gives this answer to what nobody has recorded.
func Assume(text string) (Option, error) {
	name, answer, _ := strings.Cut(text, "=")
	i := slices.IndexFunc(assumptions, func(a Assumption) bool { return a.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("there is no assumption %q", name)
	}
	if known := assumptions[i].Answers; !slices.Contains(known, answer) {
		return nil, fmt.Errorf("%s is one of %s", name, strings.Join(known, ", "))
	}
	return func(s *settings) {
		if s.assumed == nil {
			s.assumed = map[string]string{}
		}
		s.assumed[name] = answer
	}, nil
}

// assumes says whether the server gives this answer.
func (s *settings) assumes(name, answer string) bool { return s.answerTo(name) == answer }

func (s *settings) answerTo(name string) string {
	if a, ok := s.assumed[name]; ok {
		return a
	}
	return assumptions[slices.IndexFunc(assumptions, func(a Assumption) bool { return a.Name == name })].Answers[0]
}
