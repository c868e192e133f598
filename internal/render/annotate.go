package render

import (
	"fmt"
	"io"
	"strings"
)

// runner is how a CI service wants to be told of a place in a file: by a command
// in the log.
type runner struct {
	levels   map[Level]string
	command  string // of level, file, line, column, rule and message
	property *strings.Replacer
	data     *strings.Replacer
}

// GitHub reads `::error file=,line=,col=,title=::message`. What a property and
// what a message must not have in it is written as actions/toolkit does it
// (packages/core/src/command.ts), which is what the runner undoes.
var gitHub = runner{
	levels:   map[Level]string{Fault: "error", Warning: "warning", Note: "notice"},
	command:  "::%s file=%s,line=%d,col=%d,title=%s::%s\n",
	property: strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C"),
	data:     strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A"),
}

// Azure Pipelines reads `##vso[task.logissue type=error;…]message`, and knows
// errors and warnings only. It undoes what its agent documents: %AZP25 for %.
var azurePipelines = runner{
	levels:   map[Level]string{Fault: "error", Warning: "warning", Note: "warning"},
	command:  "##vso[task.logissue type=%s;sourcepath=%s;linenumber=%d;columnnumber=%d;code=%s]%s\n",
	property: strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A", ";", "%3B", "]", "%5D"),
	data:     strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A"),
}

// GitHub writes a workflow command for each finding, which GitHub Actions shows
// at the line. It shows ten of each level for a step, so the gravest come first.
// File names are taken as relative to the root of the repository.
func GitHub(w io.Writer, findings []Finding) error { return gitHub.annotate(w, findings) }

// AzurePipelines writes a logging command for each finding, which Azure Pipelines
// shows at the run.
func AzurePipelines(w io.Writer, findings []Finding) error {
	return azurePipelines.annotate(w, findings)
}

func (r *runner) annotate(w io.Writer, findings []Finding) error {
	for _, f := range byGravity(findings) {
		_, err := fmt.Fprintf(w, r.command, r.levels[f.Level], r.property.Replace(f.File), f.Line, f.Col,
			r.property.Replace(f.rule()), r.data.Replace(f.message()))
		if err != nil {
			return err
		}
	}
	return nil
}

// disarm breaks what a CI service obeys wherever it stands in a line of the log:
// GitHub `##[command]`, Azure Pipelines `##vso[command]` and `##[section]`.
var disarm = strings.NewReplacer("##[", `#\x23[`, "##vso[", `#\x23vso[`)

// Disarm returns text that somebody else wrote such that no CI service takes
// anything in it for a command. It does not help against a line that begins
// with `::`; no line of ours begins with what others wrote.
func Disarm(s string) string { return disarm.Replace(s) }
