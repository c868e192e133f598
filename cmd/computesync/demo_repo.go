package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/computesync/computesync/examples"
)

const demoBranch = "main"

// demoRepository is a git repository of the example specs.
type demoRepository struct {
	dir  string
	repo *git.Repository
}

// newDemoRepository makes the repository; nothing is committed yet.
func newDemoRepository(dir string) (*demoRepository, error) {
	fleet, err := fs.Sub(examples.Fleet, "fleet")
	if err != nil {
		return nil, err
	}
	if err := os.CopyFS(dir, fleet); err != nil {
		return nil, err
	}
	repo, err := git.PlainInitWithOptions(dir, &git.PlainInitOptions{
		InitOptions: git.InitOptions{DefaultBranch: plumbing.NewBranchReferenceName(demoBranch)},
	})
	if err != nil {
		return nil, err
	}
	// With --keep somebody may commit here who has not told git a name.
	cfg, err := repo.Config()
	if err != nil {
		return nil, err
	}
	cfg.User.Name, cfg.User.Email = "you", "you@example.com"
	return &demoRepository{dir, repo}, repo.SetConfig(cfg)
}

// commit commits all there is and returns the commit's short hash.
func (r *demoRepository) commit(message string) (string, error) {
	tree, err := r.repo.Worktree()
	if err != nil {
		return "", err
	}
	if err := tree.AddWithOptions(&git.AddOptions{All: true}); err != nil {
		return "", err
	}
	hash, err := tree.Commit(message, &git.CommitOptions{
		Author: &object.Signature{Name: "you", Email: "you@example.com", When: time.Now()},
	})
	if err != nil {
		return "", err
	}
	return hash.String()[:shortHash], nil
}

// shortHash is how many digits of a commit are shown.
const shortHash = 12

// separator stands between the documents of one file.
const separator = "---\n"

// set changes one key of a compute in a file, and returns its value before.
func (r *demoRepository) set(file, compute, key, value string) (before string, err error) {
	line := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(key) + `: (.*)$`)
	err = r.edit(file, compute, func(doc string) string {
		if found := line.FindStringSubmatch(doc); found != nil {
			before = found[1]
		}
		return line.ReplaceAllLiteralString(doc, key+": "+value)
	})
	if err == nil && before == "" {
		err = fmt.Errorf("%s of %s is not in %s", key, compute, file)
	}
	return before, err
}

// remove takes a compute's document out of a file.
func (r *demoRepository) remove(file, compute string) error {
	return r.edit(file, compute, func(string) string { return "" })
}

// edit changes the document of a compute in a file; an empty one goes.
func (r *demoRepository) edit(file, compute string, change func(doc string) string) error {
	path := filepath.Join(r.dir, filepath.FromSlash(file))
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	found := false
	var kept []string
	for doc := range strings.SplitSeq(string(data), separator) {
		if strings.Contains(doc, "name: "+compute+"\n") {
			found = true
			doc = change(doc)
		}
		if doc != "" {
			kept = append(kept, doc)
		}
	}
	if !found {
		return fmt.Errorf("%s is not in %s", compute, file)
	}
	return os.WriteFile(path, []byte(strings.Join(kept, separator)), 0o600)
}
