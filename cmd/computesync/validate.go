package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/computesync/computesync/internal/output"
	"github.com/computesync/computesync/internal/render"
	"github.com/computesync/computesync/internal/spec"
)

func (a *app) validateCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "validate [PATH]",
		Short: "Check specs offline",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := a.untilInterrupt(cmd.Context())
			defer cancel()
			l, err := a.load(ctx, args, nil)
			if err != nil {
				return err
			}
			a.tell(l, func(spec.Notice) bool { return true })
			if err := validateForms[a.output](a, l); err != nil {
				return err
			}
			return ended(l.code())
		},
	}
	a.outputFlag(cmd, "text", "json", "github", "azuredevops", "sarif")
	cmd.Flags().StringVar(&a.output, "format", a.output, "another name for --output")
	a.workspaceFlag(cmd)
	a.policyFlag(cmd)
	a.apiVersionFlag(cmd)
	return cmd
}

// validateForms writes what was found, to stdout. The last three are for CI:
// they name files from the root of the repository, where annotations belong.
var validateForms = map[string]func(*app, *loaded) error{
	"text": (*app).validateText,
	"json": (*app).validateJSON,
	"github": func(a *app, l *loaded) error {
		a.countFindings(l)
		return render.GitHub(a.out, fromRoot(l.findings()))
	},
	"azuredevops": func(a *app, l *loaded) error { return render.AzurePipelines(a.out, fromRoot(l.findings())) },
	"sarif":       func(a *app, l *loaded) error { return render.SARIF(a.out, version, fromRoot(l.findings())) },
}

// countFindings says how many findings there are: GitHub shows ten errors and
// ten warnings of a step as annotations, and drops the others.
func (a *app) countFindings(l *loaded) {
	if len(l.errors)+len(l.notices) > 0 {
		fmt.Fprintf(a.err, "computesync: %s and %s; GitHub annotates ten of each for a step\n", count(len(l.errors), "error"), count(len(l.notices), "notice"))
	}
}

func (a *app) validateText(l *loaded) error {
	for _, ws := range l.workspaces {
		state := "ok"
		if n := len(ws.Errors); n > 0 {
			state = count(n, "error")
		}
		line := fmt.Sprintf("%s: workspace %s, %s: %s", ws.File, ws.ID, count(len(ws.Computes), "compute"), state)
		fmt.Fprintln(a.out, output.Visible(line))
	}
	return nil
}

// count is how many there are of something, in words.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// findings is all that there is to say, errors first.
func (l *loaded) findings() []render.Finding {
	var all []render.Finding
	for _, e := range l.errors {
		all = append(all, render.Finding{Level: render.Fault, File: e.Pos.File, Line: e.Pos.Line, Col: e.Pos.Col, Text: e.Msg, Hint: e.Hint})
	}
	for _, n := range l.notices {
		level := render.Warning
		if n.Note() {
			level = render.Note
		}
		all = append(all, render.Finding{Level: level, File: n.Pos.File, Line: n.Pos.Line, Col: n.Pos.Col, Code: n.Code, Text: n.Text})
	}
	return all
}

func (a *app) validateJSON(l *loaded) error {
	type workspace struct {
		ID       string `json:"id"`
		File     string `json:"file"`
		Computes int    `json:"computes"`
		Valid    bool   `json:"valid"`
	}
	doc := struct {
		Commit     string           `json:"commit"`
		Valid      bool             `json:"valid"`
		Workspaces []workspace      `json:"workspaces"`
		Errors     []render.Finding `json:"errors"`
		Notices    []render.Finding `json:"notices"`
	}{l.commit, len(l.errors) == 0, []workspace{}, []render.Finding{}, []render.Finding{}}
	for _, ws := range l.workspaces {
		doc.Workspaces = append(doc.Workspaces, workspace{ws.ID.String(), ws.File, len(ws.Computes), len(ws.Errors) == 0})
	}
	all := l.findings()
	doc.Errors = append(doc.Errors, all[:len(l.errors)]...)
	doc.Notices = append(doc.Notices, all[len(l.errors):]...)
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}
