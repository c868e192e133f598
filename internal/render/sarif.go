package render

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/computesync/computesync/internal/policy"
	"github.com/computesync/computesync/internal/spec"
)

// The parts of SARIF 2.1.0 that GitHub code scanning and its like read.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		Version        string      `json:"version"`
		InformationURI string      `json:"informationUri"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID                   string       `json:"id"`
		ShortDescription     sarifMessage `json:"shortDescription"`
		FullDescription      sarifMessage `json:"fullDescription"`
		Help                 sarifMessage `json:"help"`
		DefaultConfiguration sarifDefault `json:"defaultConfiguration"`
	}
	sarifDefault struct {
		Level Level `json:"level"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		Level        Level             `json:"level"`
		Message      sarifMessage      `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI  string `json:"uri"`
		Base string `json:"uriBaseId"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
)

// SARIF writes the findings as a SARIF 2.1.0 log of one run, also when there are
// none: that is how code scanning learns that an alert is settled. File names are
// taken as relative to the root of the repository.
func SARIF(w io.Writer, version string, findings []Finding) error {
	run := sarifRun{
		Tool:       sarifTool{sarifDriver{"computesync", version, "https://github.com/computesync/computesync", sarifRules()}},
		ColumnKind: "unicodeCodePoints",
		Results:    []sarifResult{},
	}
	seen := map[string]int{}
	for _, f := range byGravity(findings) {
		run.Results = append(run.Results, sarifResult{
			RuleID: f.rule(), Level: f.Level, Message: sarifText(f.message()),
			Locations: []sarifLocation{{sarifPhysical{
				sarifArtifact{(&url.URL{Path: f.File}).String(), "%SRCROOT%"},
				sarifRegion{f.Line, f.Col},
			}}},
			Fingerprints: map[string]string{"primaryLocationLineHash": fingerprint(&f, seen)},
		})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

// sarifText is plain text. `[text](target)` would make it a link in a viewer.
func sarifText(s string) sarifMessage { return sarifMessage{strings.ReplaceAll(s, "](", "] (")} }

// fingerprint tells a finding from others, and stays the same while lines above
// it come and go. primaryLocationLineHash is the one fingerprint that GitHub
// looks at; it ends with a number, for what is said several times.
func fingerprint(f *Finding, seen map[string]int) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{f.rule(), f.File, f.Text}, "\x00")))
	digest := hex.EncodeToString(sum[:8])
	seen[digest]++
	return fmt.Sprintf("%s:%d", digest, seen[digest])
}

// sarifRules is every rule that a finding may be about.
func sarifRules() []sarifRule {
	rules := []sarifRule{sarifRuleOf(InvalidSpec, "A spec is not valid.", "The message says what is wrong and the way out.", Fault)}
	for _, w := range spec.Warnings() {
		level, help := Warning, "ignore_warnings: ["+w.Code+"] in workspace.yaml turns it off."
		switch n := (spec.Notice{Code: w.Code}); {
		case n.Note():
			level, help = Note, "Nothing has to be done."
		case n.Loud():
			help = "The message says what to do."
		}
		rules = append(rules, sarifRuleOf(w.Code, w.Doc, help, level))
	}
	for _, r := range policy.Rules() {
		rules = append(rules, sarifRuleOf(r.Code, r.Doc, "The way out: "+r.Hint+".", Warning))
	}
	return rules
}

func sarifRuleOf(id, doc, help string, level Level) sarifRule {
	return sarifRule{id, sarifMessage{doc}, sarifMessage{doc}, sarifMessage{help}, sarifDefault{level}}
}
