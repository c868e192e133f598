package spec

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Grant is what the operator lets a source name. What its files say is a claim,
// and counts within these limits alone. A nil list is no limit, an empty one
// allows nothing.
type Grant struct {
	Workspaces []string // globs of subscription/group/workspace
	Owners     []string
}

// Allows reports whether both the workspace and its owner may be named.
func (g *Grant) Allows(ws *Workspace) bool {
	return g.HasWorkspace(ws.ID) && g.HasOwner(ws.Settings.Owner)
}

// HasWorkspace reports whether the workspace may be named. Azure does not
// distinguish the case of letters, and neither does a glob.
func (g *Grant) HasWorkspace(id WorkspaceID) bool {
	return g.Workspaces == nil || slices.ContainsFunc(g.Workspaces, func(glob string) bool {
		return matchWorkspace(glob, id.Key())
	})
}

// HasOwner reports whether the owner may be named.
func (g *Grant) HasOwner(owner string) bool {
	return g.Owners == nil || slices.Contains(g.Owners, owner)
}

// WorkspaceGlobPattern is as much of CheckWorkspaceGlob as a pattern can say.
const WorkspaceGlobPattern = `^[^/]+/[^/]+/[^/]+$`

// CheckWorkspaceGlob says what is wrong with a glob of workspaces.
func CheckWorkspaceGlob(glob string) error {
	if _, err := path.Match(glob, "x"); err != nil {
		return fmt.Errorf("%q is not a glob", glob)
	}
	parts := strings.Split(glob, "/")
	if len(parts) != 3 || slices.Contains(parts, "") {
		return fmt.Errorf("%q is not subscription/group/workspace", glob)
	}
	return nil
}

// matchWorkspace reports whether a glob matches WorkspaceID.Key; "*", "?" and
// "[...]" match within one of the three segments.
func matchWorkspace(glob, key string) bool {
	ok, err := path.Match(strings.ToLower(glob), key)
	return ok && err == nil
}

// OwnerPattern is what CheckOwner allows.
var OwnerPattern = ownerName.String()

// CheckOwner says what is wrong with the name of an owner.
func CheckOwner(name string) error {
	if !ownerName.MatchString(name) {
		return fmt.Errorf("%q cannot be the name of an owner", name)
	}
	return nil
}

// grant refuses a workspace and an owner that the source may not name. A
// workspace.yaml that does not say which workspace it is has errors of its own.
func (w *loader) grant(c *checker) {
	ws := c.ws
	if !ws.ID.Complete() {
		return
	}
	ws.Ungranted = !w.granted.Allows(ws)
	if !w.granted.HasWorkspace(ws.ID) {
		c.errorAt("subscription_id",
			"the operator lists the workspaces of a source: key workspaces in the configuration, or --allow-workspace",
			"this source may not name the workspace %s", ws.ID)
	}
	if owner := ws.Settings.Owner; owner != "" && !w.granted.HasOwner(owner) {
		c.errorAt("owner",
			"the operator lists the owners of a source: key owners in the configuration, or --allow-owner",
			"this source may not name the owner %s", owner)
	}
}
