package armsim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// shapes of the documents, by what an api-version shows of an instance: a version before 2025-12-01 no idle time, a stable
// one no field that only previews have.
const (
	shapeOld = iota
	shapeStable
	shapeFull
	shapes
)

// shape is which one an api-version has. Previews have known the idle time for years.
func (s *Server) shape(version string) int {
	switch {
	case isPreview(version), version >= idleTimeSince && s.assumes(previewReads, "show"):
		return shapeFull
	case version >= idleTimeSince:
		return shapeStable
	}
	return shapeOld
}

// idleTimeSince is the first stable api-version with an instance's idle time.
const idleTimeSince = "2025-12-01"

// hidden are the fields of an instance that a shape does not show. A recording with a stable version shows the other fields
// that only previews have.
var hidden = [shapes][]string{shapeOld: {"idleTimeBeforeShutdown", "enableRootAccess"}, shapeStable: {"enableRootAccess"}}

// shown is the document of a compute as a client of that api-version sees it.
func (s *Server) shown(rq *request, c *compute) *object { return c.shaped(s.shape(rq.version)) }

func (c *compute) shaped(shape int) *object {
	if !c.kind.isInstance() || len(hidden[shape]) == 0 {
		return c.doc
	}
	doc := c.doc.clone()
	for _, key := range hidden[shape] {
		doc.at("properties").at("properties").remove(key)
	}
	return doc
}

func (s *Server) notFound(rq *request) answer {
	return s.computeError(rq, http.StatusNotFound, "NotFound", "The compute '%s' was not found in workspace '%s'.", rq.name, rq.workspace)
}

func (s *Server) get(rq *request) answer {
	c := s.find(rq)
	if t, old := s.past.moment(s.rng, rq.now); old {
		c = s.findAsOf(rq, t)
	}
	if c == nil {
		return s.notFound(rq)
	}
	return jsonAnswer(http.StatusOK, s.shown(rq, c))
}

// list answers one page, all of one moment. Its end is a token: the place of the last compute shown, so that computes
// that come or go between two pages move nothing.
func (s *Server) list(rq *request) answer {
	w := s.known(rq)
	if w == nil {
		return jsonAnswer(http.StatusOK, obj("value", []any{}))
	}
	after, err := strconv.Atoi(rq.query.Get("$skip"))
	if err != nil && rq.query.Has("$skip") {
		return s.userError(rq, "The continuation token '%s' is invalid.", rq.query.Get("$skip"))
	}
	page := w.computes
	if t, old := s.past.moment(s.rng, rq.now); old {
		page = w.computesAsOf(t)
	}
	from, _ := slices.BinarySearchFunc(page, after+1, bySeq)
	page = page[from:]
	more := s.pageSize > 0 && len(page) > s.pageSize
	if more {
		page = page[:s.pageSize]
	}
	body := pageBody(page, s.shape(rq.version))
	if more {
		next := rq.base + rq.escaped + "?api-version=" + url.QueryEscape(rq.version) + "&$skip=" + strconv.Itoa(page[len(page)-1].seq)
		body = appendString(append(body, ",\n  \"nextLink\": "...), next)
	}
	return answer{status: http.StatusOK, body: append(body, "\n}"...)}
}

// pageBody is the document of a page up to the end of its value.
func pageBody(page []*compute, shape int) []byte {
	size := 256
	for _, c := range page {
		size += len(c.listed(shape)) + 8
	}
	body := append(make([]byte, 0, size), "{\n  \"value\": ["...)
	for i, c := range page {
		body = append(newline(body, i, 2), c.listed(shape)...)
	}
	if len(page) > 0 {
		body = newline(body, 0, 1)
	}
	return append(body, ']')
}

// listed is the compute as it stands in a list.
func (c *compute) listed(shape int) []byte {
	if c.raw[shape] == nil {
		c.raw[shape] = appendJSON(nil, c.shaped(shape), 2)
	}
	return c.raw[shape]
}
