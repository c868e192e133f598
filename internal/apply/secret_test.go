package apply_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/armsim"
)

// TestSecretsStayInside looks for secrets in everything that is printed or
// written, also where Azure's answers repeat them.
func TestSecretsStayInside(t *testing.T) {
	const value, rotated = "hunter2-first", "correct-horse"
	const message = "bad password " + rotated
	operation := func(shape string) *armsim.OperationFault {
		return &armsim.OperationFault{Shape: shape, Code: "Bad", Message: message}
	}
	for name, f := range map[string]armsim.Fault{
		"none":        {},
		"400":         {Status: http.StatusBadRequest, Message: message},
		"409":         {Status: http.StatusConflict, Message: message},
		"500":         {Status: http.StatusInternalServerError, Message: message},
		"operation a": {Operation: operation("a")},
		"operation b": {Operation: operation("b")},
		"operation c": {Operation: operation("c")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.declare(machine("old", "m1"), machine("vm1", "m2"))
				w.live(func(l *life) { l.converge() })
				w.secrets["COMPUTESYNC_SECRET_VM"] = rotated
				w.declare(machine("new", "m1"), machine("vm1", "m2"), machine("vm2", "m3"))
				f.Match, f.Times = armsim.Match{Method: "PUT"}, 16
				w.fault(f)
				var told strings.Builder
				w.live(func(l *life) {
					for range 4 {
						v, p := l.look()
						told.WriteString(text(p) + v.String())
						result, err := l.apply(v, p)
						if err != nil {
							t.Error(err)
						}
						for _, f := range result.Failed {
							told.WriteString(f.Error() + "\n" + f.Err.Error() + "\n")
						}
						told.WriteString(text(result.Held))
						elapse(30 * time.Minute)
					}
					history, err := l.journal.Workspace(l.scope()).History(1000)
					if err != nil {
						t.Error(err)
					}
					told.WriteString(text(history) + text(l.records()))
				})
				told.WriteString(text(w.events))
				file, err := os.ReadFile(filepath.Join(w.dir, "journal.db"))
				if err != nil {
					t.Fatal(err)
				}
				for where, content := range map[string]string{"the journal": string(file), "what is told": told.String()} {
					for _, secret := range []string{value, rotated} {
						if i := strings.Index(content, secret); i >= 0 {
							t.Errorf("%s has a secret: ...%q", where, content[max(0, i-200):i+len(secret)])
						}
					}
				}
				if name != "none" && (w.eventsOf(apply.Failed) == 0 || !strings.Contains(told.String(), "bad password")) {
					t.Error("no answer repeated a secret: the test shows nothing")
				}
			})
		})
	}
}
