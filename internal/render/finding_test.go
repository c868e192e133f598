package render

import (
	"encoding/json"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/computesync/computesync/internal/output"
	"github.com/computesync/computesync/internal/spec"
)

// found is what validate may find, hostile names and texts among it.
func found() []Finding {
	return []Finding{
		{Level: Note, File: "fleet/prod/job.yaml", Line: 1, Col: 1, Code: "other-asset", Text: "skipped: another asset (commandjob), not a compute"},
		{Level: Warning, File: "fleet/prod/cpu.yaml", Line: 4, Col: 16, Code: "always-on", Text: "min_instances is 2"},
		{Level: Fault, File: "fleet/prod/cpu.yaml", Line: 3, Col: 1, Text: "no field vm_size", Hint: "did you mean size?"},
		{Level: Fault, File: "fleet/100%,a::b/c:d é?#.yaml", Line: 2, Col: 7, Text: "name \"x\n::error::y\r##[add-mask]z##vso[task.setvariable variable=a]b\" 100%0A [here](https://example.com)"},
		{Level: Fault, File: "fleet/prod/cpu.yaml", Line: 9, Col: 1, Text: "no field vm_size", Hint: "did you mean size?"},
	}
}

func written(t interface{ Fatal(...any) }, write func(*strings.Builder) error) string {
	var b strings.Builder
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestGoldenFindings pins the forms for CI.
func TestGoldenFindings(t *testing.T) {
	golden(t, "findings.github", written(t, func(b *strings.Builder) error { return GitHub(output.New(b), found()) }))
	golden(t, "findings.azure", written(t, func(b *strings.Builder) error { return AzurePipelines(output.New(b), found()) }))
	golden(t, "findings.sarif", written(t, func(b *strings.Builder) error { return SARIF(output.New(b), "1.2.3", found()) }))
}

// TestNothingFound: no annotation, and yet a run.
func TestNothingFound(t *testing.T) {
	if got := written(t, func(b *strings.Builder) error { return GitHub(output.New(b), nil) }); got != "" {
		t.Errorf("annotations of nothing: %q", got)
	}
	got := written(t, func(b *strings.Builder) error { return SARIF(output.New(b), "dev", nil) })
	if !strings.Contains(got, `"results": []`) {
		t.Errorf("code scanning would not close its alerts by\n%s", got)
	}
	if err := validate(sarifSchema(t), got); err != nil {
		t.Error(err)
	}
}

// drawFindings draws findings of any content that makes trouble.
func drawFindings(t *rapid.T) []Finding {
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOf(rapid.OneOf(
			rapid.SampledFrom([]string{"::", "\n", "\r", "\r\n", "%", "%0A", "%25", ",", ":", ";", "]", "##[", "##vso[task.complete]", "\n::error::", "\u2028", "\x1b", "\xff", "](", "é", "𝄞"}),
			rapid.String(),
		)).Draw(t, "pieces"), "")
	})
	return rapid.SliceOf(rapid.Custom(func(t *rapid.T) Finding {
		f := Finding{
			Level: rapid.SampledFrom(gravest).Draw(t, "level"), File: text.Draw(t, "file"), Text: text.Draw(t, "text"), Hint: text.Draw(t, "hint"),
			Line: rapid.IntRange(1, 1e6).Draw(t, "line"), Col: rapid.IntRange(1, 1e6).Draw(t, "col"),
		}
		if f.Level != Fault {
			f.Code = rapid.SampledFrom(spec.Warnings()).Draw(t, "code").Code
		}
		return f
	})).Draw(t, "findings")
}

// streamed is what a stream makes of a text in the middle of a line.
func streamed(s string) string {
	var b strings.Builder
	_, _ = output.New(&b).Write([]byte("-" + s)) // a builder takes all
	return strings.TrimPrefix(b.String(), "-")
}

// gitHubCommand is how the runner reads a line that begins with `::`.
var gitHubCommand = regexp.MustCompile(`^::(error|warning|notice) file=([^:,\r\n]*),line=(\d+),col=(\d+),title=([^:,\r\n]*)::([^\r\n]*)$`)

var (
	undoProperty = strings.NewReplacer("%25", "%", "%0D", "\r", "%0A", "\n", "%3A", ":", "%2C", ",")
	undoData     = strings.NewReplacer("%25", "%", "%0D", "\r", "%0A", "\n")
)

// TestOneCommandForEach reads what was written as the services do: whatever is
// in a spec, there is one command for each finding, about that place and of
// that text.
func TestOneCommandForEach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		findings := drawFindings(t)
		want := byGravity(findings)
		lines := strings.Split(written(t, func(b *strings.Builder) error { return GitHub(output.New(b), findings) }), "\n")
		if len(lines) != len(want)+1 || lines[len(want)] != "" {
			t.Fatalf("%d lines for %d findings: %q", len(lines), len(want), lines)
		}
		for i, f := range want {
			m := gitHubCommand.FindStringSubmatch(lines[i])
			if m == nil {
				t.Fatalf("no command: %q", lines[i])
			}
			file, message := gitHub.property.Replace(f.File), gitHub.data.Replace(f.message())
			if undoProperty.Replace(file) != f.File || undoData.Replace(message) != f.message() {
				t.Fatalf("file %q or message %q does not tell %+v", file, message, f)
			}
			told := []string{streamed(file), strconv.Itoa(f.Line), strconv.Itoa(f.Col), f.rule(), streamed(message)}
			if !slices.Equal(m[2:], told) {
				t.Fatalf("%q does not tell %+v", lines[i], f)
			}
		}
		azure := written(t, func(b *strings.Builder) error { return AzurePipelines(output.New(b), findings) })
		if n := strings.Count(azure, "\n"); n != len(findings) || strings.ContainsAny(azure, "\r") {
			t.Fatalf("%d lines for %d findings: %q", n, len(findings), azure)
		}
		for line := range strings.Lines(azure) {
			if !strings.HasPrefix(line, "##vso[task.logissue type=") || strings.LastIndex(line, "##vso[") > 0 {
				t.Fatalf("not one command: %q", line)
			}
		}
	})
}

// TestSARIF holds random findings against the schema of OASIS, and reads them
// back.
func TestSARIF(t *testing.T) {
	schema := sarifSchema(t)
	rapid.Check(t, func(t *rapid.T) {
		findings := drawFindings(t)
		printed := written(t, func(b *strings.Builder) error { return SARIF(output.New(b), "dev", findings) })
		if err := validate(schema, printed); err != nil {
			t.Fatalf("%v\n%s", err, printed)
		}
		var log sarifLog
		if err := json.Unmarshal([]byte(printed), &log); err != nil {
			t.Fatal(err)
		}
		checkResults(t, &log.Runs[0], byGravity(findings))
	})
}

func checkResults(t *rapid.T, run *sarifRun, want []Finding) {
	seen := map[string]bool{}
	for i, f := range want {
		r := run.Results[i]
		at := r.Locations[0].Physical
		uri, err := url.Parse(at.Artifact.URI)
		if err != nil || uri.IsAbs() || strings.TrimPrefix(uri.Path, "./") != strings.TrimPrefix(f.File, "./") || at.Region.StartLine != f.Line || at.Region.StartColumn != f.Col {
			t.Fatalf("%+v is not at %+v", at, f)
		}
		if !slices.ContainsFunc(run.Tool.Driver.Rules, func(rule sarifRule) bool { return rule.ID == r.RuleID }) {
			t.Fatalf("no rule %s", r.RuleID)
		}
		print := r.Fingerprints["primaryLocationLineHash"]
		if seen[print] {
			t.Fatalf("two results have the fingerprint %s", print)
		}
		seen[print] = true
	}
}

// TestFingerprint: a finding is the same when it moves, and another when it says
// another thing.
func TestFingerprint(t *testing.T) {
	print := func(f Finding) string { return fingerprint(&f, map[string]int{}) }
	f := found()[2]
	moved, other := f, f
	moved.Line, other.Text = 30, "no field vmsize"
	if print(f) != print(moved) || print(f) == print(other) {
		t.Errorf("fingerprints: %s, moved %s, other %s", print(f), print(moved), print(other))
	}
}

// sarifSchema is the schema as OASIS published it, with errata 01.
func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	data, err := os.ReadFile("testdata/sarif-2.1.0.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}
