package source

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/transport"
	"github.com/go-git/go-git/v5/storage/memory"
)

// Azure DevOps serves nobody who does not ask for multi_ack, which go-git leaves out by
// default for the sake of incremental fetches (go-git issue 64). We never make one:
// each clone is a fresh one, without "have" lines.
func init() {
	transport.UnsupportedCapabilities = []capability.Capability{capability.ThinPack}
}

// remote is a repository behind a network. Nothing of it is kept between two
// fetches, so a force push is read like any other commit.
type remote struct {
	at            address
	branch, below string
	interval      time.Duration
	timeout       time.Duration
	limit         int64
	auth          Auth
	credential    credential // over http; nil for none
	network       Network
	verifier      *verifier
	descent       descent
	// tooLarge is why the commit oversized did not fit: it is not fetched again.
	oversized plumbing.Hash
	tooLarge  *Error
}

// session is one conversation with a server: refs first, then at most one pack.
// That of go-git for http is one.
type session interface {
	AdvertisedReferencesContext(context.Context) (*packp.AdvRefs, error)
	UploadPack(context.Context, *packp.UploadPackRequest) (*packp.UploadPackResponse, error)
	Close() error
}

func (r *remote) fetch(ctx context.Context, last *Snapshot) (*Snapshot, error) {
	for attempt := 1; ; attempt++ {
		wire := &wire{left: r.limit, over: tooManyBytes(r.limit)}
		snap, err := r.talk(ctx, wire, last)
		if err == nil {
			return snap, nil
		}
		e := wire.explain(err)
		switch {
		case attempt > 1:
		case strings.Contains(e.Detail, "not our ref"):
			continue // a force push came between the list and the request
		case (e.Problem == AuthRefused || e.Problem == Redirected) && r.credential != nil && r.credential.forget():
			continue // a token that was good a while ago
		}
		return nil, e
	}
}

func (r *remote) talk(ctx context.Context, wire *wire, last *Snapshot) (*Snapshot, error) {
	listing, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	s, err := r.open(listing, ctx, wire)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	refs, listed, err := r.list(listing, wire, s)
	if err != nil {
		return nil, err
	}
	hash, err := r.head(refs)
	if err != nil {
		return nil, err
	}
	if last != nil && last.Commit == hash.String() {
		return last, nil
	}
	if r.tooLarge != nil && r.oversized == hash {
		return nil, r.tooLarge
	}
	if err := r.verifier.recheck(hash); err != nil {
		return nil, err
	}
	if err := r.descent.recheck(hash); err != nil {
		return nil, err
	}
	snap, err := r.clone(ctx, wire, s, refs.Capabilities, hash, costRefs*listed)
	if err != nil {
		e := wire.explain(err)
		if e.Problem == TooLarge {
			r.oversized, r.tooLarge = hash, e
		}
		return nil, e
	}
	return snap, nil
}

// list reads the refs, which may have their share of what the server may send. listed is how many bytes they had.
func (r *remote) list(ctx context.Context, wire *wire, s session) (refs *packp.AdvRefs, listed int64, err error) {
	before, most := wire.left, min(wire.left, maxRefs(r.limit))
	wire.left, wire.over = most, tooManyRefs(r.limit)
	refs, err = s.AdvertisedReferencesContext(ctx)
	listed = most - wire.left
	wire.left, wire.over = before-listed, tooManyBytes(r.limit)
	return refs, listed, err
}

// clone makes the snapshot of a commit. Beside it spent bytes are held.
func (r *remote) clone(
	ctx context.Context, wire *wire, s session, offers *capability.List, hash plumbing.Hash, spent int64,
) (*Snapshot, error) {
	budget := newBudget(r.limit)
	if err := budget.take(spent); err != nil {
		return nil, err
	}
	cloning, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	store, err := r.download(cloning, s, offers, hash, 1, budget)
	if err != nil {
		return nil, err
	}
	if err := r.verifier.check(store, hash); err != nil {
		return nil, err
	}
	seen, err := r.checkDescent(ctx, wire, store, hash, budget)
	if err != nil {
		return nil, err
	}
	snap, err := readCommit(ctx, store, hash, r.below, budget)
	if err != nil {
		return nil, err
	}
	r.descent.mark(snap, seen)
	return snap, nil
}

// check reads all that open will read.
func (r *remote) check(ctx context.Context) error {
	w := &wire{}
	if _, err := r.network.transport(ctx, w); err != nil {
		return err
	}
	if r.at.scheme == "ssh" {
		if _, err := r.sshConfig(ctx, w); err != nil {
			return err
		}
	}
	if err := r.auth.checkSecrets(ctx, w); err != nil {
		return err
	}
	return r.verifier.ready()
}

// head returns the commit of the branch.
func (r *remote) head(refs *packp.AdvRefs) (plumbing.Hash, error) {
	name := plumbing.HEAD
	if r.branch == "" {
		if refs.Head != nil {
			return *refs.Head, nil
		}
	} else {
		name = plumbing.NewBranchReferenceName(r.branch)
		if hash, ok := refs.References[name.String()]; ok {
			return hash, nil
		}
	}
	var have branches
	for ref := range refs.References {
		have.add(plumbing.ReferenceName(ref))
	}
	return plumbing.ZeroHash, have.missing(name)
}

// download asks for a commit and as many generations of its history as depth says, itself
// counted, and unpacks them into memory. Of more than one, the commits are enough.
func (r *remote) download(
	ctx context.Context, s session, offers *capability.List, hash plumbing.Hash, depth int, budget *budget,
) (*memory.ObjectStorage, error) {
	req := packp.NewUploadPackRequestFromCapabilities(offers)
	req.Wants = []plumbing.Hash{hash}
	if offers.Supports(capability.Shallow) {
		req.Depth = packp.DepthCommits(depth)
		if err := req.Capabilities.Set(capability.Shallow); err != nil {
			return nil, err
		}
	}
	if depth > 1 && offers.Supports(capability.Filter) {
		req.Filter = packp.FilterTreeDepth(0)
		if err := req.Capabilities.Set(capability.Filter); err != nil {
			return nil, err
		}
	}
	if offers.Supports(capability.NoProgress) {
		if err := req.Capabilities.Set(capability.NoProgress); err != nil {
			return nil, err
		}
	}
	res, err := s.UploadPack(ctx, req)
	if err != nil {
		return nil, err
	}
	defer res.Close()
	return unpack(demux(req.Capabilities, res), budget)
}

func demux(asked *capability.List, r io.Reader) io.Reader {
	switch {
	case asked.Supports(capability.Sideband64k):
		return sideband.NewDemuxer(sideband.Sideband64k, r)
	case asked.Supports(capability.Sideband):
		return sideband.NewDemuxer(sideband.Sideband, r)
	}
	return r
}

// watch is due every interval, give or take 15 %, so that many daemons do not ask at once.
func (r *remote) watch(ctx context.Context, changed func()) error {
	for {
		wait := time.Duration(float64(r.interval) * (0.85 + 0.3*rand.Float64()))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
			changed()
		}
	}
}

func (r *remote) open(ctx, whole context.Context, wire *wire) (session, error) {
	switch r.at.scheme {
	case "http", "https":
		return r.openHTTP(ctx, wire)
	case "ssh":
		return r.openSSH(ctx, whole, wire)
	case "git":
		return r.openGit(ctx, whole, wire)
	}
	return nil, errors.New("no transport for " + r.at.scheme)
}
