// Package export writes the computes of a workspace as the spec files that a
// person would have written: in the form of the `az ml` CLI v2, without what
// Azure alone sets and without what a creation would make anyway, unless money
// or access is at stake. What looks like a secret is left out.
package export

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/diff"
	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/strictyaml"
)

// Workspace is what is exported.
type Workspace struct {
	ID       spec.WorkspaceID
	Location string // region of the workspace
	Owner    string
	Computes []*spec.Compute // as Azure lists them
}

// File is a file to be written.
type File struct {
	Name     string // below the folder, without a slash
	Data     []byte
	Target   *spec.Compute // the compute in it; nil for workspace.yaml
	FillIn   []string      // fields whose values Azure does not tell, by dotted name
	Withheld []Withheld    // what looks like a secret
	LeftOut  []LeftOut     // what else it does not say of the compute
}

// Skip is a compute that gets no file.
type Skip struct {
	Name   string
	Kind   string
	Reason string
}

// Result is what an export comes to.
type Result struct {
	Files   []File // workspace.yaml first, unless there is one already
	Skipped []Skip // by name
}

// Files makes the files of a workspace. there is what the folder holds already:
// a workspace.yaml in it stays, and what it declares in other files than ours
// is skipped. The folder is valid with the files in it; where that cannot be,
// because of what is there, the error is a *FolderError.
func Files(ws Workspace, there fs.FS) (*Result, error) {
	e := &exporter{ws: ws, there: there, tree: tree{under: there, files: map[string][]byte{}}}
	if err := e.workspaceFile(); err != nil {
		return nil, err
	}
	e.readDefaults()
	if err := e.computes(); err != nil {
		return nil, err
	}
	if err := e.settle(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(e.out.Skipped, func(a, b Skip) int {
		return strings.Compare(spec.FoldName(a.Name), spec.FoldName(b.Name))
	})
	return &e.out, nil
}

// FolderError tells of specs that would be wrong, and not because of what is
// exported: in the settings of the workspace, or in files that were there.
type FolderError struct{ Errors strictyaml.Errors }

func (e *FolderError) Error() string {
	return fmt.Sprintf("export workspace: the specs would not be valid: %v", e.Errors[0])
}

type exporter struct {
	ws       Workspace
	there    fs.FS
	tree     tree
	defaults map[*spec.Kind]map[string]any // what workspace.yaml states for every compute of a kind
	out      Result
}

// workspaceFile adds workspace.yaml, where there is none.
func (e *exporter) workspaceFile() error {
	if _, ok := e.tree.has(spec.WorkspaceFile); !ok {
		data, err := strictyaml.Write([]strictyaml.Pair{
			{Key: "subscription_id", Value: e.ws.ID.Subscription},
			{Key: "resource_group", Value: e.ws.ID.ResourceGroup},
			{Key: "workspace_name", Value: e.ws.ID.Name},
			{Key: "location", Value: e.ws.Location},
			{Key: "owner", Value: e.ws.Owner},
			{Key: "prune", Value: false},
		})
		if err != nil {
			return err
		}
		e.tree.files[spec.WorkspaceFile] = data
		e.out.Files = append(e.out.Files, File{Name: spec.WorkspaceFile, Data: data})
	}
	data, _ := e.tree.has(spec.WorkspaceFile)
	alone := tree{files: map[string][]byte{spec.WorkspaceFile: data}}
	if set := spec.Load(alone, spec.Options{Unguarded: true}); !set.Valid() {
		return &FolderError{set.AllErrors()}
	}
	return nil
}

// readDefaults reads a compute of each kind that states nothing: what it has
// then, workspace.yaml gave it.
func (e *exporter) readDefaults() {
	e.defaults = map[*spec.Kind]map[string]any{}
	data, _ := e.tree.has(spec.WorkspaceFile)
	bare := tree{files: map[string][]byte{spec.WorkspaceFile: data}}
	for _, k := range spec.Kinds() {
		bare.files[k.Name+".yaml"] = []byte("name: x" + k.Name + "\ntype: " + k.Name + "\n")
	}
	for _, ws := range spec.Load(bare, spec.Options{Unguarded: true}).Workspaces {
		for _, c := range ws.Computes {
			e.defaults[c.Kind] = c.Values
		}
	}
}

// computes adds a file for each compute that can have one.
func (e *exporter) computes() error {
	declared := e.declared()
	for _, c := range e.ws.Computes {
		reason := e.unfit(c)
		if at := declared[c.Key()]; reason == "" && at != "" {
			reason = "declared already in " + at
		}
		if reason != "" {
			e.skip(c, reason)
			continue
		}
		s := &sheet{ws: &e.ws, c: c, defaults: e.defaults[c.Kind]}
		data, err := strictyaml.Write(s.pairs())
		if err != nil {
			return fmt.Errorf("export %s: %w", c.Name, err)
		}
		e.tree.files[fileName(c)] = data
		e.out.Files = append(e.out.Files, File{
			Name: fileName(c), Data: data, Target: c, FillIn: s.fillIn, Withheld: s.withheld, LeftOut: unsaid(c),
		})
	}
	return nil
}

// declared says in which file the folder declares each name, without the files
// that ours would replace.
func (e *exporter) declared() map[string]string {
	files := map[string]string{}
	if e.there == nil {
		return files
	}
	replaced := map[string]bool{}
	for _, c := range e.ws.Computes {
		replaced[fileName(c)] = true
	}
	for _, ws := range spec.Load(e.there, spec.Options{Unguarded: true}).Workspaces {
		for _, c := range ws.Computes {
			if !replaced[c.File] {
				files[c.Key()] = c.File
			}
		}
	}
	return files
}

// settle checks the folder as it would be, and takes back what would make it
// wrong, until it is right.
func (e *exporter) settle() error {
	for {
		set := spec.Load(e.tree, spec.Options{Unguarded: true})
		wrong := map[string]string{} // file to reason
		var others strictyaml.Errors
		for _, err := range set.AllErrors() {
			if e.fileOf(err.Pos.File) < 0 {
				others = append(others, err)
			} else if wrong[err.Pos.File] == "" {
				wrong[err.Pos.File] = err.Msg
			}
		}
		if len(wrong) == 0 {
			e.compare(set, wrong)
		}
		switch {
		case len(wrong) > 0:
			e.takeBack(wrong)
		case len(others) > 0:
			return &FolderError{others}
		default:
			return nil
		}
	}
}

// compare finds the files that say something else than the compute is: what
// their form cannot hold, or workspace.yaml lays over it.
func (e *exporter) compare(set *spec.Set, wrong map[string]string) {
	for _, ws := range set.Workspaces {
		for _, c := range ws.Computes {
			i := e.fileOf(c.File)
			if i < 0 {
				continue
			}
			for _, d := range diff.Compute(c, e.out.Files[i].Target) {
				wrong[c.File] = fmt.Sprintf("%s cannot be written as it is: %s would become %s", d.Path, d.From, d.To)
			}
		}
	}
}

// fileOf finds a compute's file among ours; -1 is none.
func (e *exporter) fileOf(name string) int {
	return slices.IndexFunc(e.out.Files, func(f File) bool { return f.Name == name && f.Target != nil })
}

func (e *exporter) takeBack(wrong map[string]string) {
	e.out.Files = slices.DeleteFunc(e.out.Files, func(f File) bool {
		reason := wrong[f.Name]
		if reason == "" {
			return false
		}
		delete(e.tree.files, f.Name)
		e.skip(f.Target, reason)
		return true
	})
}

func (e *exporter) skip(c *spec.Compute, reason string) {
	e.out.Skipped = append(e.out.Skipped, Skip{c.Name, c.KindName(), reason})
}

var plainName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9-]*$`)

// fileName is the compute's file. The one name that is taken gives way to one
// that no compute can have.
func fileName(c *spec.Compute) string {
	if spec.FoldName(c.Name) == "workspace" {
		return c.Name + ".compute.yaml"
	}
	return c.Name + ".yaml"
}

// unfit says why a compute gets no file, "" when it may.
func (e *exporter) unfit(c *spec.Compute) string {
	key, tagged := spec.FindTag(c.Tags(), spec.OwnerTag)
	owner, _, _ := spec.SplitOwner(c.Tags()[key])
	switch state := c.Live.ProvisioningState; {
	case c.Kind == nil:
		return fmt.Sprintf("no kind is known for its computeType %q", c.Live.ComputeType)
	case !plainName.MatchString(c.Name):
		return "its name has characters that no spec may use"
	case tagged && owner != e.ws.Owner:
		return fmt.Sprintf("belongs to %q by its tag %s", owner, spec.OwnerTag)
	case state != "" && state != "Succeeded":
		return strings.Join(append([]string{"is " + state}, c.Live.Errors...), ": ")
	}
	switch c.Live.State {
	case "CreateFailed", "SetupFailed", "UserSetupFailed", "Unusable", "Creating", "SettingUp", "UserSettingUp", "Deleting":
		return strings.Join(append([]string{"is " + c.Live.State}, c.Live.Errors...), ": ")
	}
	return ""
}
