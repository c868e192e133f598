// Package internal_test keeps the layers layers: what each package may import
// is a table, and the table is this test. docs/architecture.md explains it.
package internal_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/computesync/computesync/"

// layers says which packages of ours a package may import. Tests may import
// any, but for those of armsim.
var layers = map[string][]string{
	"examples":            {},
	"internal/output":     {},
	"internal/strictyaml": {"output"},
	"internal/secret":     {"output"},
	"internal/armsim":     {},
	"internal/webhook":    {"secret"},
	"internal/window":     {},
	"internal/clock":      {},
	"internal/spec":       {"output", "strictyaml", "secret", "window"},
	"internal/region":     {"strictyaml"},
	"internal/policy":     {"strictyaml", "spec"},
	"internal/config":     {"strictyaml", "secret", "spec", "window", "policy"},
	"internal/schema":     {"spec", "config", "policy"},
	"internal/watch":      {},
	"internal/source":     {"output", "secret", "watch", "clock"},
	"internal/forge":      {"output", "secret"},
	"internal/arm":        {"output", "secret", "clock"},
	"internal/azureml":    {"arm", "spec", "secret", "region"},
	"internal/diff":       {"spec"},
	"internal/plan":       {"spec", "diff", "region", "window"},
	"internal/export":     {"spec", "strictyaml", "secret", "diff"},
	"internal/journal":    {"spec", "secret"},
	"internal/apply":      {"spec", "plan", "journal", "secret", "clock"},
	"internal/render":     {"output", "spec", "diff", "plan", "daemon", "policy"},
	"internal/control":    {"spec", "journal", "daemon"},
	"internal/status":     {"spec", "plan", "apply", "daemon", "secret"},
	"internal/daemon":     {"spec", "diff", "plan", "journal", "apply", "source", "secret", "clock"},
}

// free packages may import all of ours: they wire the others together, or are
// there for tests alone. No package of the table may import one of them.
var free = []string{"cmd/computesync", "internal", "internal/bench", "internal/schema/gen", "internal/forge/forgetest", "internal/spec/spectest"}

// only says which packages may import what is dear, dangerous or replaceable.
// A name ending in / stands for all that is below it.
var only = map[string][]string{
	"gopkg.in/yaml.v3":              {"internal/strictyaml"},
	"go.etcd.io/bbolt":              {"internal/journal"},
	"github.com/go-git/":            {"internal/source", "cmd/computesync"},
	"github.com/fsnotify/fsnotify":  {"internal/watch"},
	"github.com/adhocore/gronx":     {"internal/window"},
	"github.com/Azure/":             {"internal/arm", "internal/azureml", "internal/secret"},
	"github.com/spf13/cobra":        {"cmd/computesync"},
	"github.com/coreos/go-systemd/": {"internal/daemon", "cmd/computesync"},
	"github.com/google/go-cmp/":     {},
	"text/template":                 {}, // either costs 3 MiB: it switches off the
	"html/template":                 {}, // linker's pruning of methods
	"github.com/rogpeppe/":          {},
	"github.com/santhosh-tekuri/":   {},
	"pgregory.net/rapid":            {"internal/spec/spectest"},
	"go.uber.org/goleak":            {},
}

// pure packages give the same for the same, and touch nothing.
var pure = []string{"internal/output", "internal/strictyaml", "internal/window", "internal/config", "internal/spec", "internal/region", "internal/policy", "internal/schema", "internal/diff", "internal/plan", "internal/render", "internal/export"}

// impure is what a pure package does not import.
var impure = []string{"context", "log", "log/slog", "math/rand/v2", "net", "net/http", "os", "os/exec", "github.com/rs/zerolog"}

type goPackage struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// name is the path inside the module.
func (p *goPackage) name() string { return strings.TrimPrefix(p.ImportPath, module) }

func (p *goPackage) tests() []string { return slices.Concat(p.TestImports, p.XTestImports) }

func packages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("read the answer of go list: %v", err)
		}
		all = append(all, p)
	}
}

func TestLayers(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range packages(t) {
		seen[p.name()] = true
		checkLayer(t, &p)
		checkOnly(t, &p)
		if slices.Contains(pure, p.name()) {
			checkPure(t, &p)
		}
	}
	for name := range layers {
		if !seen[name] {
			t.Errorf("%s is in the table and does not exist", name)
		}
	}
}

func checkLayer(t *testing.T, p *goPackage) {
	t.Helper()
	may, known := layers[p.name()]
	switch {
	case slices.Contains(free, p.name()):
		return
	case !known:
		t.Errorf("%s is not in the table of layers", p.name())
	}
	imports := p.Imports
	if p.name() == "internal/armsim" { // a simulator that knows its client agrees with it
		imports = slices.Concat(imports, p.tests())
	}
	for _, i := range imports {
		if room, ours := strings.CutPrefix(i, module+"internal/"); ours && !slices.Contains(may, room) {
			t.Errorf("%s must not import internal/%s", p.name(), room)
		}
	}
}

func checkOnly(t *testing.T, p *goPackage) {
	t.Helper()
	for _, i := range p.Imports {
		for name, who := range only {
			if (i == name || strings.HasSuffix(name, "/") && strings.HasPrefix(i, name)) && !slices.Contains(who, p.name()) {
				t.Errorf("%s must not import %s: %s", p.name(), i, allowed(who))
			}
		}
	}
}

func allowed(who []string) string {
	if len(who) == 0 {
		return "only tests may"
	}
	return "only " + strings.Join(who, " and ") + " may"
}

func checkPure(t *testing.T, p *goPackage) {
	t.Helper()
	for _, i := range p.Imports {
		if slices.Contains(impure, i) {
			t.Errorf("%s is pure and must not import %s", p.name(), i)
		}
	}
}
