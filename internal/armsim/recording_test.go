package armsim

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The files in testdata are parts of public recordings of the real service, which each of them names. Documents must be
// equal to them, the order of keys included, but for what differs from one compute to the next.

var volatile = map[string]bool{
	"id": true, "createdOn": true, "modifiedOn": true, "allocationStateTransitionTime": true, "operationTime": true,
	"principalId": true, "userId": true,
}

// settled is v without what is volatile, as text.
func settled(v any) string { return string(appendJSON(nil, blank(v), 0)) }

func blank(v any) any {
	switch v := v.(type) {
	case *object:
		out := obj()
		for _, m := range v.members {
			if volatile[m.key] {
				m.value = "..."
			}
			out.set(m.key, blank(m.value))
		}
		return out
	case []any:
		for i := range v {
			v[i] = blank(v[i])
		}
	}
	return v
}

func recording(t *testing.T, name string) *object {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	o, err := parseObject(data)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestRecordedCreation(t *testing.T) {
	s := newSim(t)
	rec := recording(t, "create.json")
	out := s.want(s.do("PUT", "/aml03?api-version=2024-04-01", string(appendJSON(nil, rec.get("request"), 0))), 201)
	if diff := cmp.Diff(settled(rec.get("response")), settled(out.body)); diff != "" {
		t.Error(diff)
	}
}

func TestRecordedList(t *testing.T) {
	s := newSim(t)
	s.want(s.do("PUT", "/batch-cluster", cluster("Standard_DS3_v2", 0, 1)), 201)
	s.want(s.do("PUT", "/dev-box", `{"location":"eastus","identity":{"type":"SystemAssigned"},`+instance[len(`{"location":"eastus",`):]), 201)
	out := s.want(s.do("GET", "?api-version=2024-04-01", ""), 200)
	if diff := cmp.Diff(settled(recording(t, "list.json").get("response")), settled(out.body)); diff != "" {
		t.Error(diff)
	}
}
