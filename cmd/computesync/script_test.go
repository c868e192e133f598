package main

import (
	"cmp"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"computesync": main})
}

// TestScript runs testdata/script: the whole command line as a person or a
// pipeline meets it. Besides testscript's own commands there are
//
//	exits CODE ARG...         run computesync; it must end with this exit code, and speak as it should
//	start NAME ARG...         run computesync in the background, into NAME.out and NAME.err
//	signal NAME TERM|INT|HUP  send it a signal
//	ended NAME CODE           wait until it has ended, with this exit code
//	until FILE PATTERN [N]    wait until a file matches (N times)
//	commit DIR MESSAGE        commit all of a folder, which becomes a repository
//	expand FILE               put values for $WORK and $SIM in a file
//	notify                    be the service manager: what it is told goes to notify.log
//	hook NAME KIND PASSWORD STATUS N  a git host calls a daemon N times
//	sim ...                   the simulator: see simCommand
//	web NAME STATUS PATH      ask a daemon in the background over HTTP
//	address NAME              ADDRESS is where that is
//	forge ...                 a host of pull requests: see forgeCommand
//	repo ...                  a git server and signed commits: see repoCommand
//	tamper FILE WHAT          change a plan file as somebody would who may write it: see forgeries
//	sshkey NAME FILE          write an ssh key, and FILE.pub
//	clock ...                 set the wall clock of the real binary while it runs: see setClock
//	keypair CERTIFICATE KEY   make a certificate and its key
//	state ...                 what happens to a journal: see stateCommand
//	more FILE PATTERN N       wait until a file matches N times more than now
func TestScript(t *testing.T) {
	build := newSettable(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_STATE_HOME", "")
			e.Setenv("STATE_DIRECTORY", "")
			e.Setenv("COMPUTESYNC_ENDPOINT", "")
			e.Setenv("COMPUTESYNC_LISTEN", "127.0.0.1:0")
			e.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
			e.Setenv("GIT_CONFIG_SYSTEM", os.DevNull)
			e.Setenv("COMPUTESYNC_SECRET_VM", scriptSecret)
			e.Values[processes{}] = map[string]*process{}
			e.Values[forgeKey{}] = &started{}
			e.Values[settable{}] = build
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "start": start, "signal": sendSignal, "ended": awaitEnd, "until": until, "capture": capture, "commit": commit, "expand": expand,
			"notify": notify, "sim": simCommand, "forge": forgeCommand, "web": web, "hook": hook, "address": address, "repo": repoCommand, "clock": setClock,
			"more": more, "keypair": keyPair, "state": stateCommand, "tamper": tamper, "sshkey": sshKey, "slow": slow, "redirector": redirector,
		},
	})
}

// patience is how long anything that a script waits for may take.
const patience = 30 * time.Second

func exits(ts *testscript.TestScript, neg bool, args []string) {
	want := number(ts, neg, args, 1, "exits CODE ARG...")
	check := readsOnly(ts, args[1:])
	err := ts.Exec("computesync", args[1:]...)
	check()
	if got := exitStatus(ts, err); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	checkVoice(ts, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	if out := ts.ReadFile("stdout"); want == exitUsage && out != "" {
		ts.Fatalf("wrong usage, and still a result: %s", out)
	}
}

// capture sets a variable to what the group of a pattern matches in the last
// output: capture NAME PATTERN.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: capture NAME PATTERN")
	}
	found := regexp.MustCompile("(?m)" + args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) != 2 {
		ts.Fatalf("%s captures nothing in:\n%s", args[1], ts.ReadFile("stdout"))
	}
	ts.Setenv(args[0], found[1])
}

// readsOnly returns a check that a plan wrote nothing to Azure, whatever the
// script is about. Where something else runs beside it, nobody can tell.
func readsOnly(ts *testscript.TestScript, args []string) func() {
	alone := len(ts.Value(processes{}).(map[string]*process)) == 1 // the simulator
	if len(args) == 0 || args[0] != "plan" || !alone || ts.Getenv(simURL) == "" || running(ts, "sim").over() {
		return func() {}
	}
	before := requestCounters(ts).writes()
	return func() {
		if wrote := requestCounters(ts).writes() - before; wrote != 0 {
			ts.Fatalf("a plan wrote %d times to Azure", wrote)
		}
	}
}

// over reports whether the process has ended.
func (p *process) over() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// checkVoice holds every error and hint of every script to the one voice: no
// capital, no full stop, one line; and all output to a pipe to plain text.
func checkVoice(ts *testscript.TestScript, stdout, stderr string) {
	for line := range strings.SplitSeq(stderr, "\n") {
		_, text, isError := strings.Cut(line, "computesync: error: ")
		if hint, ok := strings.CutPrefix(line, "hint: "); ok {
			text, isError = hint, true
		}
		if isError && (text == "" || strings.HasSuffix(text, ".") || unicode.IsUpper([]rune(text)[0]) && !httpMethod.MatchString(text)) {
			ts.Fatalf("not in the voice of our errors: %q", line)
		}
	}
	if strings.Contains(stdout+stderr, "\x1b") {
		ts.Fatalf("colours where no terminal is:\n%s%s", stdout, stderr)
	}
	if strings.Contains(stdout+stderr, scriptSecret) {
		ts.Fatalf("a secret in the output:\n%s%s", stdout, stderr)
	}
}

// scriptSecret is in the value of every secret that scripts use.
const scriptSecret = "hunter2"

// httpMethod begins the errors that tell of a request.
var httpMethod = regexp.MustCompile(`^(GET|PUT|PATCH|POST|DELETE) /`)

// number reads the exit code that a command was given.
func number(ts *testscript.TestScript, neg bool, args []string, at int, form string) int {
	if neg || len(args) < at {
		ts.Fatalf("usage: %s", form)
	}
	n, err := strconv.Atoi(args[at-1])
	ts.Check(err)
	return n
}

func exitStatus(ts *testscript.TestScript, err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	ts.Fatalf("run computesync: %v", err)
	return 0
}

// process is a computesync in the background.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when err is set
	err  error
}

// processes is the key of a script's processes, by name.
type processes struct{}

func running(ts *testscript.TestScript, name string) *process {
	p := ts.Value(processes{}).(map[string]*process)[name]
	if p == nil {
		ts.Fatalf("nothing called %s was started", name)
	}
	return p
}

func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start NAME ARG...")
	}
	launch(ts, args[0], args[1:])
}

func launch(ts *testscript.TestScript, name string, args []string) {
	out, err := os.Create(ts.MkAbs(name + ".out"))
	ts.Check(err)
	defer out.Close()
	log, err := os.Create(ts.MkAbs(name + ".err"))
	ts.Check(err)
	defer log.Close()
	p := &process{cmd: exec.Command(cmp.Or(ts.Getenv(binaryEnv), "computesync"), args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.Dir = out, log, ts.MkAbs(".")
	p.cmd.Env = environment(ts)
	ts.Check(p.cmd.Start())
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	ts.Value(processes{}).(map[string]*process)[name] = p
	ts.Defer(func() {
		p.cmd.Process.Kill()
		<-p.done
	})
}

// environment is the script's, as far as computesync looks at it.
func environment(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{
		"PATH", "HOME", "TMPDIR", "XDG_STATE_HOME", "STATE_DIRECTORY", "COMPUTESYNC_ENDPOINT", "COMPUTESYNC_LISTEN",
		"COMPUTESYNC_SECRET_VM", "AZURE_CLIENT_SECRET", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "WATCHDOG_USEC", "GOCOVERDIR",
	} {
		if v := ts.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

func sendSignal(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || signals[args[1]] == nil {
		ts.Fatalf("usage: signal NAME TERM|INT|HUP")
	}
	ts.Check(running(ts, args[0]).cmd.Process.Signal(signals[args[1]]))
}

func awaitEnd(ts *testscript.TestScript, neg bool, args []string) {
	want := number(ts, neg, args, 2, "ended NAME CODE")
	p := running(ts, args[0])
	select {
	case <-p.done:
	case <-time.After(patience):
		ts.Fatalf("%s did not end\n%s", args[0], ts.ReadFile(args[0]+".err"))
	}
	if got := exitStatus(ts, p.err); got != want {
		ts.Fatalf("%s ended with exit code %d, want %d\n%s", args[0], got, want, ts.ReadFile(args[0]+".err"))
	}
}

func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 && len(args) != 3 {
		ts.Fatalf("usage: until FILE PATTERN [N]")
	}
	n := 1
	if len(args) == 3 {
		n = number(ts, neg, args, 3, "until FILE PATTERN [N]")
	}
	path := ts.MkAbs(args[0])
	await(ts, args[1], n, func() string {
		data, _ := os.ReadFile(path) // it may not be there yet
		return string(data)
	})
}

// await waits until what look returns matches a pattern n times.
func await(ts *testscript.TestScript, pattern string, n int, look func() string) {
	re, err := regexp.Compile("(?m)" + pattern)
	ts.Check(err)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for text := look(); len(re.FindAllString(text, n)) < n; text = look() {
		select {
		case <-tick.C:
		case <-limit:
			ts.Fatalf("no match for %s within %s in\n%s", pattern, patience, text)
		}
	}
}

func expand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: expand FILE")
	}
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func commit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: commit DIR MESSAGE")
	}
	dir := ts.MkAbs(args[0])
	git := func(args ...string) {
		ts.Check(ts.Exec("git", append([]string{"-C", dir, "-c", "user.name=test", "-c", "user.email=test@example.com"}, args...)...))
	}
	if _, err := os.Stat(filepath.Join(dir, ".git")); err != nil {
		git("init", "-q", "-b", "main")
	}
	git("add", "-A")
	git("commit", "-q", "-m", args[1])
}
