package render

import (
	"fmt"
	"strings"

	"github.com/computesync/computesync/internal/output"
)

// runner is how a CI service wants to be told of a place in a file: by a command
// in the log.
type runner struct {
	levels   map[Level]string
	begin    output.Command
	rest     string // of level, file, line, column, rule and message
	property *strings.Replacer
	data     *strings.Replacer
}

// GitHub reads `::error file=,line=,col=,title=::message`. What a property and
// what a message must not have in it is written as actions/toolkit does it
// (packages/core/src/command.ts), which is what the runner undoes.
var gitHub = runner{
	levels:   map[Level]string{Fault: "error", Warning: "warning", Note: "notice"},
	begin:    output.GitHubCommand,
	rest:     "%s file=%s,line=%d,col=%d,title=%s::%s",
	property: strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C"),
	data:     strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A"),
}

// Azure Pipelines reads `##vso[task.logissue type=error;…]message`, and knows
// errors and warnings only. It undoes what its agent documents: %AZP25 for %.
var azurePipelines = runner{
	levels:   map[Level]string{Fault: "error", Warning: "warning", Note: "warning"},
	begin:    output.AzurePipelinesCommand,
	rest:     "task.logissue type=%s;sourcepath=%s;linenumber=%d;columnnumber=%d;code=%s]%s",
	property: strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A", ";", "%3B", "]", "%5D"),
	data:     strings.NewReplacer("%", "%AZP25", "\r", "%0D", "\n", "%0A"),
}

// GitHub writes a workflow command for each finding, which GitHub Actions shows
// at the line. It shows ten of each level for a step, so the gravest come first.
// File names are taken as relative to the root of the repository.
func GitHub(s *output.Stream, findings []Finding) error { return gitHub.annotate(s, findings) }

// AzurePipelines writes a logging command for each finding, which Azure Pipelines
// shows at the run.
func AzurePipelines(s *output.Stream, findings []Finding) error {
	return azurePipelines.annotate(s, findings)
}

func (r *runner) annotate(s *output.Stream, findings []Finding) error {
	for _, f := range byGravity(findings) {
		rest := fmt.Sprintf(r.rest, r.levels[f.Level], r.property.Replace(f.File), f.Line, f.Col,
			r.property.Replace(f.rule()), r.data.Replace(f.message()))
		if err := s.Command(r.begin, rest); err != nil {
			return err
		}
	}
	return nil
}
