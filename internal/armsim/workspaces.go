package armsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Workspace names a workspace, with the keys of Azure ML's own config.json, and says where it is.
type Workspace struct {
	Subscription string `json:"subscription_id"`
	Group        string `json:"resource_group"`
	Name         string `json:"workspace_name"`
	Location     string `json:"location"` // "" = as for a workspace that nothing is said of
}

// Workspaces are the workspaces that exist; nil = every one does.
type Workspaces []Workspace

// ParseWorkspaces reads a JSON array of workspaces.
func ParseWorkspaces(data []byte) (Workspaces, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	w := Workspaces{}
	if err := d.Decode(&w); err != nil {
		return nil, fmt.Errorf("parse workspaces: %w", err)
	}
	for i, one := range w {
		if one.Subscription == "" || one.Group == "" || one.Name == "" {
			return nil, fmt.Errorf("parse workspaces: entry %d: subscription_id, resource_group and workspace_name are required", i+1)
		}
	}
	return w, nil
}

// missingParent is the 404 for a workspace, group or subscription that does not exist.
func (s *Server) missingParent(rq *request) *answer {
	if s.world == nil || rq.subscription == "" {
		return nil
	}
	subscription, group := false, rq.group == ""
	for _, w := range s.world {
		if !strings.EqualFold(w.Subscription, rq.subscription) {
			continue
		}
		subscription = true
		group = group || strings.EqualFold(w.Group, rq.group)
		if rq.group == "" || strings.EqualFold(w.Group, rq.group) && strings.EqualFold(w.Name, rq.workspace) {
			return nil
		}
	}
	var a answer
	switch {
	case !subscription:
		a = armError(http.StatusNotFound, "SubscriptionNotFound", "The subscription '%s' could not be found.", rq.subscription)
	case !group:
		a = armError(http.StatusNotFound, "ResourceGroupNotFound", "Resource group '%s' could not be found.", rq.group)
	default:
		a = armError(http.StatusNotFound, "ResourceNotFound",
			"The Resource '%s/workspaces/%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
			provider, rq.workspace, rq.group)
	}
	return &a
}

// region is where the workspace of a request is.
func (s *Server) region(rq *request) string {
	if w := s.known(rq); w != nil {
		return w.location
	}
	return s.newWorkspace(rq, "").location
}

// newWorkspace is the workspace of a request before anything is in it; first is the location that its first compute names.
func (s *Server) newWorkspace(rq *request, first string) *workspace {
	w := &workspace{
		subscription: rq.subscription, group: rq.group, name: rq.workspace,
		byName: map[string]*compute{}, ghosts: map[string]string{}, targets: map[string][]*compute{}, past: &s.past,
	}
	for _, known := range s.world {
		if workspaceKey(known.Subscription, known.Group, known.Name) == workspaceKey(rq.subscription, rq.group, rq.workspace) {
			w.subscription, w.group, w.name, w.location = known.Subscription, known.Group, known.Name, known.Location
		}
	}
	for _, location := range []string{s.home, fold(strings.ReplaceAll(first, " ", "")), "westeurope"} {
		if w.location == "" {
			w.location = location
		}
	}
	return w
}

func (s *Server) getWorkspace(rq *request) answer {
	w := s.known(rq)
	if w == nil {
		w = s.newWorkspace(rq, "")
	}
	return jsonAnswer(http.StatusOK, obj("id", w.id(), "name", w.name, "type", provider+"/workspaces", "location", w.location,
		"tags", obj(), "etag", nil, "identity", obj("type", "SystemAssigned", "principalId", hashGUID(fold(w.id())), "tenantId", tenant),
		"properties", obj("friendlyName", w.name, "workspaceId", hashGUID(fold(w.id()), "workspace"), "provisioningState", "Succeeded")))
}
