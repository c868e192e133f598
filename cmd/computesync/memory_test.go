//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/computesync/computesync/internal/armsim"
)

// The race detector multiplies memory, so these tests measure a binary of their own, built as it is released.
func buildBinary(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "computesync")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	return binary
}

// measured is a daemon that runs, and what it wrote.
type measured struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Scanner
	log   strings.Builder
}

func startMeasured(t *testing.T, binary, config string) *measured {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	writeFile(t, file, config)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // what it does not say by then, it will not say
	t.Cleanup(cancel)
	m := &measured{t: t, cmd: exec.CommandContext(ctx, binary, "run", "--config", file)}
	m.cmd.Env = append(os.Environ(), "COMPUTESYNC_ENDPOINT=", "RUNTIME_DIRECTORY=", "GOGC=", "GOMEMLIMIT=")
	stderr, err := m.cmd.StderrPipe()
	if err == nil {
		err = m.cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	m.lines = bufio.NewScanner(stderr)
	m.lines.Buffer(nil, 1<<20)
	return m
}

// until reads the log until each pattern has matched a line of it, in any order.
func (m *measured) until(patterns ...string) {
	m.t.Helper()
	for len(patterns) > 0 {
		if !m.lines.Scan() {
			m.t.Fatalf("the daemon ended without a line like %q (%v):\n%s", patterns, m.lines.Err(), m.log.String()[:min(m.log.Len(), 5000)])
		}
		line := m.lines.Text()
		if m.log.Len() < 1<<20 {
			m.log.WriteString(line + "\n")
		}
		patterns = slices.DeleteFunc(patterns, func(p string) bool { return regexp.MustCompile(p).MatchString(line) })
	}
}

// end ends it and returns the most memory it had resident, in bytes. (Its rusage would say what this test had, too:
// Linux takes that over to a child.)
func (m *measured) end() (most int64) {
	m.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.cmd.Process.Pid))
	if err != nil {
		m.t.Fatal(err)
	}
	if _, err := fmt.Sscanf(string(status[bytes.Index(status, []byte("VmHWM:")):]), "VmHWM: %d kB", &most); err != nil {
		m.t.Fatal(err)
	}
	if err := m.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		m.t.Fatal(err)
	}
	for m.lines.Scan() {
	}
	if err := m.cmd.Wait(); err != nil {
		m.t.Fatalf("%v:\n%s", err, m.log.String())
	}
	return most << 10
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// plainFleet is a folder of one compute.
func plainFleet(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "workspace.yaml"), strings.ReplaceAll(workspaceText, "eve", "test"))
	writeFile(t, filepath.Join(dir, "cpu.yaml"), fmt.Sprintf(plainCompute, 4))
	return dir
}

const plainCompute = "name: cpu-one\ntype: amlcompute\nsize: Standard_DS3_v2\nmax_instances: %d\n"

// However a source is made, it takes three times its max_size at most, and the others go on.
func TestHostileSourceTakesNoMoreThanItsShare(t *testing.T) {
	const maxSize, itself = 64 << 20, 32 << 20 // the daemon with the other source
	binary := buildBinary(t)
	for _, test := range hostile {
		t.Run(test.name, func(t *testing.T) {
			sim := httptest.NewServer(armsim.New(armsim.WithExactStatusURLs()))
			defer sim.Close()
			repo, good := test.make(), plainFleet(t)
			m := startMeasured(t, binary, fmt.Sprintf("sources:\n"+
				"- {url: %s/eve.git, interval: 1s, max_size: 64MiB, workspaces: ['*/rg-eve/*'], owners: [computesync]}\n"+
				"- {url: %s, workspaces: ['*/rg-test/*'], owners: [computesync]}\n"+
				"azure: {endpoint: %q}\nstate_dir: %s\n", repo.serve(t), good, sim.URL, t.TempDir()))
			m.until(test.says, `"compute":"cpu-one".*"state":"done"`)
			writeFile(t, filepath.Join(good, "cpu.yaml"), fmt.Sprintf(plainCompute, 5))
			m.until(`"compute":"cpu-one".*"state":"done"`)
			if repo.next != nil {
				m.until(test.says)
			}
			most := m.end()
			t.Logf("%d MiB; the pack of %d KiB was sent %d times", most>>20, len(repo.pack)>>10, repo.packs.Load())
			if most > 3*maxSize+itself {
				t.Errorf("took %d MiB, three times its max_size are %d", most>>20, 3*maxSize>>20)
			}
			if repo.packs.Load() > 1 {
				t.Errorf("the same pack was fetched %d times", repo.packs.Load())
			}
		})
	}
}

// A Resource Manager that answers with as much as it likes.
func TestHostileResourceManagerTakesNoMoreThanItsShare(t *testing.T) {
	binary := buildBinary(t)
	empty := strings.Repeat("{},", 300_000)
	for name, answer := range map[string]func(page int) string{
		"more bytes than may be":  func(int) string { return `{"value":[{"name":"` + strings.Repeat("x", 200<<20) + `"}]}` },
		"a page of empty objects": func(int) string { return `{"value":[` + strings.Repeat(empty, 30) + `{}]}` },
		"many pages": func(page int) string {
			item := `{"name":"c%d-%d","properties":{"computeType":"Unknown","x":[[],[],[],[],[],[],[],[]]}},`
			var text strings.Builder
			for i := range 50_000 {
				fmt.Fprintf(&text, item, page, i)
			}
			return `{"value":[` + strings.TrimSuffix(text.String(), ",") + `],"nextLink":"http://HOST/next?page=` + fmt.Sprint(page+1) + `"}`
		},
		"an error": func(int) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			var page atomic.Int64
			azure := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				text := answer(int(page.Add(1)))
				if text == "" {
					w.WriteHeader(http.StatusBadRequest)
					text = `{"error":{"code":"x","details":[` + strings.Repeat(empty, 30) + `{}]}}`
				}
				_, _ = io.WriteString(w, strings.ReplaceAll(text, "HOST", r.Host))
			}))
			defer azure.Close()
			m := startMeasured(t, binary, fmt.Sprintf("sources: [{url: %s}]\nazure: {endpoint: %q}\nstate_dir: %s\n",
				plainFleet(t), azure.URL, t.TempDir()))
			m.until("too large: more than")
			most := m.end()
			t.Logf("%d MiB after %d answers", most>>20, page.Load())
			if most > 384<<20 {
				t.Errorf("took %d MiB", most>>20)
			}
		})
	}
}
