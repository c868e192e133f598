package azureml

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/spec"
)

// Decode reads a compute as Azure returns it. A computeType that nobody here
// knows gives a compute without kind and values; it is no error.
func Decode(raw json.RawMessage) (*spec.Compute, error) { return decodeJSON(raw, "") }

// decodeJSON is decode for a document as it was received.
func decodeJSON(raw []byte, version string) (*spec.Compute, error) {
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("decode compute: %w", err)
	}
	return decode(doc, version)
}

// decode reads a document that was asked for with an api-version; "" is not known.
func decode(doc map[string]any, version string) (*spec.Compute, error) {
	name, _ := doc["name"].(string)
	properties, _ := doc["properties"].(map[string]any)
	if name == "" || properties == nil {
		return nil, fmt.Errorf("decode compute: no name or no properties in the answer")
	}
	live := decodeLive(doc, properties)
	c := &spec.Compute{Name: name, Kind: spec.KindByComputeType(live.ComputeType), Live: live, Values: map[string]any{}}
	if c.Kind == nil {
		if tags, ok := stringMap(doc["tags"], ""); ok {
			c.Values["tags"] = tags // whose it is, is known of every kind
		}
		return c, nil
	}
	c.Values = decodeFields(c.Kind.Fields, doc)
	fillAbsent(c, version)
	if inner, ok := properties["properties"].(map[string]any); ok && c.Kind.Field("properties") != nil {
		if rest := c.Kind.Strip(inner); len(rest) > 0 {
			c.Values["properties"] = rest
		}
	}
	for i := range c.Kind.Keep {
		path := c.Kind.Keep[i].ARM
		if v, _ := lookup(doc, path); v != nil && !isEmpty(v) {
			if c.Kept == nil {
				c.Kept = make(map[string]any, len(c.Kind.Keep))
			}
			c.Kept[path] = v
		}
	}
	c.Unsent = c.Kind.Unsent(func(path string) any { v, _ := lookup(doc, path); return v })
	return c, nil
}

// fillAbsent adds what it means that a field is missing which the api-version has.
func fillAbsent(c *spec.Compute, version string) {
	for i := range c.Kind.Fields {
		f := &c.Kind.Fields[i]
		if _, known := c.Values[f.Name]; !known && f.Absent != nil && version != "" && !f.Everywhere() && f.In(version) {
			c.Values[f.Name] = f.Absent
		}
	}
}

func decodeLive(doc, properties map[string]any) *spec.Live {
	inner, _ := properties["properties"].(map[string]any)
	live := &spec.Live{
		ID:                str(doc["id"]),
		ComputeType:       str(properties["computeType"]),
		CreatedOn:         str(properties["createdOn"]),
		ModifiedOn:        str(properties["modifiedOn"]),
		ProvisioningState: str(properties["provisioningState"]),
		State:             str(inner["state"]),
		Errors: slices.Concat(errorTexts(properties["provisioningErrors"]), errorTexts(inner["errors"]),
			operationErrors(inner), patchErrors(inner)),
	}
	live.Attached, live.AttachedKnown = properties["isAttachedCompute"].(bool)
	if op, ok := inner["lastOperation"].(map[string]any); ok {
		live.StateTrigger = str(op["operationTrigger"])
	}
	if counts, ok := inner["nodeStateCounts"].(map[string]any); ok {
		n := func(key string) int { f, _ := counts[key].(float64); return int(f) }
		live.Nodes = spec.Nodes{
			Running: n("runningNodeCount"), Preparing: n("preparingNodeCount"), Idle: n("idleNodeCount"),
			Leaving: n("leavingNodeCount"), Unusable: n("unusableNodeCount"), Preempted: n("preemptedNodeCount"),
		}
	}
	if identity, ok := doc["identity"].(map[string]any); ok {
		live.SystemIdentity = strings.Contains(str(identity["type"]), "SystemAssigned")
	}
	_, live.HasCredentials = inner["userAccountCredentials"].(map[string]any)
	return live
}

// errorTexts reads a list of errors, each in any of the shapes that Azure uses, with
// what to do about it where that is known.
func errorTexts(v any) []string {
	list, _ := v.([]any)
	var out []string
	for _, item := range list {
		if raw, err := json.Marshal(item); err == nil {
			out = append(out, arm.KeptReason(raw))
		}
	}
	return out
}

// operationErrors says that the last operation on an instance failed: a stop by
// a schedule, say. ARM calls that StopFailed, and a creation's end CreateFailed.
func operationErrors(inner map[string]any) []string {
	op, _ := inner["lastOperation"].(map[string]any)
	status := str(op["operationStatus"])
	if !strings.HasSuffix(status, "Failed") {
		return nil
	}
	text := fmt.Sprintf("its last operation, %s, ended as %s", str(op["operationName"]), status)
	if trigger := str(op["operationTrigger"]); trigger != "" {
		text += fmt.Sprintf(" (trigger %s)", trigger)
	}
	return []string{text}
}

// patchErrors says that the last patching of an instance's operating system failed.
func patchErrors(inner map[string]any) []string {
	image, _ := inner["osImageMetadata"].(map[string]any)
	patching, _ := image["osPatchingStatus"].(map[string]any)
	if str(patching["patchStatus"]) != "Failed" {
		return nil
	}
	return append([]string{"its operating system could not be patched"}, errorTexts(patching["osPatchingErrors"])...)
}

func decodeFields(fields []spec.Field, doc map[string]any) map[string]any {
	values := make(map[string]any, len(fields)/2)
	for i := range fields {
		f := &fields[i]
		if f.ARM == "" || f.Type == spec.Secret || f.Type == spec.Raw || !applies(f, values) {
			continue // raw properties are what no other field holds: see Decode
		}
		raw, found := lookup(doc, f.ARM)
		v, ok := any(nil), false
		if found && raw != nil {
			v, ok = fromARM(f, raw)
		} else if f.Absent != nil && (found || f.Everywhere()) { // a version without the field shows no key
			v, ok = f.Absent, true
		}
		if ok {
			values[f.Name] = v
		}
	}
	return values
}

// applies evaluates a field's When against its siblings' values.
func applies(f *spec.Field, values map[string]any) bool {
	if f.When == "" {
		return true
	}
	sibling, want, _ := strings.Cut(f.When, "=")
	return str(values[sibling]) == want
}

// fromARM brings a value of ARM to the field's normal form. What does not fit
// counts as not returned.
func fromARM(f *spec.Field, raw any) (any, bool) {
	switch f.Type {
	case spec.Choice:
		return fromWord(f, str(raw)), str(raw) != ""
	case spec.Switch:
		if b, ok := raw.(bool); ok {
			return b, true
		}
		word := fromWord(f, str(raw))
		return word == "true", word == "true" || word == "false"
	case spec.Int:
		n, ok := raw.(float64)
		return int64(n), ok
	case spec.Seconds, spec.Minutes, spec.ISO:
		n, err := spec.ParseDuration(str(raw))
		return n, err == nil
	case spec.Timeout:
		n, err := strconv.ParseInt(strings.TrimSuffix(str(raw), "m"), 10, 64)
		return n, err == nil
	case spec.Tags, spec.Map:
		return stringMap(raw, f.Item)
	case spec.Words, spec.List:
		return items(raw, func(v any) (string, bool) { s, ok := v.(string); return fromWord(f, s), ok })
	case spec.Ints:
		return items(raw, func(v any) (int64, bool) { n, ok := v.(float64); return int64(n), ok })
	case spec.Objects:
		return objects(f, raw)
	}
	s, ok := raw.(string)
	return s, ok
}

func fromWord(f *spec.Field, word string) string {
	for _, e := range f.Enum {
		if strings.EqualFold(e.ARM, strings.ReplaceAll(word, " ", "")) {
			return e.Spec
		}
	}
	return word
}

func stringMap(raw any, item string) (map[string]string, bool) {
	m, ok := raw.(map[string]any)
	out := make(map[string]string, len(m))
	for k, v := range m {
		if inner, is := v.(map[string]any); is && item != "" {
			v = inner[item]
		}
		out[k] = str(v)
	}
	return out, ok
}

func items[T any](raw any, read func(any) (T, bool)) (any, bool) {
	list, ok := raw.([]any)
	out := make([]T, 0, len(list))
	for _, v := range list {
		t, good := read(v)
		ok = ok && good
		out = append(out, t)
	}
	return out, ok
}

func objects(f *spec.Field, raw any) (any, bool) {
	var out []any
	switch list := raw.(type) {
	case []any:
		out = make([]any, 0, len(list))
		for _, v := range list {
			m, _ := v.(map[string]any)
			out = append(out, decodeFields(f.Fields, m))
		}
	case map[string]any: // kept by key
		if f.Key == "" {
			return nil, false
		}
		out = make([]any, 0, len(list))
		for key, v := range list {
			m, _ := v.(map[string]any)
			one := decodeFields(f.Fields, m)
			one[f.Key] = key
			out = append(out, one)
		}
		slices.SortFunc(out, func(a, b any) int {
			return strings.Compare(str(a.(map[string]any)[f.Key]), str(b.(map[string]any)[f.Key]))
		})
	default:
		return nil, false
	}
	return out, true
}

func isEmpty(v any) bool {
	m, ok := v.(map[string]any)
	return ok && len(m) == 0
}

func str(v any) string {
	s, _ := v.(string)
	return s
}
