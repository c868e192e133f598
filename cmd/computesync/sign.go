package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"github.com/computesync/computesync/internal/plan"
)

// planNamespace is what a signature of a plan is for: one that the same key made
// for a commit or a file is not one of a plan.
const planNamespace = "computesync-plan"

// signPlan signs the seal of a plan, as ssh-keygen -Y sign -n computesync-plan does.
func signPlan(p *plan.Plan, keyFile string) error {
	pem, err := os.ReadFile(keyFile)
	if err != nil {
		return usage(fmt.Sprintf("read --sign-key: %v", err), "name a private key in OpenSSH's format")
	}
	signer, err := ssh.ParsePrivateKey(pem)
	if _, locked := errors.AsType[*ssh.PassphraseMissingError](err); locked {
		return usage("--sign-key "+keyFile+" has a passphrase, and nobody is there to type it",
			"use a key without one, which the pipeline alone can read")
	}
	if err != nil || signer.PublicKey().Type() != ssh.KeyAlgoED25519 {
		return usage("--sign-key "+keyFile+" is not an ed25519 key in OpenSSH's format",
			"make one: ssh-keygen -t ed25519 -N '' -f plan-key")
	}
	signature, err := sshsig.Sign(strings.NewReader(p.Seal), signer, sshsig.HashSHA512, planNamespace)
	if err != nil {
		return fmt.Errorf("sign plan: %w", err)
	}
	p.Signature = string(sshsig.Armor(signature))
	return nil
}

// verifyPlan wants a plan that one of the keys in a file signed.
func verifyPlan(p *plan.Plan, file, keyFile string) error {
	keys, err := publicKeys(keyFile)
	if err != nil {
		return err
	}
	refuse := func(why string) error {
		return &coded{
			code: exitError, text: fmt.Sprintf("%s %s: nothing was changed", file, why),
			hint: "make it with computesync plan --sign-key; allowed is " + fingerprints(keys),
		}
	}
	if p.Signature == "" {
		return refuse("is not signed")
	}
	signature, err := sshsig.Unarmor([]byte(p.Signature))
	if err != nil {
		return refuse("has a signature that cannot be read")
	}
	for _, key := range keys {
		if !bytes.Equal(key.Marshal(), signature.PublicKey.Marshal()) {
			continue
		}
		if sshsig.Verify(strings.NewReader(p.Seal), signature, key, signature.HashAlgorithm, planNamespace) != nil {
			return refuse("has a signature that is not good")
		}
		return nil
	}
	return refuse("is signed with the key " + ssh.FingerprintSHA256(signature.PublicKey) + ", which is not allowed")
}

// publicKeys reads a file of public keys, one a line, as ssh-keygen writes them.
func publicKeys(file string) (keys []ssh.PublicKey, err error) {
	rest, err := os.ReadFile(file)
	if err != nil {
		return nil, usage(fmt.Sprintf("read --verify-key: %v", err), "name a file of public keys")
	}
	for len(bytes.TrimSpace(rest)) > 0 {
		var key ssh.PublicKey
		if key, _, _, rest, err = ssh.ParseAuthorizedKey(rest); err != nil || key.Type() != ssh.KeyAlgoED25519 {
			return nil, usage("--verify-key "+file+" holds something else than ed25519 public keys",
				"write one a line: ssh-ed25519 AAAA…")
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, usage("--verify-key "+file+" holds no key", "write one a line: ssh-ed25519 AAAA…")
	}
	return keys, nil
}

func fingerprints(keys []ssh.PublicKey) string {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = ssh.FingerprintSHA256(key)
	}
	return strings.Join(names, ", ")
}
