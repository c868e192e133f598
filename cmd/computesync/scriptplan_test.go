package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"maps"
	"os"
	"slices"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/ssh"

	"github.com/computesync/computesync/internal/plan"
)

// forgeries are what somebody who may write a plan file changes in it.
var forgeries = map[string]func(ws *plan.Workspace){
	"hold": func(ws *plan.Workspace) {
		c := &ws.Changes[slices.IndexFunc(ws.Changes, func(c plan.Change) bool { return c.Held != nil })]
		remove := plan.Step{ID: c.Name + "/delete", Verb: plan.VerbDelete, Name: c.Name, Needs: []string{}}
		c.Held, c.Steps = nil, []plan.Step{remove, {ID: c.Name + "/create", Verb: plan.VerbCreate, Name: c.Name, Needs: []string{remove.ID}}}
	},
	"step":     func(ws *plan.Workspace) { ws.Changes[0].Steps[0].Verb = plan.VerbPut },
	"field":    func(ws *plan.Workspace) { ws.Changes[0].Fields[0].To = "5" },
	"body":     func(ws *plan.Workspace) { ws.Changes[0].Desired.Values["max_instances"] = int64(60) },
	"note":     func(ws *plan.Workspace) { ws.Changes[0].Notes = []string{"seen by ann"} },
	"action":   func(ws *plan.Workspace) { ws.Changes[0].Action = plan.Adopt },
	"endpoint": func(ws *plan.Workspace) { ws.Endpoint = "public" },
	"settings": func(ws *plan.Workspace) { ws.Settings.Protect = nil },
	"path":     func(ws *plan.Workspace) { ws.Path = "elsewhere" },
}

// forge is the script's command tamper FILE WHAT: it changes a plan file, and
// makes its seal and its summary fit.
func tamper(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || forgeries[args[1]] == nil {
		ts.Fatalf("usage: tamper FILE %v", slices.Sorted(maps.Keys(forgeries)))
	}
	p := new(plan.Plan)
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), p))
	ws := &p.Workspaces[0]
	held := func() (n int) {
		for i := range ws.Changes {
			if ws.Changes[i].Held != nil {
				n++
			}
		}
		return n
	}
	before := held()
	forgeries[args[1]](ws)
	if n := before - held(); n > 0 {
		p.Summary["held"] -= n
		p.Summary[string(plan.Replace)] += n
	}
	p.SetSeal()
	data, err := json.Marshal(p)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
}

// sshKey is the script's command sshkey NAME FILE: it writes an ed25519 key, the
// same for the same name, and FILE.pub.
func sshKey(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sshkey NAME FILE")
	}
	seed := sha256.Sum256([]byte(args[0]))
	key := ed25519.NewKeyFromSeed(seed[:])
	block, err := ssh.MarshalPrivateKey(key, args[0])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), pem.EncodeToMemory(block), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]+".pub"), ssh.MarshalAuthorizedKey(signerCalled(ts, args[0]).PublicKey()), 0o600))
}
