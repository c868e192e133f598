package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

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
			if a.output == "json" {
				if err := a.validateJSON(l); err != nil {
					return err
				}
			} else {
				a.validateText(l)
			}
			return ended(l.code())
		},
	}
	a.outputFlag(cmd, "text", "json")
	a.workspaceFlag(cmd)
	return cmd
}

func (a *app) validateText(l *loaded) {
	for _, ws := range l.workspaces {
		state := "ok"
		if n := len(ws.Errors); n > 0 {
			state = count(n, "error")
		}
		fmt.Fprintf(a.out, "%s: workspace %s, %s: %s\n", ws.File, ws.ID, count(len(ws.Computes), "compute"), state)
	}
}

// count is how many there are of something, in words.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// finding is an error or a notice in the JSON form.
type finding struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Col  int    `json:"col"`
	Code string `json:"code,omitempty"`
	Text string `json:"text"`
	Hint string `json:"hint,omitempty"`
}

func (a *app) validateJSON(l *loaded) error {
	type workspace struct {
		ID       string `json:"id"`
		File     string `json:"file"`
		Computes int    `json:"computes"`
		Valid    bool   `json:"valid"`
	}
	doc := struct {
		Commit     string      `json:"commit"`
		Valid      bool        `json:"valid"`
		Workspaces []workspace `json:"workspaces"`
		Errors     []finding   `json:"errors"`
		Notices    []finding   `json:"notices"`
	}{l.commit, len(l.errors) == 0, []workspace{}, []finding{}, []finding{}}
	for _, ws := range l.workspaces {
		doc.Workspaces = append(doc.Workspaces, workspace{ws.ID.String(), ws.File, len(ws.Computes), len(ws.Errors) == 0})
	}
	for _, e := range l.errors {
		doc.Errors = append(doc.Errors, finding{File: e.Pos.File, Line: e.Pos.Line, Col: e.Pos.Col, Text: e.Msg, Hint: e.Hint})
	}
	for _, n := range l.notices {
		doc.Notices = append(doc.Notices, finding{File: n.Pos.File, Line: n.Pos.Line, Col: n.Pos.Col, Code: n.Code, Text: n.Text})
	}
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}
