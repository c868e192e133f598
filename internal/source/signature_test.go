package source

import (
	"bytes"
	"crypto"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// signCommit puts a signature into the commit at HEAD of dir, as git would.
func signCommit(t *testing.T, dir string, sign func(payload string) string) string {
	t.Helper()
	raw := git(t, dir, "cat-file", "commit", "HEAD") + "\n"
	header, body, _ := strings.Cut(raw, "\n\n")
	signature := strings.TrimSuffix(sign(raw), "\n")
	return setHead(t, dir, header+"\ngpgsig "+strings.ReplaceAll(signature, "\n", "\n ")+"\n\n"+body)
}

// setHead makes a commit of exactly this content the head.
func setHead(t *testing.T, dir, raw string) string {
	t.Helper()
	cmd := exec.Command("git", "hash-object", "-t", "commit", "-w", "--stdin")
	cmd.Dir, cmd.Env, cmd.Stdin = dir, gitEnv(), strings.NewReader(raw)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	hash := strings.TrimSpace(string(out))
	git(t, dir, "update-ref", "HEAD", hash)
	return hash
}

func signSSH(t *testing.T, signer ssh.Signer, namespace string) func(string) string {
	return func(payload string) string {
		signature, err := sshsig.Sign(strings.NewReader(payload), signer, sshsig.HashSHA512, namespace)
		if err != nil {
			t.Fatal(err)
		}
		return string(sshsig.Armor(signature))
	}
}

func signPGP(t *testing.T, entity *openpgp.Entity, config *packet.Config) func(string) string {
	return func(payload string) string {
		var out bytes.Buffer
		if err := openpgp.ArmoredDetachSign(&out, entity, strings.NewReader(payload), config); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
}

// signSHA1 signs as old programs did; the library would not.
func signSHA1(t *testing.T, entity *openpgp.Entity) func(string) string {
	return func(payload string) string {
		key := entity.PrivateKey
		signature := &packet.Signature{
			Version: 4, SigType: packet.SigTypeBinary, PubKeyAlgo: key.PubKeyAlgo, Hash: crypto.SHA1,
			CreationTime: time.Now(), IssuerKeyId: &key.KeyId,
		}
		h := crypto.SHA1.New()
		h.Write([]byte(payload))
		if err := signature.Sign(h, key, &packet.Config{NonDeterministicSignaturesViaNotation: packet.BoolPointer(false)}); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		w, err := armor.Encode(&out, openpgp.SignatureType, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := signature.Serialize(w); err != nil {
			t.Fatal(err)
		}
		w.Close()
		return out.String()
	}
}

func newEntity(t *testing.T, config *packet.Config) *openpgp.Entity {
	t.Helper()
	entity, err := openpgp.NewEntity("Ada", "", "ada@example.com", config)
	if err != nil {
		t.Fatal(err)
	}
	return entity
}

func armored(t *testing.T, entity *openpgp.Entity) string {
	t.Helper()
	var out bytes.Buffer
	w, err := armor.Encode(&out, openpgp.PublicKeyType, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := entity.Serialize(w); err != nil {
		t.Fatal(err)
	}
	w.Close()
	return out.String() + "\n"
}

func allowedLine(signer ssh.Signer, options string) string {
	return strings.Join(strings.Fields("ada@example.com "+options+" "+string(ssh.MarshalAuthorizedKey(signer.PublicKey()))), " ") + "\n"
}

// signedFleet is a repository that wants signatures, and the files of its keys.
type signedFleet struct {
	dir    string
	keys   string // their folder
	config Config
}

func newSignedFleet(t *testing.T, pgp, signers string) *signedFleet {
	t.Helper()
	f := &signedFleet{dir: repository(t, "a.yaml", "1"), keys: t.TempDir()}
	f.config = Config{URL: f.dir, Signatures: &Signatures{}}
	f.allow(t, pgp, signers)
	return f
}

func (f *signedFleet) allow(t *testing.T, pgp, signers string) {
	t.Helper()
	if pgp != "" {
		write(t, f.keys, "keys.asc", pgp)
		f.config.Signatures.OpenPGPKeys = filepath.Join(f.keys, "keys.asc")
	}
	if signers != "" {
		write(t, f.keys, "allowed_signers", signers)
		f.config.Signatures.SSHAllowedSigners = filepath.Join(f.keys, "allowed_signers")
	}
}

// signed makes a new commit and signs it.
func (f *signedFleet) signed(t *testing.T, content string, sign func(string) string) string {
	t.Helper()
	write(t, f.dir, "a.yaml", content)
	commit(t, f.dir, content)
	return signCommit(t, f.dir, sign)
}

func TestSignatures(t *testing.T) {
	ada, _ := newKey(t)
	eve, _ := newKey(t)
	grace, mallory := newEntity(t, nil), newEntity(t, nil)
	f := newSignedFleet(t, armored(t, newEntity(t, nil))+armored(t, grace), allowedLine(ada, ""))
	s := open(t, f.config)
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	refused := func(words ...string) {
		t.Helper()
		_, err := s.Fetch(t.Context())
		e := wantProblem(t, err, Signature)
		for _, w := range append(words, git(t, f.dir, "rev-parse", "HEAD")[:12], "Ada") {
			if !strings.Contains(e.Error(), w) {
				t.Errorf("%v does not say %q", e, w)
			}
		}
		for _, allowed := range []string{ssh.FingerprintSHA256(ada.PublicKey()), grace.PrimaryKey.KeyIdString(), "ada@example.com"} {
			if !strings.Contains(e.Hint(), allowed) {
				t.Errorf("hint does not name %s: %s", allowed, e.Hint())
			}
		}
	}
	refused("is not signed")
	first := f.signed(t, "by ada", signSSH(t, ada, "git"))
	if got := fetch(t, s).Commit; got != first {
		t.Errorf("commit is %s", got)
	}
	f.signed(t, "by eve", signSSH(t, eve, "git"))
	refused("SSH key "+ssh.FingerprintSHA256(eve.PublicKey()), "not allowed")
	f.signed(t, "by grace", signPGP(t, grace, nil))
	wantFiles(t, fetch(t, s), "a.yaml = by grace")
	f.signed(t, "by mallory", signPGP(t, mallory, nil))
	refused("OpenPGP key "+fmt.Sprintf("%X", mallory.PrimaryKey.Fingerprint), "not allowed")
	f.signed(t, "for a file", signSSH(t, ada, "file"))
	refused("not good")
	f.signed(t, "other words", func(string) string { return signSSH(t, ada, "git")("other words") })
	refused("not good")
	f.signed(t, "other words, too", func(string) string { return signPGP(t, grace, nil)("other words") })
	refused("not good")
	f.signed(t, "x509", func(string) string { return "-----BEGIN SIGNED MESSAGE-----\nMII\n-----END SIGNED MESSAGE-----\n" })
	refused("X.509")
	for i, junk := range []string{"junk", "-----BEGIN SSH SIGNATURE-----\njunk", "-----BEGIN PGP SIGNATURE-----\n\njunk", "-----BEGIN PGP SIGNATURE-----\n\nanVuaw==\n=AAAA\n-----END PGP SIGNATURE-----"} {
		f.signed(t, fmt.Sprint("junk ", i), func(string) string { return junk })
		refused("sign")
	}
	// An unsigned commit on top of a signed one: the head counts.
	f.signed(t, "by ada again", signSSH(t, ada, "git"))
	fetch(t, s)
	write(t, f.dir, "a.yaml", "on top")
	commit(t, f.dir, "on top")
	refused("is not signed")
	// And a signed one on top of that vouches for all of its tree.
	f.signed(t, "by ada on top", signSSH(t, ada, "git"))
	wantFiles(t, fetch(t, s), "a.yaml = by ada on top")
}

func TestWeakOpenPGPSignatures(t *testing.T) {
	long := time.Now().Add(-48 * time.Hour)
	old := &packet.Config{Time: func() time.Time { return long }, KeyLifetimeSecs: 3600}
	expired, revoked, sha1, subkey := newEntity(t, old), newEntity(t, nil), newEntity(t, &packet.Config{Algorithm: packet.PubKeyAlgoRSA}), newEntity(t, nil)
	if err := subkey.AddSigningSubkey(nil); err != nil {
		t.Fatal(err)
	}
	var all string
	f := newSignedFleet(t, "", "")
	for _, e := range []*openpgp.Entity{expired, sha1, subkey} {
		all += armored(t, e)
	}
	sign := signPGP(t, revoked, nil)
	asRevoked := func(payload string) string {
		signature := sign(payload)
		if len(revoked.Revocations) == 0 {
			if err := revoked.RevokeKey(packet.KeySuperseded, "", nil); err != nil {
				t.Fatal(err)
			}
			f.allow(t, all+armored(t, revoked), "")
		}
		return signature
	}
	f.allow(t, all, "")
	for _, test := range []struct {
		name  string
		sign  func(string) string
		words string
	}{
		{"subkey", signPGP(t, subkey, nil), ""},
		{"expired", signPGP(t, expired, old), "has expired"},
		{"sha1", signSHA1(t, sha1), "broken"},
		{"revoked", asRevoked, "is revoked"},
	} {
		f.signed(t, test.name, test.sign)
		_, err := open(t, f.config).Fetch(t.Context())
		if test.words == "" && err == nil {
			continue
		}
		if e := wantProblem(t, err, Signature); !strings.Contains(e.Error(), test.words) {
			t.Errorf("%s: %v", test.name, e)
		}
	}
}

func TestAllowedSigners(t *testing.T) {
	ada, _ := newKey(t)
	other, _ := newKey(t)
	f := newSignedFleet(t, "", allowedLine(ada, ""))
	f.signed(t, "2", signSSH(t, ada, "git")) // on 2026-01-02T03:04:05Z
	for options, words := range map[string]string{
		"":                        "",
		`namespaces="git"`:        "",
		`namespaces="file,g*"`:    "",
		`valid-after="20260102Z"`: "",
		`valid-before="29990101"`: "",
		`namespaces="git",valid-after="2025010112Z0"`:                "line 1 has the time",
		`valid-after="202501011200Z",valid-before="29990101000000Z"`: "",
		`namespaces="file"`:        "namespace git",
		`namespaces="!git,*"`:      "namespace git",
		`valid-after="20260103Z"`:  "counts from 2026-01-03",
		`valid-before="20260102Z"`: "counted until 2026-01-02",
		`valid-before="20260103Z"`: "counted until 2026-01-03", // the commit's date may be made up
		`valid-after="29990101"`:   "counts from",
		"cert-authority":           "line 1 is a cert-authority",
		"no-touch-required":        "not known",
	} {
		f.allow(t, "", "# those who may\n\n"+allowedLine(other, "")+allowedLine(ada, options))
		_, err := open(t, f.config).Fetch(t.Context())
		switch {
		case words == "" && err == nil:
		case err == nil:
			t.Errorf("%s: accepted", options)
		case words == "" || !strings.Contains(err.Error(), strings.Replace(words, "line 1", "line 4", 1)):
			t.Errorf("%s: %v", options, err)
		}
	}
	soon := sshSigner{after: time.Now().Add(time.Hour)}
	if soon.refuses(time.Now().Add(2*time.Hour), time.Now()) == "" {
		t.Error("a commit of the future counts before its key does")
	}
	f.allow(t, "", `"Ada Lovelace",ada@example.com namespaces="git" `+strings.TrimPrefix(allowedLine(ada, ""), "ada@example.com "))
	fetch(t, open(t, f.config))
	for content, words := range map[string]string{"# nobody\n": "names nobody", "ada@example.com": "holds no public key", "ada@example.com ssh-ed25519 AAAA": "line 1 holds no public key"} {
		f.allow(t, "", content)
		s := open(t, f.config)
		if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%q: %v", content, err)
		}
		_, err := s.Fetch(t.Context())
		wantProblem(t, err, Setup)
	}
}

func TestOpenPGPKeyFiles(t *testing.T) {
	entity := newEntity(t, nil)
	var private bytes.Buffer
	w, err := armor.Encode(&private, openpgp.PrivateKeyType, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := entity.SerializePrivate(w, nil); err != nil {
		t.Fatal(err)
	}
	w.Close()
	f := newSignedFleet(t, armored(t, entity), "")
	for content, words := range map[string]string{
		private.String(): "private key",
		"binary":         "no armored public key",
		armored(t, entity) + "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\njunk\n": "key block 2",
	} {
		f.allow(t, content, "")
		if err := open(t, f.config).Check(t.Context()); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", words, err)
		}
	}
	os.Remove(f.config.Signatures.OpenPGPKeys)
	if err := open(t, f.config).Check(t.Context()); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
}

// What was refused is not fetched again, and counts as soon as its key does.
func TestRefusedCommitIsNotClonedAgain(t *testing.T) {
	ada, _ := newKey(t)
	eve, _ := newKey(t)
	f := newSignedFleet(t, "", allowedLine(ada, ""))
	remote := newFleet(t)
	web := remote.web(t)
	f.config.URL = web.url()
	hash := f.signed(t, "2", signSSH(t, eve, "git"))
	git(t, f.dir, "push", "-q", filepath.Join(remote.root, "fleet.git"), "main")
	s := open(t, f.config)
	for range 3 {
		_, err := s.Fetch(t.Context())
		wantProblem(t, err, Signature)
	}
	if got := strings.Join(web.requests(), " "); strings.Count(got, "POST") != 1 {
		t.Errorf("asked %s", got)
	}
	f.allow(t, "", allowedLine(ada, "")+allowedLine(eve, ""))
	if got := fetch(t, s).Commit; got != hash {
		t.Errorf("commit is %s", got)
	}
}

func TestSignedLocalRepository(t *testing.T) {
	ada, _ := newKey(t)
	f := newSignedFleet(t, "", allowedLine(ada, ""))
	s := open(t, f.config)
	_, err := s.Fetch(t.Context())
	wantProblem(t, err, Signature)
	f.signed(t, "2", signSSH(t, ada, "git"))
	wantFiles(t, fetch(t, s), "a.yaml = 2")

	// Who may write to the repository's objects may not change what was signed.
	f.signed(t, "3", signSSH(t, ada, "git"))
	blob := git(t, f.dir, "rev-parse", "HEAD:a.yaml")
	write(t, f.dir, "evil", "4\n")
	evil := git(t, f.dir, "hash-object", "-w", "evil")
	file := func(hash string) string { return filepath.Join(f.dir, ".git/objects", hash[:2], hash[2:]) }
	data, err := os.ReadFile(file(evil))
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(file(blob))
	write(t, filepath.Dir(file(blob)), filepath.Base(file(blob)), string(data))
	_, err = s.Fetch(t.Context())
	if e := wantProblem(t, err, Broken); !strings.Contains(e.Error(), blob) {
		t.Error(e)
	}

	folder := t.TempDir()
	f.config.URL = folder
	if err := configured(t, f.config); err == nil || !strings.Contains(err.Error(), "plain folder") {
		t.Error(err)
	}
	fails(t, f.config, Setup)
}

func TestSplitSignature(t *testing.T) {
	const head = "tree 1\nauthor a\n"
	for raw, want := range map[string]string{
		head + "gpgsig A\n B\n \n C\nencoding x\n\nbody\n\ngpgsig no\n":    head + "encoding x\n\nbody\n\ngpgsig no\n" + "|A\nB\n\nC\n",
		head + "mergetag object 2\n type commit\n \n  deep\ngpgsig A\n\nb": head + "mergetag object 2\n type commit\n \n  deep\n\nb|A\n",
		head + "gpgsig-sha256 A\n B\ngpgsig C\n\n":                         head + "\n|C\n",
		head + "\nbody": head + "\nbody|",
	} {
		payload, signature, err := splitSignature([]byte(raw))
		if got := string(payload) + "|" + signature; err != nil || got != want {
			t.Errorf("%q splits into %q (%v), want %q", raw, got, err, want)
		}
	}
	for _, raw := range []string{head + "gpgsig A\ngpgsig B\n\n", "", head} {
		if _, _, err := splitSignature([]byte(raw)); err == nil {
			t.Errorf("%q was taken", raw)
		}
	}
}
