package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/azureml"
	"github.com/computesync/computesync/internal/spec"
)

// actualLists are lists of computes that somebody saved: as Azure answers a GET
// of a workspace's computes, or its value alone, for one workspace; or several
// of these by workspace.
type actualLists struct {
	file string
	only []*spec.Compute            // of the one workspace there is; nil when byID is set
	byID map[string][]*spec.Compute // by folded subscription/group/name
}

// actualHint says how such a file is made.
const actualHint = "save what Azure answers to a GET of the workspace's computes, all pages of it; see docs/planning.md"

func readActual(file string) (*actualLists, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, usage("read actual computes: "+err.Error(), actualHint)
	}
	l := &actualLists{file: file}
	if err := l.read(data); err != nil {
		return nil, &coded{code: exitError, err: fmt.Errorf("read actual computes from %s: %w", file, err), hint: actualHint}
	}
	return l, nil
}

func (l *actualLists) read(data []byte) error {
	var lists map[string]json.RawMessage
	isList := bytes.HasPrefix(bytes.TrimSpace(data), []byte("["))
	if !isList {
		if err := json.Unmarshal(data, &lists); err != nil {
			return err
		}
	}
	var err error
	if _, isPage := lists["value"]; isPage || isList {
		l.only, err = readComputes(data)
		return err
	}
	l.byID = map[string][]*spec.Compute{}
	for name, list := range lists {
		key, ok := workspaceKey(name)
		if !ok {
			return fmt.Errorf("%q is no workspace: it is named subscription/group/name", name)
		}
		if l.byID[key] != nil {
			return fmt.Errorf("%s is in it twice", name)
		}
		if l.byID[key], err = readComputes(list); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := checkHome(l.byID[key], key); err != nil {
			return err
		}
	}
	return nil
}

// readComputes reads one workspace's list. What may be half a list is refused:
// all that is missing in it would look as if it did not exist.
func readComputes(data json.RawMessage) ([]*spec.Compute, error) {
	var page struct {
		Value    []json.RawMessage `json:"value"`
		NextLink string            `json:"nextLink"`
	}
	var err error
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		err = json.Unmarshal(data, &page.Value)
	} else {
		err = json.Unmarshal(data, &page)
	}
	switch {
	case err != nil:
		return nil, err
	case page.Value == nil:
		return nil, errors.New("it holds no list of computes")
	case page.NextLink != "":
		return nil, errors.New("the list goes on: it has a nextLink")
	}
	all := make([]*spec.Compute, 0, len(page.Value))
	seen := map[string]bool{}
	for _, raw := range page.Value {
		c, err := azureml.Decode(raw)
		if err != nil {
			return nil, err
		}
		if seen[c.Key()] {
			return nil, fmt.Errorf("%s is in it twice", c.Name)
		}
		seen[c.Key()] = true
		all = append(all, c)
	}
	return all, nil
}

// of is the list of one of n workspaces. A workspace that has none is an error:
// it is not known to be empty.
func (l *actualLists) of(id spec.WorkspaceID, n int) ([]*spec.Compute, error) {
	if l.byID != nil {
		list, ok := l.byID[id.Key()]
		if !ok {
			return nil, usage(fmt.Sprintf("%s holds no list of %s", l.file, id), "add one, an empty one if it is empty, or choose others with --workspace")
		}
		return list, nil
	}
	if n > 1 {
		return nil, usage(fmt.Sprintf("%s holds the list of one workspace, and there are %d", l.file, n),
			"choose one with --workspace, or write an object with a list for each subscription/group/name")
	}
	if err := checkHome(l.only, id.Key()); err != nil {
		return nil, usage(fmt.Sprintf("read actual computes from %s: %v", l.file, err), "choose that workspace with --workspace, or save the list of this one")
	}
	return l.only, nil
}

// checkHome refuses computes that are of another workspace by their id.
func checkHome(list []*spec.Compute, key string) error {
	for _, c := range list {
		home, _, _ := strings.Cut(strings.ToLower(c.Live.ID), "/computes/")
		if other, ok := workspaceKey(home); ok && other != key {
			return fmt.Errorf("%s is a compute of %s, not of %s", c.Name, other, key)
		}
	}
	return nil
}

// workspaceKey folds a workspace's name, written subscription/group/name or as
// its resource ID.
func workspaceKey(name string) (string, bool) {
	parts := strings.Split(strings.Trim(strings.ToLower(name), "/"), "/")
	const resourceID = 8 // subscriptions/S/resourceGroups/G/providers/P/workspaces/W
	if len(parts) == resourceID && parts[0] == "subscriptions" {
		parts = []string{parts[1], parts[3], parts[7]}
	}
	if len(parts) != 3 || slices.Contains(parts, "") {
		return "", false
	}
	id := spec.WorkspaceID{Subscription: parts[0], ResourceGroup: parts[1], Name: parts[2]}
	return id.Key(), true
}
