package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/strictyaml"
)

// TestNothingObeyed runs the real binary where everybody whose words it may
// print is hostile: folders, files, specs, Azure, git and the environment. No
// line that it prints is a command to GitHub Actions or Azure Pipelines.
func TestNothingObeyed(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	words := rand.New(rand.NewPCG(seed, 0))
	for range 3 {
		h := &hostileHost{T: t, words: words, dir: t.TempDir()}
		h.prepare()
		h.commandLine()
		h.daemon()
	}
}

// hostileHost is a machine on which everything comes from an adversary.
type hostileHost struct {
	*testing.T
	words *rand.Rand
	dir   string
	sim   *armsim.Server
	env   []string
}

// armed are pieces of commands, and of what may hide one.
var armed = []string{
	"::", "::error::x", "::add-mask::y", "::error title=a::b", ":", " ", "##[", "##[add-mask]z", "##[group]",
	"##vso[task.complete result=Failed;]", "##vso[", "#", "]", "x", "é",
}

// unseen are characters that only Azure, git and the environment may have.
var unseen = []string{"\n", "\r", "\u0085", "\u2028", "\u202e", "\u200d", "\u00ad", "\x1b[1m", "\U000e0041"}

func (h *hostileHost) text(pieces []string) string {
	var b strings.Builder
	for range 1 + h.words.IntN(5) {
		b.WriteString(pieces[h.words.IntN(len(pieces))])
	}
	return b.String()
}

// word is what a spec or the name of a file may be; foreign is any text.
func (h *hostileHost) word() string    { return strings.TrimLeft(h.text(armed), " ") + "w" }
func (h *hostileHost) foreign() string { return h.text(append(armed, unseen...)) }

// long is long enough to be wrapped anywhere.
func (h *hostileHost) long() string {
	var b strings.Builder
	for range 12 {
		b.WriteString(strings.Repeat("v", h.words.IntN(30)) + " " + h.word())
	}
	return b.String()
}

func (h *hostileHost) prepare() {
	h.sim = armsim.New(armsim.WithExactStatusURLs())
	server := httptest.NewServer(h.sim)
	h.Cleanup(server.Close)
	h.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + h.dir, "GOCOVERDIR=" + os.Getenv("GOCOVERDIR"),
		"GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_SYSTEM=" + os.DevNull, "COMPUTESYNC_ENDPOINT=" + server.URL,
		"GITHUB_REPOSITORY=" + h.foreign(), "GITHUB_REF=" + h.foreign(), "GITHUB_API_URL=" + h.foreign(),
	}
	bad, good := h.word()+"-bad", h.word()+"-good"
	h.write(filepath.Join("fleet", bad, "workspace.yaml"), workspaceOf("ml-bad"))
	h.write(filepath.Join("fleet", bad, h.word(), h.word()+".yaml"), []strictyaml.Pair{
		{Key: "name", Value: h.word()}, {Key: "type", Value: h.word()}, {Key: h.word(), Value: h.word()},
	})
	h.write(filepath.Join("fleet", bad, h.word(), h.word()+".yaml"), []strictyaml.Pair{
		{Key: "name", Value: h.word()},
		{Key: "type", Value: "amlcompute"},
		{Key: "size", Value: h.foreign()},
		{Key: h.foreign(), Value: h.word()},
	})
	h.write(filepath.Join("fleet", good, "workspace.yaml"), workspaceOf("ml-good"))
	h.write(filepath.Join("fleet", good, h.word()+".yaml"), []strictyaml.Pair{
		{Key: "name", Value: "cpu-one"},
		{Key: "type", Value: "amlcompute"},
		{Key: "size", Value: "Standard_DS3_v2"},
		{Key: "description", Value: h.long()},
		{Key: "tags", Value: []strictyaml.Pair{{Key: "a" + h.word(), Value: h.long()}, {Key: "b", Value: h.foreign()}}},
	})
	h.write(filepath.Join("fleet", good, h.word()+"2.yaml"), []strictyaml.Pair{
		{Key: "name", Value: "vm-one"},
		{Key: "type", Value: "virtualmachine"},
		{Key: "address", Value: "10.0.0.4"},
		{Key: "ssh_settings", Value: []strictyaml.Pair{
			{Key: "admin_username", Value: "me"}, {Key: "admin_password", Value: "secret://credential/" + h.word()},
		}},
	})
	h.git("init", "-q", "-b", "main")
	h.commit()
}

func workspaceOf(name string) []strictyaml.Pair {
	return []strictyaml.Pair{
		{Key: "subscription_id", Value: "11111111-2222-3333-4444-555555555555"},
		{Key: "resource_group", Value: "rg-ml"},
		{Key: "workspace_name", Value: name},
		{Key: "location", Value: "westeurope"},
	}
}

func (h *hostileHost) write(name string, pairs []strictyaml.Pair) {
	h.Helper()
	doc, err := strictyaml.Write(pairs)
	if err != nil {
		h.Fatal(err)
	}
	path := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		h.Fatal(err)
	}
	if err := os.WriteFile(path, doc, 0o600); err != nil {
		h.Fatal(err)
	}
}

// commit commits the fleet in the adversary's words.
func (h *hostileHost) commit() {
	h.git("add", "-A")
	h.git("-c", "user.name=x"+h.foreign(), "-c", "user.email=a@example.com", "commit", "-q", "--allow-empty",
		"-m", "x"+h.foreign())
}

func (h *hostileHost) git(args ...string) {
	h.Helper()
	cmd := exec.CommandContext(h.Context(), "git", append([]string{"-C", filepath.Join(h.dir, "fleet")}, args...)...)
	cmd.Env = h.env
	if out, err := cmd.CombinedOutput(); err != nil {
		h.Fatalf("git %q: %v\n%s", args, err, out)
	}
}

// azure has Azure answer in the adversary's words.
func (h *hostileHost) azure(kind string) {
	h.Helper()
	h.sim.ClearFaults()
	fault := armsim.Fault{Match: armsim.Match{Kind: kind}, Status: 400, Code: h.foreign(), Message: h.foreign()}
	if err := h.sim.AddFault(fault); err != nil {
		h.Fatal(err)
	}
}

// ci are the variables by which programs know where they run.
var ci = []string{"CI=true", "GITHUB_ACTIONS=true", "TF_BUILD=True"}

func (h *hostileHost) command(env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(h.Context(), "computesync", args...)
	cmd.Dir, cmd.Env = filepath.Join(h.dir, "fleet"), append(h.env, env...)
	return cmd
}

// run runs a command to its end and holds what it prints harmless.
func (h *hostileHost) run(args ...string) (stdout string) {
	h.Helper()
	var out, errs bytes.Buffer
	cmd := h.command(ci, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // most of them fail, and say why
	if out.Len()+errs.Len() == 0 {
		h.Fatalf("%q printed nothing", args)
	}
	h.harmless(args, out.String())
	h.harmless(args, errs.String())
	return out.String()
}

// json runs a command, whose result is JSON that means the same as without CI.
func (h *hostileHost) json(args ...string) {
	h.Helper()
	var in, outside any
	printed := h.run(args...)
	if err := json.Unmarshal([]byte(printed), &in); err != nil {
		h.Fatalf("%q: %v\n%s", args, err, printed)
	}
	plain, _ := h.command(nil, args...).Output() // the exit code says how things are
	if err := json.Unmarshal(plain, &outside); err != nil {
		h.Fatalf("%q without CI: %v\n%s", args, err, plain)
	}
	if !reflect.DeepEqual(in, outside) {
		h.Fatalf("%q: in CI\n%s\nwithout\n%s", args, printed, plain)
	}
}

// ignorable is what a runner's comparison may pass over.
var ignorable = regexp.MustCompile(`[^\x00-\x7f]`)

// harmless fails for a line that a runner takes for a command, as it looks for
// one: behind blanks for ::, anywhere for the others.
func (h *hostileHost) harmless(args []string, printed string) {
	h.Helper()
	for line := range strings.FieldsFuncSeq(printed, func(r rune) bool { return r == '\n' || r == '\r' }) {
		seen := ignorable.ReplaceAllString(line, "")
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.HasPrefix(strings.TrimSpace(seen), "::") ||
			strings.Contains(seen, "##[") || strings.Contains(strings.ToLower(seen), "##vso[") {
			h.Fatalf("%q prints a command: %q", args, line)
		}
		for _, r := range unseen {
			if strings.Contains(line, r) {
				h.Fatalf("%q prints %+q in %+q", args, r, line)
			}
		}
	}
}

// commandLine runs what needs no daemon.
func (h *hostileHost) commandLine() {
	h.run("validate")
	h.json("validate", "-o", "json")
	h.json("validate", "-o", "sarif")
	h.annotations("github", "::")
	h.annotations("azuredevops", "##vso[")
	for _, form := range []string{"text", "markdown"} {
		h.run("plan", "-o", form)
	}
	h.json("plan", "-o", "json")
	h.run("plan", "--base", h.word())
	h.run("plan", "--post", "github")
	h.run("plan", "--out", "../plan.json")
	saved, err := os.ReadFile(filepath.Join(h.dir, "plan.json"))
	if err != nil {
		h.Fatal(err)
	}
	h.harmless([]string{"plan.json"}, string(saved))
	h.run("plan", h.foreign())
	h.run(h.foreign())
	h.run("run", "--check", "--config", h.foreign())
	for _, kind := range []string{"put", "list"} {
		h.azure(kind)
		h.run("apply", "--auto-approve", "--state-dir", "../applied")
		h.run("apply", "--auto-approve", "--state-dir", "../applied", "-o", "json")
	}
	h.sim.ClearFaults()
	h.run("apply", "--auto-approve", "--state-dir", "../applied")
	tags := map[string]any{"b": h.foreign(), h.foreign(): h.foreign()}
	h.change(map[string]any{"tags": tags, "properties": map[string]any{"description": h.long()}})
	h.run("plan")
	h.change(map[string]any{"tags": map[string]any{spec.OwnerTag: h.foreign() + "/cpu-one"}})
	h.json("plan", "-o", "json")
	h.run("plan")
}

// change changes the cluster behind everybody's back.
func (h *hostileHost) change(patch map[string]any) {
	h.Helper()
	text, err := json.Marshal(patch)
	if err != nil {
		h.Fatal(err)
	}
	ref := armsim.Ref{Subscription: "11111111-2222-3333-4444-555555555555", Group: "rg-ml", Workspace: "ml-good", Name: "cpu-one"}
	if err := h.sim.Patch(ref, text); err != nil {
		h.Fatal(err)
	}
}

// annotations are commands, one a finding, and no other is in them.
func (h *hostileHost) annotations(form, begin string) {
	h.Helper()
	out, _ := h.command(ci, "validate", "--format", form).Output() // exit code 5
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	for _, line := range lines {
		rest, ok := strings.CutPrefix(line, begin)
		if !ok {
			h.Fatalf("no annotation: %q", line)
		}
		h.harmless([]string{form}, "x"+rest)
	}
}

// daemon runs the daemon on the fleet, with commits and answers that go wrong.
func (h *hostileHost) daemon() {
	stop := h.start()
	socket := "--socket=" + filepath.Join(h.dir, "state", "control.sock")
	h.run("sync", "--wait", "--timeout", "20s", socket)
	h.sim.ClearFaults()
	h.commit()
	h.run("suspend", "ml-good/vm-*", "--reason", h.word(), socket)
	h.run("suspend", h.foreign(), "--reason", h.foreign(), socket)
	for _, form := range []string{"text", "wide", "json"} {
		h.run("sync", "--wait", "--timeout", "20s", "-o", form, socket)
		h.run("status", "-o", form, socket)
	}
	h.run("history", socket)
	h.json("history", "-o", "json", socket)
	log := stop()
	h.harmless([]string{"run"}, log)
	for line := range strings.Lines(log) {
		if !json.Valid([]byte(line)) {
			h.Fatalf("no JSON in the log: %q", line)
		}
	}
}

// start starts the daemon; stop ends it and returns its log.
func (h *hostileHost) start() (stop func() string) {
	h.Helper()
	config := filepath.Join(h.dir, "config.yaml")
	text := fmt.Sprintf("sources: [{url: %s/fleet}]\nstate_dir: %[1]s/state\nlisten: \"\"\n", h.dir)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		h.Fatal(err)
	}
	h.azure("put")
	cmd := h.command(ci, "run", "--config", config)
	errs, err := cmd.StderrPipe()
	if err != nil {
		h.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.Fatal(err)
	}
	log := bufio.NewReader(errs)
	var lines strings.Builder
	for line := ""; !strings.Contains(line, `"message":"running"`); lines.WriteString(line) {
		if line, err = log.ReadString('\n'); err != nil {
			h.Fatalf("the daemon ended: %v\n%s", err, &lines)
		}
	}
	rest := make(chan string)
	go func() { text, _ := io.ReadAll(log); rest <- string(text) }() // up to its end
	return func() string {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			h.Fatal(err)
		}
		printed := lines.String() + <-rest
		if err := cmd.Wait(); err != nil {
			h.Fatalf("the daemon: %v\n%s", err, printed)
		}
		return printed
	}
}
