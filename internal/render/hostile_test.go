package render

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/computesync/computesync/internal/output"
	"github.com/computesync/computesync/internal/plan"
)

// TestNothingHidden renders plans whose texts want to move a terminal's cursor,
// or to read in another order than they stand.
func TestNothingHidden(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		var all rendered
		all.text, all.markdown, all.json = must(t, p)
		for form, out := range map[string]string{"text": all.text, "markdown": all.markdown, "json": all.json} {
			if !utf8.ValidString(out) {
				t.Fatalf("%s is no UTF-8: %q", form, out)
			}
			for _, r := range out {
				if r != '\n' && output.Hidden(r) {
					t.Fatalf("%s has %U: %q", form, r, out)
				}
			}
		}
	})
}

func must(t *rapid.T, p *plan.Plan) (text, markdown, json string) {
	var b [3]strings.Builder
	for _, err := range []error{Text(&b[0], p, Style{}), Markdown(&b[1], p), JSON(output.New(&b[2]), p)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return b[0].String(), b[1].String(), b[2].String()
}

// TestTextFits holds each line but the summary to 80 columns, and every
// headline to its place: values begin no line at the margin.
func TestTextFits(t *testing.T) {
	ours := regexp.MustCompile(`^(compared with( .*)?|workspace( .*)?|preflight|plan .*|  .*)?$`)
	rapid.Check(t, func(t *rapid.T) {
		text, _, _ := must(t, drawPlan(t))
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		for i, line := range lines {
			if i < len(lines)-1 && !fits(line) || !ours.MatchString(line) {
				t.Fatalf("line %d is %q in:\n%s", i, line, text)
			}
		}
	})
}

// TestTextKeepsValues loses nothing of a value in wrapping it.
func TestTextKeepsValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := text().Draw(t, "value")
		first := rapid.IntRange(0, 40).Draw(t, "first")
		var b strings.Builder
		wrap(&b, strings.Repeat("-", first), first, rapid.IntRange(0, 40).Draw(t, "hang"), visible(value))
		got := strings.TrimPrefix(b.String(), strings.Repeat("-", first))
		if squeeze(got) != squeeze(visible(value)) {
			t.Fatalf("%q became %q", value, got)
		}
	})
}

func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// what of HTML a comment of ours has outside of its fences.
var tags = regexp.MustCompile(`</?(code|sub|summary|details)>|<!-- computesync plan/v1 [0-9a-f]{64} -->`)

// inCode is where GitHub makes no mention of a person or an issue.
var inCode = regexp.MustCompile(`<code>[^<]*</code>`)

// TestMarkdownStaysInPlace reads comments as a renderer does, line by line: no
// value ends a table row, opens a tag, closes a fence or forges the marker.
func TestMarkdownStaysInPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		_, markdown, _ := must(t, p)
		if err := checkComment(markdown, p); err != nil {
			t.Fatalf("%v in:\n%s", err, markdown)
		}
	})
}

func checkComment(markdown string, p *plan.Plan) error {
	if len(markdown) > limit {
		return fmt.Errorf("%d bytes", len(markdown))
	}
	if strings.Count(markdown, "<!--") != 1 || !strings.HasSuffix(markdown, "\n"+Marker(p)+"\n") {
		return fmt.Errorf("not one marker, at the end")
	}
	fence, open := "", 0
	for i, line := range strings.Split(markdown, "\n") {
		switch {
		case fence != "" && line == fence:
			fence = ""
			continue
		case fence != "":
			if !strings.Contains("-+!#", line[:1]) || line[1] != ' ' {
				return fmt.Errorf("line %d in a fence: %q", i, line)
			}
			if strings.Contains(line, fence) {
				return fmt.Errorf("line %d holds its fence: %q", i, line)
			}
			continue
		case strings.HasPrefix(line, "```"):
			fence = strings.TrimSuffix(line, "diff")
			continue
		}
		open += strings.Count(line, "<details>") - strings.Count(line, "</details>")
		rest := tags.ReplaceAllString(line, "")
		if strings.ContainsAny(rest, "<>\\`@[]_$\"'") {
			return fmt.Errorf("line %d: %q", i, line)
		}
		if shown := html.UnescapeString(inCode.ReplaceAllString(line, "")); strings.ContainsAny(strings.TrimLeft(shown, "#"), "@#") {
			return fmt.Errorf("line %d may mention somebody: %q", i, line)
		}
		if strings.Count(line, "|") > 0 && strings.Count(line, "|") != 5 {
			return fmt.Errorf("line %d is no row of four cells: %q", i, line)
		}
	}
	if fence != "" || open != 0 {
		return fmt.Errorf("a fence (%q) or %d folds stay open", fence, open)
	}
	return nil
}

// TestMarker tells workspace sets apart, and not their order or case.
func TestMarker(t *testing.T) {
	a, b := workspace("a"), workspace("b")
	upper := workspace("A")
	of := func(ws ...plan.Workspace) string { return Marker(&plan.Plan{Workspaces: ws}) }
	if of(a, b) != of(b, upper) || of(a) == of(b) || of(a) == of(a, b) {
		t.Errorf("markers %s, %s, %s", of(a), of(b), of(a, b))
	}
}
