package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/computesync/computesync/internal/spec"
)

// stdio is where a command reads and writes: results on out, all else on err.
type stdio struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// app is what every command shares: the streams and the global flags.
type app struct {
	stdio
	interrupt <-chan struct{} // closed by the first SIGINT or SIGTERM

	output    string
	workspace string
	logLevel  string
	noColor   bool
	azure     azureFlags
}

// run is the whole program, but for the process around it.
func run(ctx context.Context, args []string, io stdio) int {
	a := &app{stdio: io, interrupt: ctx.Done()}
	root := a.root()
	root.SetArgs(args)
	// The signal asks commands to end in good order; what they are in the
	// middle of may go on for a while.
	err := root.ExecuteContext(context.WithoutCancel(ctx))
	return a.exit(err)
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "computesync",
		Short:         "Keep the computes of Azure Machine Learning workspaces equal to YAML files in git",
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(err.Error(), "see "+cmd.CommandPath()+" --help")
	})
	f := root.PersistentFlags()
	f.StringVar(&a.workspace, "workspace", "", "only workspaces whose name matches this `glob`")
	f.StringVar(&a.logLevel, "log-level", "info", "log `level`: debug, info, warn or error")
	f.BoolVar(&a.noColor, "no-color", false, "no colours, as with NO_COLOR")
	root.AddCommand(a.validateCmd(), a.planCmd(), a.applyCmd(), a.runCmd(), a.simulateCmd(), a.demoCmd(), a.versionCmd())
	root.InitDefaultCompletionCmd()
	return root
}

// outputFlag adds --output with the forms that a command has.
func (a *app) outputFlag(cmd *cobra.Command, forms ...string) {
	cmd.Flags().StringVarP(&a.output, "output", "o", forms[0], "print as `form`: "+strings.Join(forms, " or "))
	check := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		for _, form := range forms {
			if a.output == form {
				if check != nil {
					return check(cmd, args)
				}
				return nil
			}
		}
		return usage(fmt.Sprintf("--output cannot be %q", a.output), "it is one of "+strings.Join(forms, ", "))
	}
}

// color reports whether w takes colours.
func (a *app) color(w io.Writer) bool {
	return !a.noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(w)
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// selects reports whether --workspace lets a workspace through.
func (a *app) selects(id spec.WorkspaceID) bool {
	if a.workspace == "" {
		return true
	}
	ok, err := path.Match(strings.ToLower(a.workspace), strings.ToLower(id.Name))
	return ok && err == nil
}

// logger writes to stderr, as JSON or for a console.
func (a *app) logger(format string) (zerolog.Logger, error) {
	level, err := zerolog.ParseLevel(a.logLevel)
	if err != nil || a.logLevel == "" {
		return zerolog.Nop(), usage(fmt.Sprintf("--log-level cannot be %q", a.logLevel), "it is debug, info, warn or error")
	}
	w := a.err
	if format == "console" {
		w = zerolog.ConsoleWriter{Out: a.err, NoColor: !a.color(a.err), TimeFormat: time.TimeOnly}
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger(), nil
}

// interrupted reports whether the operator asked the process to end.
func (a *app) interrupted() bool {
	select {
	case <-a.interrupt:
		return true
	default:
		return false
	}
}
