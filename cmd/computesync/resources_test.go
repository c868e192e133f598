package main

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// gitPack builds a pack by hand: git itself would not make most of these.
type gitPack struct {
	count uint32
	body  bytes.Buffer
	zlib  *zlib.Writer
}

const (
	gitCommit = iota + 1
	gitTree
	gitBlob
)

var gitTypes = []string{"", "commit", "tree", "blob"}

// add appends an object and returns its name.
func (p *gitPack) add(kind int, content []byte) [sha1.Size]byte {
	p.count++
	size := len(content)
	first := byte(kind<<4 | size&15)
	for size >>= 4; size > 0; size >>= 7 {
		p.body.WriteByte(first | 0x80)
		first = byte(size & 0x7f)
	}
	p.body.WriteByte(first)
	if p.zlib == nil {
		p.zlib, _ = zlib.NewWriterLevel(nil, zlib.BestSpeed)
	}
	p.zlib.Reset(&p.body)
	_, _ = p.zlib.Write(content)
	_ = p.zlib.Close()
	return sha1.Sum(append(fmt.Appendf(nil, "%s %d\x00", gitTypes[kind], len(content)), content...))
}

// treeEntry is one line of a tree.
func treeEntry(mode, name string, object [sha1.Size]byte) []byte {
	return append(fmt.Appendf(nil, "%s %s\x00", mode, name), object[:]...)
}

// commit ends the pack with a commit of the tree, and returns both.
func (p *gitPack) commit(tree [sha1.Size]byte, message string) *gitRepo {
	const who = "Eve <eve@example.com> 1767323045 +0000"
	head := p.add(gitCommit, fmt.Appendf(nil, "tree %x\nauthor %s\ncommitter %s\n\n%s\n", tree, who, who, message))
	pack := binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), p.count)
	pack = append(pack, p.body.Bytes()...)
	sum := sha1.Sum(pack)
	return &gitRepo{head: hex.EncodeToString(head[:]), pack: append(pack, sum[:]...)}
}

// gitRepo is what a git server says of a repository.
type gitRepo struct {
	head  string
	more  int // refs besides
	pack  []byte
	next  *gitRepo     // what becomes of it once the pack was sent
	packs atomic.Int64 // how often it was sent
}

// serve is a git server over http that has this repository, and nothing of git.
func (g *gitRepo) serve(t *testing.T) string {
	line := func(format string, args ...any) []byte {
		text := fmt.Sprintf(format, args...)
		return fmt.Appendf(nil, "%04x%s", len(text)+4, text)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g := g
		if g.next != nil && g.packs.Load() > 0 {
			g = g.next
		}
		if r.Method == http.MethodPost {
			g.packs.Add(1)
			w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
			_, _ = w.Write(line("NAK\n"))
			_, _ = w.Write(g.pack)
			return
		}
		w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
		_, _ = w.Write(append(line("# service=git-upload-pack\n"), "0000"...))
		_, _ = w.Write(line("%s HEAD\x00ofs-delta\n", g.head))
		for i := range g.more {
			if _, err := w.Write(line("%s refs/heads/%d\n", g.head, i)); err != nil {
				return
			}
		}
		_, _ = w.Write([]byte("0000"))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// workspaceText is a workspace.yaml of no workspace that tests use otherwise.
const workspaceText = "subscription_id: 11111111-2222-3333-4444-555555555555\nresource_group: rg-eve\nworkspace_name: ml-eve\nlocation: westeurope\n"

// hostile are repositories that cost more than they seem to, each with what the daemon says of it.
var hostile = []struct {
	name, says string
	make       func() *gitRepo
}{
	{"nested folders", "folders nested more than 100 deep", func() *gitRepo {
		var p gitPack
		tree := p.add(gitTree, treeEntry("100644", "workspace.yaml", p.add(gitBlob, []byte(workspaceText))))
		for range 40_000 {
			tree = p.add(gitTree, treeEntry("40000", "a-folder-in-a-folder", tree))
		}
		return p.commit(tree, "nested")
	}},
	{"empty objects", `more than 64 MiB \(max_size\)`, func() *gitRepo {
		var p gitPack
		tree := p.add(gitTree, treeEntry("100644", "workspace.yaml", p.add(gitBlob, []byte(workspaceText))))
		var one gitPack
		one.add(gitBlob, nil)
		p.body.Write(bytes.Repeat(one.body.Bytes(), 2_000_000))
		p.count += 2_000_000
		return p.commit(tree, "empty")
	}},
	{"one file in many places", `more than (64 MiB \(max_size\)|500000 files)`, func() *gitRepo {
		var p gitPack
		file := p.add(gitBlob, []byte("# nothing\n"))
		var leaves, top []byte
		for i := range 5000 {
			leaves = append(leaves, treeEntry("100644", fmt.Sprintf("%05d.yaml", i), file)...)
		}
		folder := p.add(gitTree, leaves)
		for i := range 99 {
			top = append(top, treeEntry("40000", fmt.Sprintf("%02d", i), folder)...)
		}
		return p.commit(p.add(gitTree, top), "many")
	}},
	{"one symlink in many places", `more than 64 MiB \(max_size\)`, func() *gitRepo {
		var p gitPack
		link := p.add(gitBlob, bytes.Repeat([]byte("x"), 4000))
		var links []byte
		for i := range 100_000 {
			links = append(links, treeEntry("120000", fmt.Sprintf("%06d.yaml", i), link)...)
		}
		return p.commit(p.add(gitTree, links), "links")
	}},
	{"refs", "the list of branches and tags has more than 8 MiB", func() *gitRepo {
		var p gitPack
		repo := p.commit(p.add(gitTree, nil), "refs")
		repo.more = 1_000_000
		return repo
	}},
	{"a long message", "a commit message of more than", func() *gitRepo {
		var p gitPack
		return p.commit(p.add(gitTree, nil), string(bytes.Repeat([]byte("message "), 1<<20)))
	}},
	{"zeros", `more than 64 MiB \(max_size\)`, func() *gitRepo {
		var p gitPack
		zeros := p.add(gitBlob, make([]byte, 80<<20))
		return p.commit(p.add(gitTree, treeEntry("100644", "a.yaml", zeros)), "zeros")
	}},
	{"as much as may be", `eve.git.*"message":"new commit"`, func() *gitRepo {
		first, second := manyFiles(60, comments), manyFiles(60, func(file int) []byte { return comments(100 + file) })
		first.next = second
		return first
	}},
	{"more computes than may be", "more than 25000 computes in one repository", func() *gitRepo {
		return manyFiles(10, func(file int) []byte { return computes(file, 18_000) })
	}},
	{"as many computes as may be", `eve.git.*"message":"new commit"`, func() *gitRepo {
		return manyFiles(2, func(file int) []byte { return append(computes(file, 12_499), "name: a mistake\ntype: amlcompute\n"...) })
	}},
	{"mistakes", "errors are not shown", func() *gitRepo {
		return manyFiles(10, func(file int) []byte {
			text := fmt.Appendf(nil, "name: c%02d\ntype: amlcompute\nsize: Standard_A1\n", file)
			for i := range 60_000 {
				text = fmt.Appendf(text, "k%05d: 1\n", i)
			}
			return text
		})
	}},
	{"more values than may be", "file has more than 100000 lines and values", func() *gitRepo { return values(300_000) }},
	{"as many values as may be", `eve.git.*"message":"new commit"`, func() *gitRepo { return values(45_000) }},
}

// manyFiles is a workspace of n files.
func manyFiles(n int, text func(file int) []byte) *gitRepo {
	var p gitPack
	files := treeEntry("100644", "workspace.yaml", p.add(gitBlob, []byte(workspaceText)))
	for i := range n {
		files = append(files, treeEntry("100644", fmt.Sprintf("x%02d.yaml", i), p.add(gitBlob, text(i)))...)
	}
	return p.commit(p.add(gitTree, files), "many files")
}

// comments are a file as large as one may be.
func comments(file int) []byte {
	line := []byte("# 0123456789abcdef 0123456789abcdef 0123456789abcdef 0123456789\n")
	return append(fmt.Appendf(nil, "# %d\n", file), bytes.Repeat(line, 16_000)...)
}

// computes are n small ones.
func computes(file, n int) (text []byte) {
	for i := range n {
		text = fmt.Appendf(text, "name: c%02d%05d\ntype: amlcompute\nsize: Standard_DS3_v2\n---\n", file, i)
	}
	return text
}

// values is 20 files of lists in a list.
func values(lists int) *gitRepo {
	return manyFiles(20, func(file int) []byte {
		text := fmt.Appendf(nil, "name: c%02d\ntype: amlcompute\ntags: {x: [", file)
		return append(append(text, bytes.Repeat([]byte("[],"), lists)...), "[]]}\n"...)
	})
}
