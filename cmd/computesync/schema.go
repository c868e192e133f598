package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/computesync/computesync/internal/schema"
	"github.com/computesync/computesync/internal/spec"
)

func (a *app) schemaCmd() *cobra.Command {
	names := []string{"workspace", "config"}
	for _, k := range spec.Kinds() {
		names = append(names, k.Name)
	}
	return &cobra.Command{
		Use:   "schema [KIND | workspace | config]",
		Short: "Print the JSON Schema of compute files, for editors",
		Long: `Print the JSON Schema (2020-12) of compute files; with KIND, of that kind of compute alone;
with workspace, that of workspace.yaml; with config, that of the daemon's configuration.

Editors that run yaml-language-server read it through the first line of a file:

  # yaml-language-server: $schema=compute.json`,
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: names,
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := schemaOf(args, names)
			if err != nil {
				return err
			}
			enc := json.NewEncoder(a.out)
			enc.SetEscapeHTML(false)
			enc.SetIndent("", "  ")
			return enc.Encode(s)
		},
	}
}

func schemaOf(args, names []string) (*schema.Schema, error) {
	if len(args) == 0 {
		return schema.Computes(), nil
	}
	switch args[0] {
	case "workspace":
		return schema.Workspace(), nil
	case "config":
		return schema.Config(), nil
	}
	if k := spec.KindByName(args[0]); k != nil {
		return schema.Kind(k), nil
	}
	return nil, usage(fmt.Sprintf("there is no schema of %q", args[0]), "it is one of "+strings.Join(names, ", "))
}
