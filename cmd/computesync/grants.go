package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/computesync/computesync/internal/config"
	"github.com/computesync/computesync/internal/control"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/output"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// grantFlags add to a command what a source of the daemon has in its
// configuration.
func (a *app) grantFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&a.granted.Workspaces, "allow-workspace", nil,
		"`glob` of subscription/group/workspace that specs may name; may be repeated (default any)")
	f.StringArrayVar(&a.granted.Owners, "allow-owner", nil,
		"`name` of an owner that specs may have; may be repeated (default any)")
}

// checkGrant checks what those flags say.
func (a *app) checkGrant() error {
	for _, glob := range a.granted.Workspaces {
		if err := spec.CheckWorkspaceGlob(glob); err != nil {
			return usage("--allow-workspace: "+err.Error(), "write it as 11111111-2222-3333-4444-555555555555/rg-ml/*")
		}
	}
	for _, name := range a.granted.Owners {
		if err := spec.CheckOwner(name); err != nil {
			return usage("--allow-owner: "+err.Error(), "write the owner as workspace.yaml does")
		}
	}
	return nil
}

// checkPlanGrant refuses a saved plan for what it may not name.
func (a *app) checkPlanGrant(p *plan.Plan) error {
	for i := range p.Workspaces {
		if ws := p.Workspaces[i].Declares(); !a.granted.Allows(ws) {
			const format = "the plan may not name the workspace %s with the owner %s: nothing was changed"
			return &coded{
				code: exitError, text: fmt.Sprintf(format, ws.ID, ws.Settings.Owner),
				hint: "what it may name is what --allow-workspace and --allow-owner list",
			}
		}
	}
	return nil
}

// ungrantedError says that sources lack what they may name, and quotes the lines
// to add.
type ungrantedError struct {
	file  string
	lines string
}

func (e *ungrantedError) Error() string {
	return e.file + ": with more than one source, each must list the workspaces and owners that it may name"
}

// Excerpt is the lines to add.
func (e *ungrantedError) Excerpt() string { return e.lines }

// Hint says what to do with them.
func (e *ungrantedError) Hint() string {
	return "add these lines to each source, as run --check prints them: " +
		"replace what is in capitals, and remove what a source should not name"
}

// checkSources refuses several sources that may name anything. named finds out
// what each has named so far.
func (s *service) checkSources(cfg *config.Config, named func() map[string]spec.Grant) error {
	ungranted := cfg.Ungranted()
	if len(ungranted) == 0 {
		return nil
	}
	var lines strings.Builder
	sofar := named()
	for _, src := range ungranted {
		fmt.Fprintf(&lines, "  # %s\n", output.Visible(src.String()))
		known := sofar[src.String()]
		if src.Workspaces == nil {
			fmt.Fprintf(&lines, "    workspaces: [%s]\n", quoted(known.Workspaces, "SUBSCRIPTION/RESOURCE_GROUP/WORKSPACE"))
		}
		if src.Owners == nil {
			fmt.Fprintf(&lines, "    owners: [%s]\n", quoted(known.Owners, "OWNER"))
		}
	}
	return &ungrantedError{s.file, lines.String()}
}

// quoted is the items of a YAML list; without any, what to replace.
func quoted(items []string, otherwise string) string {
	if len(items) == 0 {
		items = []string{otherwise}
	}
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = fmt.Sprintf("%q", item)
	}
	return strings.Join(texts, ", ")
}

// namedSoFar is what each source has named so far: by the journal, or by the
// daemon that has it open. Where neither is there nothing is known.
func namedSoFar(ctx context.Context, cfg *config.Config) map[string]spec.Grant {
	keys, _, err := stateOf(cfg).keys(ctx, cfg.StateDir)
	if err != nil {
		return nil
	}
	j, err := journal.Open(cfg.StateDir, keys, journal.ReadOnly())
	if err == nil {
		defer j.Close()
		return daemon.Named(j, flagsOf(cfg).scope())
	}
	var locked *journal.LockedError
	if !errors.As(err, &locked) {
		return nil
	}
	socket := control.Path(os.Getenv("RUNTIME_DIRECTORY"), cfg.StateDir)
	if _, err := os.Stat(socket); err != nil {
		socket = defaultSocket()
	}
	r, err := control.Ask[*daemon.Report](ctx, control.Dial(socket), "status", control.Which{})
	if err != nil {
		return nil
	}
	named := map[string]spec.Grant{}
	for i := range r.Workspaces {
		ws := &r.Workspaces[i]
		known := named[ws.Source]
		known.Workspaces = append(known.Workspaces, ws.ID.String())
		named[ws.Source] = known
	}
	return named
}
