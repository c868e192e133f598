package azureml

import (
	"fmt"
	"maps"
	"strconv"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// Reveal turns a reference into what is sent in its place.
type Reveal func(secret.Ref) (string, error)

// Body is the document that a PUT sends. Where live is given, it carries the
// live values of everything the spec leaves open, because a PUT replaces the
// resource; without it, CLI v2's defaults.
func Body(want, live *spec.Compute, location string, reveal Reveal) (map[string]any, error) {
	doc := map[string]any{"location": location}
	store(doc, "properties.computeType", want.Kind.ComputeType)
	if live == nil {
		for path, v := range want.Kind.Also {
			store(doc, path, v)
		}
	}
	full := spec.Carry(want, live)
	for path, v := range full.Kept {
		store(doc, path, clone(v))
	}
	for i := range want.Kind.Fields {
		f := &want.Kind.Fields[i]
		v := full.Values[f.Name]
		if v == nil && live == nil {
			v = f.Default
		}
		if v == nil || f.ARM == "" {
			continue
		}
		if err := put(doc, f, v, reveal); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	if _, typed := lookup(doc, "identity.type"); !typed { // what is left of one that ignore_changes keeps away
		delete(doc, "identity")
	}
	tidyTLS(doc)
	return doc, nil
}

// ScaleBody is the document that a PATCH sends: all three scale values,
// because whether an omitted one is kept is not known.
func ScaleBody(want, live *spec.Compute) (map[string]any, error) {
	doc := map[string]any{}
	full := spec.Carry(want, live)
	for i := range want.Kind.Fields {
		f := &want.Kind.Fields[i]
		if f.Change != spec.ByPatch {
			continue
		}
		v, ok := full.Values[f.Name]
		if !ok {
			return nil, fmt.Errorf("%s is neither stated nor returned by Azure", f.Name)
		}
		if err := put(doc, f, v, nil); err != nil {
			return nil, err
		}
	}
	return doc, nil
}

// ActionBody is the document that a POST action takes: the properties that it
// changes, or a list alone.
func ActionBody(want *spec.Compute, action string) (any, error) {
	doc, at := map[string]any{}, ""
	for i := range want.Kind.Fields {
		f := &want.Kind.Fields[i]
		v, stated := want.Values[f.Name]
		if f.Change != spec.ByAction || f.Action.Name != action || !stated {
			continue
		}
		if at = f.Action.At; f.Action.Key != "" {
			return map[string]any{f.Action.Key: v}, nil
		}
		if err := put(doc, f, v, nil); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	body, _ := lookup(doc, at)
	return body, nil
}

// tidyTLS leaves out whether a leaf domain is taken over where the status has
// none: the v1 SDK sends a certificate and its name, or a leaf domain, or nothing.
func tidyTLS(doc map[string]any) {
	v, _ := lookup(doc, "properties.properties.sslConfiguration")
	tls, _ := v.(map[string]any)
	if status := tls["status"]; status == "Disabled" || status == "Enabled" {
		delete(tls, "overwriteExistingDomain")
	}
}

func put(doc map[string]any, f *spec.Field, v any, reveal Reveal) error {
	wire, err := toARM(f, v, reveal)
	if err != nil {
		return err
	}
	if f.Type == spec.Raw {
		merge(doc, f.ARM, wire)
		return nil
	}
	store(doc, f.ARM, wire)
	if f.Type != spec.Objects && f.Item == "" {
		for path, also := range f.Also {
			store(doc, path, also)
		}
	}
	return nil
}

// toARM writes a normal form as ARM wants it.
func toARM(f *spec.Field, v any, reveal Reveal) (any, error) {
	switch f.Type {
	case spec.Choice:
		return toWord(f, str(v)), nil
	case spec.Switch:
		if len(f.Enum) > 0 {
			return toWord(f, fmt.Sprint(v)), nil
		}
	case spec.Seconds, spec.Minutes, spec.ISO:
		n, _ := v.(int64)
		return spec.FormatDuration(n), nil
	case spec.Timeout:
		n, _ := v.(int64)
		return strconv.FormatInt(n, 10) + "m", nil
	case spec.Words:
		return wordsToARM(f, v), nil
	case spec.Map:
		return mapToARM(f, v), nil
	case spec.Objects:
		return objectsToARM(f, v, reveal)
	case spec.Secret:
		ref, _ := v.(secret.Ref)
		return reveal(ref)
	}
	return v, nil
}

func toWord(f *spec.Field, word string) string {
	for _, e := range f.Enum {
		if e.Spec == word {
			return e.ARM
		}
	}
	return word
}

func wordsToARM(f *spec.Field, v any) []string {
	words, _ := v.([]string)
	out := make([]string, len(words))
	for i, word := range words {
		out[i] = toWord(f, word)
	}
	return out
}

func mapToARM(f *spec.Field, v any) any {
	m, _ := v.(map[string]string)
	if f.Item == "" {
		return m
	}
	out := make(map[string]any, len(m))
	for k, value := range m {
		one := map[string]any{f.Item: value}
		maps.Copy(one, f.Also)
		out[k] = one
	}
	return out
}

func objectsToARM(f *spec.Field, v any, reveal Reveal) (any, error) {
	list, _ := v.([]any)
	docs := make([]any, 0, len(list))
	byKey := make(map[string]any, len(list))
	for _, item := range list {
		values, _ := item.(map[string]any)
		doc := map[string]any{}
		for path, also := range f.Also {
			store(doc, path, also)
		}
		for i := range f.Fields {
			sub := &f.Fields[i]
			value, stated := values[sub.Name]
			if !stated || sub.ARM == "" || !applies(sub, values) {
				continue
			}
			if err := put(doc, sub, value, reveal); err != nil {
				return nil, fmt.Errorf("%s: %w", sub.Name, err)
			}
		}
		docs = append(docs, doc)
		if f.Key != "" {
			byKey[str(values[f.Key])] = doc
		}
	}
	if f.Key != "" {
		return byKey, nil
	}
	return docs, nil
}
