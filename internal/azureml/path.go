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
