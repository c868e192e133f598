package main

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/strictyaml"
)

// scripts returns every script in a pipeline: the strings that a runner hands to
// a shell.
func scripts(n *strictyaml.Node) []string {
	var out []string
	for _, e := range n.Entries {
		if slices.Contains([]string{"run", "script", "inlineScript"}, e.Key) {
			out = append(out, e.Value.Value)
		}
		out = append(out, scripts(e.Value)...)
	}
	for _, item := range n.Items {
		out = append(out, scripts(item)...)
	}
	return out
}

// commandLine is a use of computesync in a script, one a line, up to what the
// shell does with its end.
var commandLine = regexp.MustCompile(`(?m)^\s*computesync ([^|>&;\n]+)`)

func readPipeline(t *testing.T, file string) *strictyaml.Node {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f, errs := strictyaml.Parse(file, data)
	if len(errs) > 0 || len(f.Docs) != 1 {
		t.Fatalf("%s: %d documents, %v", file, len(f.Docs), errs)
	}
	return f.Docs[0].Root
}

// TestPipelines carries out every command of the example pipelines, in a clone
// with the example fleet and against a simulator, as if nobody had told which
// pull request it is.
func TestPipelines(t *testing.T) {
	pipelines, err := filepath.Glob("../../examples/ci/*.yml")
	if err != nil || len(pipelines) != 2 {
		t.Fatalf("example pipelines: %v, %v", pipelines, err)
	}
	for _, file := range pipelines {
		doc := readPipeline(t, file)
		t.Run(filepath.Base(file), func(t *testing.T) {
			server := httptest.NewServer(armsim.New(armsim.WithExactStatusURLs()))
			defer server.Close()
			enterClone(t)
			for name, v := range map[string]string{
				"COMPUTESYNC_ENDPOINT": server.URL, "STATEDIR": t.TempDir() + "/state", "RUNNER_TEMP": t.TempDir(), "GITHUB_WORKSPACE": "",
				"COMPUTESYNC_STATE_KEY": strings.Repeat("5a", 32),
				"GITHUB_BASE_REF":       "main", "SYSTEM_PULLREQUEST_TARGETBRANCHNAME": "main",
				"GITHUB_TOKEN": "", "SYSTEM_ACCESSTOKEN": "", "AZURE_DEVOPS_EXT_PAT": "",
				"COMPUTESYNC_SECRET_LAB_VM": "x", "COMPUTESYNC_SECRET_SCORING_VM": "x", "COMPUTESYNC_SECRET_SPARK_KEY": "x",
			} {
				t.Setenv(name, v)
			}
			var ran []string
			for _, script := range scripts(doc) {
				for _, m := range commandLine.FindAllStringSubmatch(script, -1) {
					args := strings.Fields(strings.ReplaceAll(os.ExpandEnv(m[1]), `"`, ""))
					var out, errs stream
					if code := run(t.Context(), args, streams(strings.NewReader(""), &out, &errs)); code != exitOK {
						t.Errorf("%v: exit code %d\n%s%s", args, code, &out, &errs)
					}
					ran = append(ran, args[0])
				}
			}
			slices.Sort(ran)
			if !slices.Equal(ran, []string{"apply", "plan", "validate"}) {
				t.Errorf("the pipeline runs %v", ran)
			}
		})
	}
}

// enterClone makes a clone of a repository with the example fleet in it, and
// goes there.
func enterClone(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "fleet"), os.DirFS("../../examples/fleet")); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_SYSTEM", os.DevNull)
	for _, args := range []string{
		"init -q -b main", "add -A", "-c user.name=test -c user.email=test@example.com commit -q -m first", "update-ref refs/remotes/origin/main HEAD",
	} {
		if out, err := exec.CommandContext(t.Context(), "git", strings.Fields(args)...).CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args, err, out)
		}
	}
}

// TestPipelinesInstallARelease: what a pipeline with rights in Azure runs cannot be changed by a push to a branch.
func TestPipelinesInstallARelease(t *testing.T) {
	for file, key := range map[string][2]string{
		"../../examples/ci/github-actions.yml":  {"env", "COMPUTESYNC_VERSION"},
		"../../examples/ci/azure-pipelines.yml": {"variables", "computesyncVersion"},
	} {
		doc := readPipeline(t, file)
		version, _ := doc.Get(key[0]).Get(key[1]).Text()
		if !regexp.MustCompile(`^v\d+\.\d+\.\d+$`).MatchString(version) {
			t.Errorf("%s installs %q, which is no released version", file, version)
		}
		for _, script := range scripts(doc) {
			if strings.Contains(script, "go install") && !strings.Contains(script, key[1]) {
				t.Errorf("%s installs another version: %s", file, script)
			}
		}
	}
}

// TestWorkflowIsCareful: no right by default, each job its own; actions that
// nobody can swap; no event that gives a fork our secrets.
func TestWorkflowIsCareful(t *testing.T) {
	doc := readPipeline(t, "../../examples/ci/github-actions.yml")
	if p := doc.Get("permissions"); p == nil || p.Kind != strictyaml.Map || len(p.Entries) > 0 {
		t.Errorf("permissions of the workflow: %+v, want none", p)
	}
	if on := doc.Get("on"); on.Get("pull_request") == nil || on.Get("pull_request_target") != nil {
		t.Errorf("on: %+v", on)
	}
	pinned := regexp.MustCompile(`^[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}$`)
	want := map[string]string{
		"validate": "contents: read",
		"plan":     "contents: read, id-token: write, pull-requests: write, statuses: write",
		"apply":    "contents: read, id-token: write",
	}
	for _, job := range doc.Get("jobs").Entries {
		var rights []string
		for _, e := range job.Value.Get("permissions").Entries {
			rights = append(rights, e.Key+": "+e.Value.Value)
		}
		if got := strings.Join(rights, ", "); got != want[job.Key] {
			t.Errorf("job %s may %q, want %q", job.Key, got, want[job.Key])
		}
		for _, step := range job.Value.Get("steps").Items {
			if uses := step.Get("uses"); uses != nil && !pinned.MatchString(uses.Value) {
				t.Errorf("job %s uses %s, which is not pinned by commit", job.Key, uses.Value)
			}
		}
	}
	if env := doc.Get("jobs").Get("apply").Get("environment"); env == nil || env.Value != "production" {
		t.Errorf("apply runs in environment %+v", env)
	}
}
