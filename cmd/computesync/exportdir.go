package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/computesync/computesync/internal/export"
	"github.com/computesync/computesync/internal/source"
	"github.com/computesync/computesync/internal/spec"
)

// azureConfig is Azure ML's own file that names a workspace.
const azureConfig = "config.json"

// exportDir is the folder that an export goes to.
type exportDir struct {
	dir   string
	root  *os.Root // nil while there is no such folder
	files fs.FS    // the YAML files in it; nil while there is no such folder
}

func openExportDir(ctx context.Context, dir string) (*exportDir, error) {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &exportDir{dir: dir}, notBelowWorkspace(dir)
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, usage(dir+" is a file", "name a folder for the files")
	}
	if err := notBelowWorkspace(dir); err != nil {
		return nil, err
	}
	snapshot, err := source.Folder(ctx, dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &exportDir{dir, root, snapshot.Files}, nil
}

func (d *exportDir) close() {
	if d.root != nil {
		d.root.Close()
	}
}

// workspace names what is exported: by a workspace.yaml in the folder, which
// the flags must agree with; else by the flags, and what they leave open by
// config.json.
func (d *exportDir) workspace(f exportFlags) (*export.Workspace, error) {
	there, err := d.declared()
	if err != nil {
		return nil, err
	}
	if there != nil {
		return agreed(there, f)
	}
	if err := d.readConfig(&f.id); err != nil {
		return nil, err
	}
	for _, need := range []struct{ value, flag string }{
		{f.id.Subscription, "--subscription"},
		{f.id.ResourceGroup, "--resource-group"},
		{f.id.Name, "--workspace-name"},
	} {
		if need.value == "" {
			return nil, usage("which workspace is not said: "+need.flag+" is missing",
				"state --subscription, --resource-group and --workspace-name, or put the workspace's "+azureConfig+" into "+d.dir)
		}
	}
	if f.owner == "" {
		f.owner = spec.DefaultOwner
	}
	ws := &export.Workspace{ID: f.id, Owner: f.owner}
	return ws, checkNames(*ws)
}

// checkNames refuses names that no workspace.yaml takes, before Azure is asked.
func checkNames(ws export.Workspace) error {
	ws.Location = "unknown"
	_, err := export.Files(ws, nil)
	var folder *export.FolderError
	if errors.As(err, &folder) {
		return usage(folder.Errors[0].Msg, "check the flags, and "+azureConfig+" in the folder")
	}
	return err
}

// declared is the workspace of the folder's workspace.yaml, nil where there is
// none.
func (d *exportDir) declared() (*spec.Workspace, error) {
	if d.files == nil {
		return nil, nil
	}
	if _, err := fs.Stat(d.files, spec.WorkspaceFile); err != nil {
		return nil, nil //nolint:nilerr // none, or a link that Load complains of later
	}
	for _, ws := range spec.Load(d.files, spec.Options{Unguarded: true}).Workspaces {
		if ws.File != spec.WorkspaceFile {
			continue
		}
		if ws.ID.Name == "" || ws.ID.ResourceGroup == "" || ws.ID.Subscription == "" {
			return nil, &export.FolderError{Errors: ws.Errors}
		}
		return ws, nil
	}
	return nil, nil
}

// agreed is the workspace of a workspace.yaml, unless the flags say otherwise.
func agreed(ws *spec.Workspace, f exportFlags) (*export.Workspace, error) {
	for _, pair := range []struct{ flag, said, there string }{
		{"--subscription", f.id.Subscription, ws.ID.Subscription},
		{"--resource-group", f.id.ResourceGroup, ws.ID.ResourceGroup},
		{"--workspace-name", f.id.Name, ws.ID.Name},
		{"--owner", f.owner, ws.Settings.Owner},
	} {
		if pair.said != "" && !strings.EqualFold(pair.said, pair.there) {
			return nil, usage(fmt.Sprintf("%s is %s, and %s says %s", pair.flag, pair.said, spec.WorkspaceFile, pair.there),
				"leave the flag out, or name another folder")
		}
	}
	return &export.Workspace{ID: ws.ID, Location: ws.Location, Owner: ws.Settings.Owner}, nil
}

// readConfig takes from config.json what the flags leave open.
func (d *exportDir) readConfig(id *spec.WorkspaceID) error {
	if d.root == nil {
		return nil
	}
	data, err := d.root.ReadFile(azureConfig)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var config spec.WorkspaceID
	if err == nil {
		err = json.Unmarshal(data, &config)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", filepath.Join(d.dir, azureConfig), err)
	}
	for _, pair := range []struct{ said, there *string }{
		{&id.Subscription, &config.Subscription},
		{&id.ResourceGroup, &config.ResourceGroup},
		{&id.Name, &config.Name},
	} {
		if *pair.said == "" {
			*pair.said = *pair.there
		}
	}
	return nil
}

// write writes the files, each whole or not at all. Where one is there already,
// nothing is written unless force says so; a link is then replaced, not
// followed.
func (d *exportDir) write(files []export.File, force bool) error {
	if err := d.make(); err != nil {
		return err
	}
	var there []string
	for _, f := range files {
		if _, err := d.root.Lstat(f.Name); err == nil {
			there = append(there, f.Name)
		}
	}
	if len(there) > 0 && !force {
		return &coded{
			code: exitError, text: fmt.Sprintf("%s has %s already; nothing was written", d.dir, strings.Join(there, ", ")),
			hint: "name an empty folder, or overwrite the files with --force",
		}
	}
	for _, f := range files {
		if err := d.writeFile(f); err != nil {
			return fmt.Errorf("write %s: %w", filepath.Join(d.dir, f.Name), err)
		}
	}
	return nil
}

// make makes the folder, where there is none.
func (d *exportDir) make() error {
	if d.root != nil {
		return nil
	}
	if err := os.MkdirAll(d.dir, 0o755); err != nil { //nolint:gosec // a folder of a repository: its files are not secret
		return fmt.Errorf("make folder: %w", err)
	}
	root, err := os.OpenRoot(d.dir)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	d.root = root
	return nil
}

func (d *exportDir) writeFile(f export.File) error {
	pending, err := renameio.NewPendingFile(f.Name, renameio.WithRoot(d.root), renameio.WithPermissions(0o644))
	if err != nil {
		return err
	}
	defer pending.Cleanup()
	if _, err := pending.Write(f.Data); err != nil {
		return err
	}
	return pending.CloseAtomicallyReplace()
}
