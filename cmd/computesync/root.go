package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/computesync/computesync/internal/output"
	"github.com/computesync/computesync/internal/spec"
)

// stdio is where a command reads and writes: results on out, all else on err.
type stdio struct {
	in  io.Reader
	out *output.Stream
	err *output.Stream
}

// streams wires what a process has: all that it prints goes through these.
func streams(in io.Reader, out, err io.Writer) stdio {
	s := stdio{in: in}
	s.out, s.err = output.Streams(out, err)
	s.out.Terminal, s.err.Terminal = isTerminal(out), isTerminal(err)
	return s
}

// app is what every command shares: the streams and the global flags.
type app struct {
	stdio
	interrupt <-chan struct{} // closed by the first SIGINT or SIGTERM

	output    string
	workspace string
	policy    string // the file of --policy
	granted   spec.Grant
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

		PersistentPreRunE: func(*cobra.Command, []string) error { return a.checkGlobals() },

		SuggestionsMinimumDistance: 2,
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(err.Error(), "see "+cmd.CommandPath()+" --help")
	})
	f := root.PersistentFlags()
	f.StringVar(&a.logLevel, "log-level", "info", "log `level`: debug, info, warn or error")
	f.BoolVar(&a.noColor, "no-color", false, "no colours, as with NO_COLOR")
	root.AddCommand(a.validateCmd(), a.schemaCmd(), a.planCmd(), a.applyCmd(), a.runCmd(), a.statusCmd(), a.syncCmd(), a.historyCmd(), a.suspendCmd(), a.resumeCmd(), a.approveCmd(), a.acceptCmd(), a.exportCmd(), a.simulateCmd(), a.demoCmd(), a.versionCmd())
	root.InitDefaultCompletionCmd()
	usageOfArguments(root)
	return root
}

// usageOfArguments has every command refuse wrong arguments, in our voice; a
// command that only holds others, too.
func usageOfArguments(cmd *cobra.Command) {
	if !cmd.Runnable() {
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			err := check(cmd, args)
			if err == nil {
				return nil
			}
			hint := "see " + cmd.CommandPath() + " --help"
			if len(args) > 0 {
				if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
					hint = "did you mean " + cmd.CommandPath() + " " + near[0] + "?"
				}
			}
			return usage(err.Error(), hint)
		}
	}
	for _, sub := range cmd.Commands() {
		usageOfArguments(sub)
	}
}

// checkGlobals checks the flags that every command has.
func (a *app) checkGlobals() error {
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, a.logLevel) {
		return usage(fmt.Sprintf("--log-level cannot be %q", a.logLevel), "it is debug, info, warn or error")
	}
	if _, err := path.Match(a.workspace, ""); err != nil {
		return usage(fmt.Sprintf("--workspace cannot be %q", a.workspace), "write a glob over names, such as ml-*")
	}
	return a.checkGrant()
}

// workspaceFlag adds --workspace to a command that reads specs.
func (a *app) workspaceFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.workspace, "workspace", "", "only workspaces whose name matches this `glob`")
}

// outputFlag adds --output with the forms that a command has.
func (a *app) outputFlag(cmd *cobra.Command, forms ...string) {
	cmd.Flags().StringVarP(&a.output, "output", "o", forms[0], "print as `form`: "+strings.Join(forms, " or "))
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if !slices.Contains(forms, a.output) {
			return usage(fmt.Sprintf("--output cannot be %q", a.output), "it is "+strings.Join(forms, " or "))
		}
		return nil
	}
}

// color reports whether a stream takes colours.
func (a *app) color(s *output.Stream) bool {
	return !a.noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && s.Terminal
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
	ok, _ := path.Match(strings.ToLower(a.workspace), strings.ToLower(id.Name)) // checkGlobals saw that it is a glob
	return ok
}

// logger writes to stderr, as JSON or for a console.
func (a *app) logger(format string) zerolog.Logger {
	level, err := zerolog.ParseLevel(a.logLevel)
	if err != nil {
		level = zerolog.InfoLevel // checkGlobals and the configuration let no other word through
	}
	var w io.Writer = a.err
	if format == "console" {
		w = zerolog.ConsoleWriter{
			Out: a.err.Colored(), NoColor: !a.color(a.err), TimeFormat: time.TimeOnly, FormatPrepare: showMessage,
		}
	}
	return zerolog.New(w).Level(level).With().Timestamp().Logger()
}

// showMessage makes the one text visible that zerolog writes on a console as it
// is; it quotes the others.
func showMessage(event map[string]any) error {
	if text, ok := event[zerolog.MessageFieldName].(string); ok {
		event[zerolog.MessageFieldName] = output.Visible(text)
	}
	return nil
}

// untilInterrupt ends a context at the first signal: for what may be broken off
// anywhere.
func (a *app) untilInterrupt(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-a.interrupt:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
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
