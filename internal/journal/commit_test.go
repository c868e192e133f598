package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/computesync/computesync/internal/spec"
)

// together makes n calls such that all of them wait for one transaction.
func together(j *Journal, n int, call func(i int)) {
	var wg sync.WaitGroup
	defer wg.Wait()
	j.commitMu.Lock()
	defer j.commitMu.Unlock()
	for i := range n {
		wg.Go(func() { call(i) })
	}
	for waiting := 0; waiting < n; runtime.Gosched() {
		j.queueMu.Lock()
		waiting = len(j.queue)
		j.queueMu.Unlock()
	}
}

func TestCallsThatWaitShareATransaction(t *testing.T) {
	const units = 1000
	writes := 0
	j := open(t, t.TempDir(), AfterWrite(func(n int) error { writes = n; return nil }))
	w := j.Workspace(testScope)
	each := func(call func(unit string) error) {
		together(j, units, func(i int) {
			if err := call(fmt.Sprintf("unit-%d", i)); err != nil {
				t.Error(err)
			}
		})
	}
	each(func(id string) error { return w.Begin(Unit{ID: id, Steps: []Step{{ID: "1"}}}) })
	each(func(id string) error { return w.Intent(id, "1", noon, nil) })
	each(func(id string) error { return w.Finish(id, Update{Put: []*spec.Record{cluster(id)}}) })
	if writes != 3 {
		t.Errorf("%d calls took %d transactions", 3*units, writes)
	}
	records, err := w.Records()
	must(t, err)
	left, err := w.Unfinished()
	must(t, err)
	if len(records) != units || len(left) != 0 {
		t.Errorf("%d records, %d units left", len(records), len(left))
	}
}

func TestAFailingCallDoesNotHarmTheOthers(t *testing.T) {
	writes := 0
	j := open(t, t.TempDir(), AfterWrite(func(n int) error { writes = n; return nil }))
	w := j.Workspace(testScope)
	errs := make([]error, 30)
	together(j, len(errs), func(i int) {
		if i%3 == 0 { // changes a record, then fails: it must leave no trace
			errs[i] = w.Save(Update{Put: []*spec.Record{cluster(fmt.Sprint("bad-", i)), cluster("")}})
		} else {
			errs[i] = w.Save(Update{Put: []*spec.Record{cluster(fmt.Sprint("good-", i))}})
		}
	})
	for i, err := range errs {
		if (err != nil) != (i%3 == 0) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	records, err := w.Records()
	must(t, err)
	for name := range records {
		if name[:4] != "good" {
			t.Errorf("record %s is there", name)
		}
	}
	if len(records) != 20 || writes != 1 {
		t.Errorf("%d records after %d writes, want 20", len(records), writes)
	}
}

func TestWhatIsEqualIsNotWritten(t *testing.T) {
	dir := t.TempDir()
	writes := 0
	j := open(t, dir, AfterWrite(func(n int) error { writes = n; return nil }))
	w := j.Workspace(testScope)
	pass := func() {
		must(t, w.Save(Update{}))
		must(t, w.Save(Update{Put: []*spec.Record{cluster("a"), cluster("b")}, Forget: []string{"c"}}))
		must(t, w.SetPermissions(spec.Permissions{Commit: "1", Settings: spec.Settings{Prune: true}}))
		must(t, w.SetLastGood(LastGood{Commit: "1", Files: map[string][]byte{"a.yaml": []byte("a"), "b.yaml": nil}}))
	}
	pass()
	after := writes
	before, err := os.ReadFile(filepath.Join(dir, fileName))
	must(t, err)
	pass()
	must(t, j.Workspace("elsewhere").Save(Update{Forget: []string{"c"}}))
	now, err := os.ReadFile(filepath.Join(dir, fileName))
	must(t, err)
	if writes != after || string(now) != string(before) {
		t.Errorf("the second pass made %d writes", writes-after)
	}
}

func TestAfterWriteEndsTheJournal(t *testing.T) {
	dir := t.TempDir()
	crash := errors.New("crash")
	j := open(t, dir, AfterWrite(func(n int) error {
		if n == 2 {
			return crash
		}
		return nil
	}))
	w := j.Workspace(testScope)
	must(t, w.Begin(replaceUnit("u")))
	for name, call := range map[string]func() error{
		"records":     func() error { _, err := w.Records(); return err },
		"permissions": func() error { _, _, err := w.Permissions(); return err },
		"last good":   func() error { _, err := w.LastGood(); return err },
		"unfinished":  func() error { _, err := w.Unfinished(); return err },
		"history":     func() error { _, err := w.History(1); return err },
		"workspaces":  func() error { _, err := j.Workspaces(); return err },
	} {
		if err := call(); err != nil {
			t.Errorf("%s before the crash: %v", name, err)
		}
		defer func() {
			if err := call(); !errors.Is(err, crash) {
				t.Errorf("%s after the crash: %v", name, err)
			}
		}()
	}
	if err := w.Intent("u", "1", noon, nil); !errors.Is(err, crash) {
		t.Errorf("the second write: %v", err)
	}
	if err := w.Sent("u", "1", "token", ""); !errors.Is(err, crash) {
		t.Errorf("a later write: %v", err)
	}
	must(t, j.Close())
	units, err := open(t, dir).Workspace(testScope).Unfinished()
	must(t, err)
	if len(units) != 1 || units[0].Steps[0].State != Intent {
		t.Errorf("after the restart: %+v, want the second write and no later one", units)
	}
}

func TestClosedJournalFails(t *testing.T) {
	j := open(t, t.TempDir())
	must(t, j.Close())
	w := j.Workspace(testScope)
	if _, err := w.Records(); err == nil {
		t.Error("read: no error")
	}
	if err := w.Append(Event{}); err == nil {
		t.Error("write: no error")
	}
}

func BenchmarkUnits(b *testing.B) {
	j := open(b, b.TempDir())
	w := j.Workspace(testScope)
	for pass := 0; b.Loop(); pass++ {
		var wg sync.WaitGroup
		slots := make(chan struct{}, 50)
		for i := range 1000 {
			slots <- struct{}{}
			wg.Go(func() {
				id := fmt.Sprintf("%d-%d", pass, i)
				err := errors.Join(
					w.Begin(Unit{ID: id, Steps: []Step{{ID: "1", Verb: "create", Name: id, State: Intent, Begun: noon}}}),
					w.Sent(id, "1", "https://management.azure.com/operations/"+id, ""),
					w.Finish(id, Update{Put: []*spec.Record{cluster(id)}, Events: []Event{{Name: id, Outcome: "done"}}}))
				if err != nil {
					b.Error(err)
				}
				<-slots
			})
		}
		wg.Wait()
	}
	b.ReportMetric(float64(j.writes)/float64(b.N), "fsyncs/op")
}
