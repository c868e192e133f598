package source

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
)

// handPack is a pack of objects in the given order: each is the bytes before its content, and the content.
func handPack(objects ...[2]string) []byte {
	pack := binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), uint32(len(objects)))
	for _, o := range objects {
		var packed bytes.Buffer
		z := zlib.NewWriter(&packed)
		_, _ = z.Write([]byte(o[1]))
		_ = z.Close()
		pack = append(append(pack, o[0]...), packed.Bytes()...)
	}
	sum := sha1.Sum(pack)
	return append(pack, sum[:]...)
}

// Deltas of few bytes, each of which appends a letter to its base "0123456789" and what came of it.
func refDelta(base plumbing.Hash, size int, letter byte) [2]string {
	return [2]string{string([]byte{7<<4 | 6}) + string(base[:]), string([]byte{byte(size), byte(size + 1), 0x90, byte(size), 1, letter})}
}

func TestUnpackDeltasThatComeBeforeTheirBase(t *testing.T) {
	content := "0123456789"
	base := [2]string{string([]byte{3<<4 | 10}), content}
	var deltas [][2]string
	for i := range 20 {
		deltas = append(deltas, refDelta(plumbing.ComputeHash(plumbing.BlobObject, []byte(content)), len(content), 'a'+byte(i)))
		content += string(rune('a' + i))
	}
	forward := append([][2]string{base}, deltas...)
	backward := [][2]string{}
	for i := range forward {
		backward = append(backward, forward[len(forward)-1-i])
	}
	for _, objects := range [][][2]string{forward, backward} {
		store, err := unpack(bytes.NewReader(handPack(objects...)), newBudget(1<<20))
		if err != nil {
			t.Fatal(err)
		}
		last, err := store.EncodedObject(plumbing.BlobObject, plumbing.ComputeHash(plumbing.BlobObject, []byte(content)))
		if err != nil || len(store.Objects) != 21 {
			t.Fatalf("%d objects, %v", len(store.Objects), err)
		}
		if data, err := contentOf(last); string(data) != content || err != nil {
			t.Errorf("content is %q, %v", data, err)
		}
	}
	if _, err := unpack(bytes.NewReader(handPack(deltas...)), newBudget(1<<20)); err == nil {
		t.Error("deltas without their base were taken")
	}
}

// Sizes that are announced are not believed.
func TestUnpackRefusesFalseSizes(t *testing.T) {
	for name, object := range map[string][2]string{
		"longer than it is":     {string([]byte{3<<4 | 9}), "12345"},
		"shorter than it is":    {string([]byte{3<<4 | 3}), "12345"},
		"more than fits":        {"\xb0\xff\xff\xff\xff\x7f", "12345"},
		"negative":              {"\xb0\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "12345"},
		"a type that is none":   {string([]byte{5<<4 | 5}), "12345"},
		"a delta without sizes": {string([]byte{6<<4 | 2, 12}), "\xff\xff"},
	} {
		if _, err := unpack(bytes.NewReader(handPack(object)), newBudget(1<<20)); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestDeepFolders(t *testing.T) {
	deepest := strings.Repeat("d/", maxDepth) + "a.yaml"
	wantFiles(t, fetch(t, open(t, Config{URL: repository(t, deepest, "1")})), deepest+" = 1")
	deeper := "d/" + deepest
	dir := repository(t, deeper, "1")
	for _, url := range []string{dir, newFleet(t, deeper, "1").web(t).url()} {
		e := fails(t, Config{URL: url}, TooLarge)
		if !strings.Contains(e.Error(), "folders nested more than 100 deep") || !strings.Contains(e.Hint(), "fixed") || !e.Final() {
			t.Errorf("%v\nhint: %s", e, e.Hint())
		}
	}
	_, err := Folder(t.Context(), dir)
	wantProblem(t, err, TooLarge)
}

// A commit that is too large is fetched once, until the branch has another one.
func TestTooLargeACommitIsFetchedOnce(t *testing.T) {
	f := newFleet(t, "a.yaml", strings.Repeat("x", 100<<10))
	web := f.web(t)
	s := open(t, Config{URL: web.url(), MaxBytes: 64 << 10})
	for i, want := range []string{"GET POST", "GET", "GET"} {
		_, err := s.Fetch(t.Context())
		wantProblem(t, err, TooLarge)
		var methods []string
		for _, line := range web.requests() {
			methods = append(methods, strings.Fields(line)[0])
		}
		if got := strings.Join(methods, " "); got != want {
			t.Errorf("fetch %d sends %s, want %s", i+1, got, want)
		}
	}
	f.change(t, "small")
	wantFiles(t, fetch(t, s), "a.yaml = small")
}

// Names and links longer than any file system allows, which git does not mind.
func TestTooLongANameOrLink(t *testing.T) {
	f := repository(t, "a.yaml", "1")
	blob := git(t, f, "rev-parse", "HEAD:a.yaml")
	write(t, f, "target", strings.Repeat("../", 2000))
	target := git(t, f, "hash-object", "-w", "target")
	for _, line := range []string{
		fmt.Sprintf("100644 blob %s\t%s.yaml\n", blob, strings.Repeat("n", 300)),
		fmt.Sprintf("120000 blob %s\tlink.yaml\n", target),
	} {
		write(t, f, "list", line)
		tree := git(t, f, "-c", "alias.mk=!git mktree <list", "mk")
		git(t, f, "update-ref", "refs/heads/main", git(t, f, "commit-tree", "-m", "long", tree))
		fails(t, Config{URL: f}, Broken)
	}
}
