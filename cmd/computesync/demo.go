package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/source"
	"github.com/computesync/computesync/internal/spec"
)

func (a *app) demoCmd() *cobra.Command {
	d := &demo{app: a, pause: 1500 * time.Millisecond, operation: 800 * time.Millisecond, drift: time.Second}
	var keep bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch it work: simulator, repository and daemon together",
		Long: "Start a simulated Azure ML, make a git repository of example specs, run the daemon on it, and tell what\n" +
			"happens. It takes half a minute, sends nothing off this machine, and leaves nothing behind.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return d.run(cmd.Context(), keep) },
	}
	cmd.Flags().BoolVar(&keep, "keep", false, "afterwards keep all of it running to play with, until interrupted")
	return cmd
}

// demo is the loop in one process: simulator, repository and daemon. What is
// on disk is in one temporary folder.
type demo struct {
	*app
	pause     time.Duration // for the reader, before each scene
	operation time.Duration // how long the simulator's operations take
	drift     time.Duration // how often the daemon looks without a commit

	dir   string
	sim   *armsim.Server
	url   string // of sim
	repo  *demoRepository
	fleet []*spec.Workspace // as the repository declares it at first
	tell  *narrator
	undo  []func() error // ends what was started, the last first
}

// run plays the story. Whatever happens, nothing stays behind.
func (d *demo) run(ctx context.Context, keep bool) (err error) {
	defer func() { err = errors.Join(err, d.end()) }()
	if err := d.prepare(ctx); err != nil {
		return err
	}
	d.introduce()
	if err := d.play(ctx); err != nil {
		return err
	}
	if keep {
		d.explain()
		<-d.interrupt
	}
	return nil
}

// end ends all that was started.
func (d *demo) end() error {
	var errs []error
	for _, f := range slices.Backward(d.undo) {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

func (d *demo) atEnd(f func() error) { d.undo = append(d.undo, f) }

// prepare makes the repository and starts the simulator.
func (d *demo) prepare(ctx context.Context) (err error) {
	signal.Ignore(syscall.SIGPIPE) // a reader that goes away must not leave the folder behind
	d.tell = &narrator{out: d.out.Colored(), bold: d.color(d.out)}
	if d.dir, err = os.MkdirTemp("", "computesync-demo-"); err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	d.atEnd(func() error { return os.RemoveAll(d.dir) })
	if d.repo, err = newDemoRepository(filepath.Join(d.dir, "fleet")); err != nil {
		return fmt.Errorf("make the demo's repository: %w", err)
	}
	set := spec.Load(os.DirFS(d.repo.dir), spec.Options{Unguarded: true})
	if !set.Valid() {
		return fmt.Errorf("read the examples: %w", set.AllErrors())
	}
	d.fleet = set.Workspaces
	return d.startSimulator(ctx)
}

func (d *demo) startSimulator(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	d.sim = armsim.New(armsim.WithOperationTime(d.operation), armsim.WithExactStatusURLs(), armsim.WithRecordedQuotas())
	for name, vCPUs := range grantedQuotas {
		d.sim.SetQuota(name, armsim.Quota{Limit: vCPUs})
	}
	d.url = "http://" + l.Addr().String()
	server := &http.Server{Handler: d.sim, ReadHeaderTimeout: 10 * time.Second}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) }) // ends by Close
	d.atEnd(func() error {
		defer serving.Wait()
		return server.Close()
	})
	return nil
}

func (d *demo) startDaemon(ctx context.Context) error {
	src, err := source.New(source.Config{URL: d.repo.dir, Branch: demoBranch})
	if err != nil {
		return err
	}
	az, err := connect(azureFlags{endpoint: d.url, credential: "none"})
	if err != nil {
		return err
	}
	d.atEnd(func() error { az.client.Close(); return nil })
	az.secrets = secret.NewResolver(secret.DefaultPolicy(), nil, demoSecrets())
	j, err := journal.Open(filepath.Join(d.dir, "state"), journal.KeyFile(filepath.Join(d.dir, "state", "key")))
	if err != nil {
		return err
	}
	d.atEnd(j.Close)
	service := daemon.New(daemon.Options{
		Sources: []daemon.Source{{Fetcher: src, Name: d.repo.dir}},
		Reconciler: &daemon.Reconciler{
			Endpoint: az.endpoint, APIVersion: az.client.APIVersion(), Journal: j, Target: az.target, Secrets: az,
			Timeout: time.Minute, LastLook: arm.LastLook,
		},
		Drift: d.drift, Grace: 5 * time.Second, Log: zerolog.New(d.tell).Level(zerolog.InfoLevel),
	})
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { service.Run(ctx) })
	d.atEnd(func() error {
		cancel()
		running.Wait()
		return nil
	})
	return nil
}

// demoSecrets stands in for the environment variables that the examples'
// references name: all have one made-up value.
func demoSecrets() func(string) (string, bool) {
	value := rand.Text()
	return func(name string) (string, bool) {
		return value, strings.HasPrefix(name, "COMPUTESYNC_SECRET_")
	}
}
