package armsim

import (
	"os"
	"strings"
	"testing"
)

// TestAssumptionsAreDocumented has a row of docs/simulator.md for each assumption, and no other.
func TestAssumptionsAreDocumented(t *testing.T) {
	data, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(data), "| name | answers | what is not known |\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var want strings.Builder
	for _, a := range Assumptions() {
		want.WriteString("| `" + a.Name + "` | `" + strings.Join(a.Answers, "`, `") + "` | " + a.About + " |\n")
	}
	if table+"\n" != want.String() {
		t.Errorf("docs/simulator.md has other rows than these:\n%s", &want)
	}
}
