package azureml

import "strings"

// lookup follows a dotted path through a decoded JSON document.
func lookup(doc map[string]any, path string) (any, bool) {
	for {
		head, rest, more := strings.Cut(path, ".")
		v, ok := doc[head]
		if !ok || !more {
			return v, ok
		}
		if doc, ok = v.(map[string]any); !ok {
			return nil, false
		}
		path = rest
	}
}

// merge lays a map into the document at a dotted path, beside what is there.
// Its keys are no paths: they may have dots in them.
func merge(doc map[string]any, path string, v any) {
	m, _ := v.(map[string]any)
	at, ok := lookup(doc, path)
	into, isMap := at.(map[string]any)
	if !ok || !isMap {
		into = map[string]any{}
		store(doc, path, into)
	}
	overlay(into, m)
}

func overlay(into, m map[string]any) {
	for key, v := range m {
		inner, isMap := v.(map[string]any)
		under, hasMap := into[key].(map[string]any)
		if isMap && hasMap {
			overlay(under, inner)
			continue
		}
		into[key] = clone(v)
	}
}

// clone copies the maps of a value, so that what is laid over it stays in the
// document.
func clone(v any) any {
	m, ok := v.(map[string]any)
	if !ok {
		return v
	}
	out := make(map[string]any, len(m))
	overlay(out, m)
	return out
}

// store sets a dotted path, making the objects on its way.
func store(doc map[string]any, path string, v any) {
	for {
		head, rest, more := strings.Cut(path, ".")
		if !more {
			doc[head] = v
			return
		}
		next, ok := doc[head].(map[string]any)
		if !ok {
			next = map[string]any{}
			doc[head] = next
		}
		doc, path = next, rest
	}
}
