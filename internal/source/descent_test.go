package source

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// commits adds n empty commits, and returns the newest.
func (f *remoteFleet) commits(t *testing.T, n int) string {
	t.Helper()
	for i := range n {
		git(t, f.dir, "commit", "-q", "--allow-empty", "-m", fmt.Sprint(i))
	}
	f.push(t)
	return git(t, f.dir, "rev-parse", "HEAD")
}

// TestDescent follows one history over every way to a repository: what continues the
// commit in effect counts, however many commits it takes, and nothing else does.
func TestDescent(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	first := git(t, f.dir, "rev-parse", "HEAD")
	second := f.change(t, "2")
	newest := f.commits(t, 40)
	all := places(t, f)
	all["local"] = Config{URL: f.dir}
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			at := func(commit string) {
				git(t, f.dir, "reset", "-q", "--hard", commit)
				f.push(t)
			}
			c.RequireDescendant = true
			at(newest)
			s := open(t, c)
			for _, effective := range []string{"", newest, git(t, f.dir, "rev-parse", "HEAD~1"), second, first} {
				s := open(t, c)
				s.SetEffective(effective)
				if got := fetch(t, s); got.Commit != newest || got.Rewritten != "" {
					t.Errorf("effective %q: %+v", effective, got)
				}
			}

			// An old commit, and another history.
			s.SetEffective(newest)
			at(second)
			_, err := s.Fetch(t.Context())
			e := wantProblem(t, err, Descent)
			if want := "commit " + second + " does not descend from " + newest[:12] + ", which is in effect"; !strings.HasSuffix(e.Error(), want) {
				t.Errorf("error is %v", e)
			}
			if e.Commit != second || !strings.Contains(e.Hint(), "computesync accept "+second) {
				t.Errorf("error is %#v", e)
			}
			git(t, f.dir, "commit", "-q", "--amend", "-m", "rewritten "+name)
			f.push(t)
			rewritten := git(t, f.dir, "rev-parse", "HEAD")
			_, err = s.Fetch(t.Context())
			wantProblem(t, err, Descent)

			// It counts once it is the one in effect, and where descent is not required.
			s.SetEffective(rewritten)
			wantFiles(t, fetch(t, s), "a.yaml = 2")
			c.RequireDescendant = false
			s = open(t, c)
			s.SetEffective(newest)
			if got := fetch(t, s); got.Commit != rewritten || got.Rewritten != newest || got.Seen != 0 {
				t.Errorf("where it is not required: %+v", got)
			}
			s.SetEffective("sha256:of a folder")
			if got := fetch(t, s); got.Commit != rewritten {
				t.Errorf("after a folder: %+v", got)
			}
		})
	}
}

// TestRefusedDescentIsNotFetchedAgain asks for the refused commit once, until another
// one is in effect.
func TestRefusedDescentIsNotFetchedAgain(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	newest := f.commits(t, 2)
	web := f.web(t)
	s := open(t, Config{URL: web.url(), RequireDescendant: true})
	s.SetEffective(newest)
	git(t, f.dir, "reset", "-q", "--hard", "HEAD~2")
	f.push(t)
	for range 3 {
		_, err := s.Fetch(t.Context())
		wantProblem(t, err, Descent)
	}
	if got := strings.Join(web.requests(), " "); strings.Count(got, "POST") != 1 {
		t.Errorf("asked %s", got)
	}
}

// TestHistoryIsBounded proves nothing by a history that is too deep or too large, and
// takes the commits alone where the server can send them so.
func TestHistoryIsBounded(t *testing.T) {
	was := depths
	depths = []int{2, 4}
	t.Cleanup(func() { depths = was })
	f := newFleet(t, "a.yaml", "1")
	first := git(t, f.dir, "rev-parse", "HEAD")
	write(t, f.dir, "a.yaml", strings.Repeat("#", 1<<20))
	commit(t, f.dir, "large")
	f.change(t, "3")
	f.commits(t, 1)
	web := f.web(t)
	c := Config{URL: web.url(), RequireDescendant: true, MaxBytes: 1 << 16}
	try := func() error {
		s := open(t, c)
		s.SetEffective(first)
		_, err := s.Fetch(t.Context())
		return err
	}
	e := wantProblem(t, try(), Descent)
	if want := "as far as its newest 2 commits show"; !strings.Contains(e.Error(), want) {
		t.Errorf("with files that are too large: %v", e)
	}
	git(t, f.root+"/fleet.git", "config", "uploadpack.allowFilter", "true")
	if err := try(); err != nil {
		t.Errorf("with a server that leaves them out: %v", err)
	}
	newest := f.commits(t, 2)
	e = wantProblem(t, try(), Descent)
	if want := "as far as its newest 4 commits show"; e.Commit != newest || !strings.Contains(e.Error(), want) {
		t.Errorf("deeper than is looked: %v", e)
	}

	// Where it is not required, what cannot be seen is not taken for rewritten.
	loose := c
	loose.RequireDescendant = false
	s := open(t, loose)
	s.SetEffective(first)
	if got := fetch(t, s); got.Commit != newest || got.Rewritten != first || got.Seen != 4 {
		t.Errorf("deeper than is looked, where descent is not required: %+v", got)
	}

	// A server that fails meanwhile proves nothing either way: it is asked again.
	posts := 0
	web.before(onPost(func(w http.ResponseWriter, _ *http.Request, _ http.Handler) bool {
		if posts++; posts == 1 {
			return false
		}
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "no")
		return true
	}))
	wantProblem(t, try(), Unreachable)
}

// TestFolderHasNoHistory refuses a plain folder where descent is required.
func TestFolderHasNoHistory(t *testing.T) {
	c := Config{URL: t.TempDir(), RequireDescendant: true}
	if err := configured(t, c); err == nil || !strings.Contains(err.Error(), "plain folder has no history") {
		t.Error(err)
	}
	fails(t, c, Setup)
}

// TestShallowCloneProvesNothing follows the branch of a clone that lacks older commits.
func TestShallowCloneProvesNothing(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	first := git(t, f.dir, "rev-parse", "HEAD")
	newest := f.commits(t, 5)
	clone := t.TempDir()
	git(t, clone, "clone", "-q", "--depth", "3", "file://"+f.root+"/fleet.git", ".")
	c := Config{URL: clone}
	s := open(t, c)
	s.SetEffective(first)
	if got := fetch(t, s); got.Commit != newest || got.Rewritten != first || got.Seen != 3 {
		t.Errorf("from a commit that the clone lacks: %+v", got)
	}
	s = open(t, c)
	s.SetEffective(git(t, f.dir, "rev-parse", "HEAD~2"))
	if got := fetch(t, s); got.Rewritten != "" || got.Seen != 0 {
		t.Errorf("from a commit that it has: %+v", got)
	}
	c.RequireDescendant = true
	s = open(t, c)
	s.SetEffective(first)
	_, err := s.Fetch(t.Context())
	if e := wantProblem(t, err, Descent); !strings.Contains(e.Error(), "as far as its newest 3 commits show") {
		t.Error(e)
	}
}
