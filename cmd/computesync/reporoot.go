package main

import (
	"os"
	"path/filepath"

	"github.com/computesync/computesync/internal/render"
)

// fromRoot names the files of findings from the root of the repository, as
// annotations do. What lies outside of it keeps its name.
func fromRoot(findings []render.Finding) []render.Finding {
	for i := range findings {
		findings[i].File = pathFromRoot(findings[i].File)
	}
	return findings
}

func pathFromRoot(file string) string {
	abs, err := filepath.Abs(filepath.FromSlash(file))
	if err != nil {
		return file
	}
	for _, root := range []string{os.Getenv("GITHUB_WORKSPACE"), worktree(filepath.Dir(abs))} {
		if rel, err := filepath.Rel(root, abs); err == nil && root != "" && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel)
		}
	}
	return file
}

// worktree is the git work tree that a folder is in, "" when it is in none. A
// linked work tree and a submodule have a file in place of the folder .git.
func worktree(dir string) string {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}
