package arm

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/computesync/computesync/internal/output"
)

const (
	maxText    = 1000 // runes of a message that are kept
	maxPlain   = 200  // runes of a body that is not JSON
	maxDetails = 5
	maxNesting = 6
)

// answerError makes an Error of an answer that is not 2xx.
func answerError(method, path string, a *attempt) *Error {
	e := ParseError(a.body)
	e.Status, e.Method, e.Path = a.resp.StatusCode, method, path
	e.RetryAfter = retryAfter(a.resp.Header)
	e.RequestID = a.resp.Header.Get("x-ms-request-id")
	if id := a.resp.Header.Get(headerCorrelation); id != "" {
		e.CorrelationID = id
	}
	if e.Code == "" {
		e.Code = a.resp.Header.Get("x-ms-error-code")
	}
	return e
}

// operationError makes an Error of the status document of an operation that failed.
func operationError(guid, state string, resp *Response) *Error {
	e := ParseError(resp.Body)
	e.Operation, e.State = guid, state
	if resp.CorrelationID != "" {
		e.CorrelationID = resp.CorrelationID
	}
	return e
}

// ParseError reads an error document in any shape that was seen of Azure, and anything else as text; it never fails. The
// shapes: the Resource Manager envelope {"error": {code, message, target, details}}, Azure ML's own with referenceCode,
// innerError and a "correlation" beside the error, either nested in another error, and a bare {code or statusCode,
// message, details} as found in failed operations and in a compute's provisioningErrors.
func ParseError(body []byte) *Error {
	obj := object(body)
	if obj == nil {
		return &Error{Message: plain(body)}
	}
	e := &Error{CorrelationID: text(object(obj["correlation"])["request"])}
	for range maxNesting {
		inner := object(obj["error"])
		if inner == nil {
			break
		}
		obj = inner
	}
	e.fill(obj)
	return e
}

// KeptReason reads an error that Azure keeps with a resource whose operation failed: its reason in one line, with what to
// do about it where the code or the text is known.
func KeptReason(body []byte) string {
	e := ParseError(body)
	e.State = "Failed"
	if r := e.rule(); r != nil {
		return strings.TrimPrefix(strings.TrimSuffix(e.Reason(), ".")+"; "+r.hint(e), "; ")
	}
	return e.Reason()
}

func (e *Error) fill(obj fields) {
	e.Code = obj.first("code", "error", "Code")
	e.Message = clean(obj.first("message", "error_description", "Message"), maxText)
	e.Target = clean(text(obj["target"]), maxPlain)
	if n, err := strconv.Atoi(text(obj["statusCode"])); err == nil && n >= 400 && n < 600 {
		e.Status = n
	}
	if e.Code == "OK" { // seen on operations that failed on the number of clusters, with statusCode 200
		e.Code = ""
	}
	inner := obj
	for range maxNesting {
		inner = object(first(inner, "innererror", "innerError"))
		if code := text(inner["code"]); code != "" {
			e.InnerCode = code
		}
	}
	e.addDetails(obj["details"], maxNesting)
}

// addDetails flattens the tree of details.
func (e *Error) addDetails(raw json.RawMessage, depth int) {
	var list []json.RawMessage
	if depth == 0 || json.Unmarshal(raw, &list) != nil {
		return
	}
	for _, item := range list {
		obj := object(item)
		if inner := object(obj["error"]); inner != nil {
			obj = inner
		}
		d := Detail{
			Code:    text(obj["code"]),
			Message: clean(text(obj["message"]), maxText),
			Target:  clean(text(obj["target"]), maxPlain),
		}
		if d != (Detail{}) && len(e.Details) < maxDetails {
			e.Details = append(e.Details, d)
		}
		e.addDetails(obj["details"], depth-1)
	}
}

type fields map[string]json.RawMessage

// object is nil if raw is not a JSON object.
func object(raw []byte) fields {
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return nil
	}
	var obj fields
	if json.Unmarshal(raw, &obj) != nil {
		return nil
	}
	return obj
}

func first(obj fields, keys ...string) json.RawMessage {
	for _, k := range keys {
		if raw, ok := obj[k]; ok {
			return raw
		}
	}
	return nil
}

func (obj fields) first(keys ...string) string {
	for _, k := range keys {
		if s := text(obj[k]); s != "" {
			return s
		}
	}
	return ""
}

// text is a JSON string or number as text; empty for everything else.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(raw, &n) == nil {
		return n.String()
	}
	return ""
}

var (
	hidden = regexp.MustCompile(`(?is)<(script|style|head)\b.*?</(script|style|head)>`)
	markup = regexp.MustCompile(`(?s)<[^>]*>`)
	title  = regexp.MustCompile(`(?is)<title>(.*?)</title>`)
)

// plain makes one short line of a body that is not an error document: a proxy's page, a line of text, half a JSON.
func plain(body []byte) string {
	s := string(body[:min(len(body), 64<<10)])
	if strings.HasPrefix(strings.TrimSpace(s), "<") {
		if m := title.FindStringSubmatch(s); m != nil {
			return clean(m[1], maxPlain)
		}
		s = markup.ReplaceAllString(hidden.ReplaceAllString(s, " "), " ")
	}
	return clean(s, maxPlain)
}

func oneLine(s string) string { return clean(s, maxText) }

// clean makes one line of printable characters, at most limit runes long.
func clean(s string, limit int) string {
	runes := []rune(output.OneLine(s))
	if len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return string(runes)
}
