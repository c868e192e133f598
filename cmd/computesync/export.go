package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/computesync/computesync/internal/azureml"
	"github.com/computesync/computesync/internal/export"
	"github.com/computesync/computesync/internal/output"
	"github.com/computesync/computesync/internal/spec"
)

// exportFlags say what is exported, and what may be overwritten.
type exportFlags struct {
	id    spec.WorkspaceID
	owner string
	force bool
}

func (a *app) exportCmd() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use:   "export DIR",
		Short: "Write an existing workspace as specs; writes nothing to Azure",
		Long: "Write the computes of an existing workspace as spec files into DIR, one for each, and a workspace.yaml.\n" +
			"The workspace is named by flags, or by a workspace.yaml or Azure ML's config.json in DIR. Secrets, which\n" +
			"Azure never tells, become references to fill in. What looks like a secret in a tag, a description, a script\n" +
			"or the environment of an application is left out, with a warning.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := a.untilInterrupt(cmd.Context())
			defer cancel()
			return a.export(ctx, args[0], f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.id.Subscription, "subscription", "", "`id` of the workspace's subscription")
	flags.StringVar(&f.id.ResourceGroup, "resource-group", "", "`name` of the workspace's resource group")
	flags.StringVar(&f.id.Name, "workspace-name", "", "`name` of the workspace")
	flags.StringVar(&f.owner, "owner", "", "`name` of who will keep these computes, for workspace.yaml (default computesync)")
	flags.BoolVar(&f.force, "force", false, "overwrite files; a workspace.yaml stays as it is")
	a.outputFlag(cmd, "text", "json")
	a.azureFlags(cmd)
	return cmd
}

func (a *app) export(ctx context.Context, dir string, f exportFlags) error {
	d, err := openExportDir(ctx, dir)
	if err != nil {
		return err
	}
	defer d.close()
	ws, err := d.workspace(f)
	if err != nil {
		return a.folderErrors(dir, err)
	}
	if err := a.look(ctx, ws); err != nil {
		return err
	}
	res, err := export.Files(*ws, d.files)
	if err != nil {
		return a.folderErrors(dir, err)
	}
	if err := d.write(res.Files, f.force); err != nil {
		return err
	}
	a.warnWithheld(dir, res.Files)
	for _, f := range res.Files {
		for _, l := range f.LeftOut {
			a.notice("left out of %s: %s of %s: %s", filepath.Join(dir, f.Name), l.What, f.Target.Name, l.Why)
		}
	}
	return a.printExport(dir, ws.ID, res)
}

// warnWithheld names what was left out of the files because it looks like a
// secret, and never what it is.
func (a *app) warnWithheld(dir string, files []export.File) {
	warned := false
	for _, f := range files {
		for _, w := range f.Withheld {
			warned = true
			keys := make([]string, len(w.Keys))
			for i, key := range w.Keys {
				keys[i] = strconv.Quote(key)
			}
			fmt.Fprintf(a.err, "computesync: warning: a suspected secret is left out of %s: %s of %s: %s\n",
				filepath.Join(dir, f.Name), w.Field, f.Target.Name, strings.Join(keys, ", "))
		}
	}
	if warned {
		fmt.Fprintln(a.err, "hint: a field that is null in the file stays unmanaged; if it holds no secret, write its value there")
	}
}

// look reads what the workspace has.
func (a *app) look(ctx context.Context, ws *export.Workspace) error {
	az, err := connect(a.azure)
	if err != nil {
		return err
	}
	defer az.client.Close()
	target := azureml.NewWorkspace(az.client, &spec.Workspace{ID: ws.ID, Location: ws.Location})
	target.ShowAll()
	if ws.Location, err = target.Location(ctx); err != nil {
		return err
	}
	ws.Computes, _, err = target.List(ctx)
	return err
}

// folderErrors prints what would be wrong with the specs in the folder, each
// where it stands. Other errors it returns.
func (a *app) folderErrors(dir string, err error) error {
	var folder *export.FolderError
	if !errors.As(err, &folder) {
		return err
	}
	for _, e := range folder.Errors {
		e.Pos.File = filepath.ToSlash(filepath.Join(dir, e.Pos.File))
	}
	specErrors(a.err, folder.Errors)
	return ended(exitInvalid)
}

func (a *app) printExport(dir string, id spec.WorkspaceID, res *export.Result) error {
	if a.output == "json" {
		return a.exportJSON(dir, id, res)
	}
	n := 0
	for _, f := range res.Files {
		line := filepath.Join(dir, f.Name)
		if f.Target != nil {
			n++
			line += fmt.Sprintf(": %s %s", f.Target.Kind.Name, f.Target.Name)
		}
		if len(f.FillIn) > 0 {
			line += "; fill in " + strings.Join(f.FillIn, ", ")
		}
		fmt.Fprintln(a.out, output.Visible(line))
	}
	for _, s := range res.Skipped {
		fmt.Fprintln(a.out, output.Visible(fmt.Sprintf("skipped %s %s: %s", s.Kind, s.Name, s.Reason)))
	}
	fmt.Fprintf(a.out, "exported %s of %s, %d skipped\n", count(n, "compute"), id, len(res.Skipped))
	return nil
}

func (a *app) exportJSON(dir string, id spec.WorkspaceID, res *export.Result) error {
	type withheld struct {
		Field string   `json:"field"`
		Keys  []string `json:"keys"`
	}
	type leftOut struct {
		What string `json:"what"`
		Why  string `json:"why"`
	}
	type file struct {
		File     string     `json:"file"`
		Name     string     `json:"name,omitempty"`
		Kind     string     `json:"kind,omitempty"`
		FillIn   []string   `json:"fill_in,omitempty"`
		Withheld []withheld `json:"withheld,omitempty"`
		LeftOut  []leftOut  `json:"left_out,omitempty"`
	}
	type skipped struct {
		Name   string `json:"name"`
		Kind   string `json:"kind"`
		Reason string `json:"reason"`
	}
	doc := struct {
		Workspace string    `json:"workspace"`
		Files     []file    `json:"files"`
		Skipped   []skipped `json:"skipped"`
	}{id.String(), []file{}, []skipped{}}
	for _, f := range res.Files {
		one := file{File: filepath.ToSlash(filepath.Join(dir, f.Name)), FillIn: f.FillIn}
		if f.Target != nil {
			one.Name, one.Kind = f.Target.Name, f.Target.Kind.Name
		}
		for _, w := range f.Withheld {
			one.Withheld = append(one.Withheld, withheld(w))
		}
		for _, l := range f.LeftOut {
			one.LeftOut = append(one.LeftOut, leftOut(l))
		}
		doc.Files = append(doc.Files, one)
	}
	for _, s := range res.Skipped {
		doc.Skipped = append(doc.Skipped, skipped(s))
	}
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}
