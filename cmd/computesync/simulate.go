package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/computesync/computesync/internal/armsim"
)

// simulateFlags are the flags that say how the simulator behaves.
type simulateFlags struct {
	workspaces, location, ignored string
	latency, operation, lag       time.Duration
	page, replicas                int
	limits, ifNoneMatch, exact    bool
	quotas                        bool // as recorded
	faults, lagShare, strangers   float64
	seed                          int64
	seeded                        bool     // --seed is there
	assumed                       []string // NAME=ANSWER
}

func (a *app) simulateCmd() *cobra.Command {
	var (
		listen string
		flags  simulateFlags
	)
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Serve a simulated Azure ML workspace, to try things on",
		Long: "Serve a simulator of the Azure ML computes API. It forgets everything when it ends. Point other commands\n" +
			"at it with --endpoint http://HOST:PORT. Faults and edits behind the client's back: see /_sim/ in docs/simulator.md.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			flags.seeded = cmd.Flags().Changed("seed")
			opts, err := flags.options()
			if err != nil {
				return err
			}
			sim := armsim.New(opts...)
			if flags.random() {
				fmt.Fprintf(a.err, "random choices: seed %d\n", sim.Seed())
			}
			return a.serveSimulator(cmd.Context(), listen, sim)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8484", "`address` to serve on; port 0 takes a free one")
	flags.bind(cmd)
	return cmd
}

func (o *simulateFlags) bind(cmd *cobra.Command) {
	f := cmd.Flags()
	f.DurationVar(&o.latency, "latency", 0, "how long each request takes")
	f.DurationVar(&o.operation, "operation-time", 0, "how long each operation runs")
	f.IntVar(&o.page, "page-size", 0, "computes on a page of the list; 0: all")
	f.BoolVar(&o.limits, "limits", false, "Resource Manager's own request limits")
	f.BoolVar(&o.quotas, "recorded-quotas", false, "the quotas of a recorded subscription: few vCPUs, and no GPU")
	f.Float64Var(&o.faults, "fault-rate", 0, "`share` of requests that meet a random fault, 0 to 1")
	f.DurationVar(&o.lag, "read-lag", 0, "how old the answers to reads of computes are")
	f.Float64Var(&o.lagShare, "read-lag-share", 1, "`share` of reads that are old, above 0 and up to 1")
	f.IntVar(&o.replicas, "replicas", 0, "`number` of replicas that serve old reads, each with its own lag")
	f.Float64Var(&o.strangers, "strangers", 0, "`share` of creations that somebody else makes first, 0 to 1")
	f.BoolVar(&o.ifNoneMatch, "if-none-match", false, "refuse a PUT with If-None-Match: * where the compute exists")
	f.BoolVar(&o.exact, "exact-status-urls", false, "refuse polls of an operation whose address is not used byte for byte")
	f.Int64Var(&o.seed, "seed", 0, "`number` that random choices come from")
	f.StringVar(&o.workspaces, "workspaces", "", "JSON `file` of the workspaces that exist; default: every one")
	f.StringVar(&o.location, "location", "", "`region` of workspaces; default: that of the first compute")
	f.StringVar(&o.ignored, "ignored-put", "ignore", "a PUT of what cannot change in place: ignore or 400")
	f.StringArrayVar(&o.assumed, "assume", nil, "`NAME=ANSWER` to what nobody has recorded; may be repeated")
}

// check refuses values that no simulator can have.
func (o *simulateFlags) check() error {
	if o.ignored != string(armsim.PUTIgnored) && o.ignored != string(armsim.PUTRefused) {
		return usage(fmt.Sprintf("--ignored-put cannot be %q", o.ignored), "it is ignore or 400")
	}
	const share = "it is a share between 0 and 1"
	switch {
	case o.faults < 0 || o.faults > 1:
		return usage(fmt.Sprintf("--fault-rate cannot be %g", o.faults), share)
	case o.strangers < 0 || o.strangers > 1:
		return usage(fmt.Sprintf("--strangers cannot be %g", o.strangers), share)
	case o.lagShare <= 0 || o.lagShare > 1:
		return usage(fmt.Sprintf("--read-lag-share cannot be %g", o.lagShare), "it is a share above 0 and up to 1")
	case o.lag < 0:
		return usage(fmt.Sprintf("--read-lag cannot be %s", o.lag), "it is 0 or a duration such as 5s")
	case o.replicas < 0:
		return usage(fmt.Sprintf("--replicas cannot be %d", o.replicas), "it is 0 or a number of replicas")
	}
	return nil
}

// random says whether anything but identifiers comes from the seed.
func (o *simulateFlags) random() bool {
	return o.faults > 0 || o.strangers > 0 || o.lag > 0 && (o.lagShare < 1 || o.replicas > 0)
}

func (o *simulateFlags) options() ([]armsim.Option, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	opts := []armsim.Option{
		armsim.WithLatency(o.latency), armsim.WithOperationTime(o.operation), armsim.WithPageSize(o.page),
		armsim.WithIgnoredPUT(armsim.IgnoredPUT(o.ignored)), armsim.WithFaultRate(o.faults),
		armsim.WithReadLag(armsim.ReadLag{Lag: armsim.Duration(o.lag), Share: o.lagShare, Replicas: o.replicas}),
		armsim.WithStrangers(o.strangers),
	}
	for _, text := range o.assumed {
		opt, err := armsim.Assume(text)
		if err != nil {
			return nil, usage(fmt.Sprintf("--assume cannot be %q: %v", text, err), "docs/simulator.md lists the names and answers")
		}
		opts = append(opts, opt)
	}
	for _, c := range []struct {
		on  bool
		opt armsim.Option
	}{
		{o.ifNoneMatch, armsim.WithIfNoneMatch()},
		{o.exact, armsim.WithExactStatusURLs()},
		{o.quotas, armsim.WithRecordedQuotas()},
		{o.limits, armsim.WithLimits(armsim.ARMLimits)},
		{o.seeded, armsim.WithSeed(o.seed)},
		{o.location != "", armsim.WithLocation(o.location)},
	} {
		if c.on {
			opts = append(opts, c.opt)
		}
	}
	if o.workspaces != "" {
		data, err := os.ReadFile(o.workspaces)
		if err != nil {
			return nil, fmt.Errorf("read workspaces: %w", err)
		}
		known, err := armsim.ParseWorkspaces(data)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", o.workspaces, err)
		}
		opts = append(opts, armsim.WithWorkspaces(known))
	}
	return opts, nil
}

func (a *app) serveSimulator(ctx context.Context, address string, handler http.Handler) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return &coded{code: exitError, err: err, hint: "choose another --listen address"}
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	fmt.Fprintf(a.out, "simulator ready at http://%s\n", l.Addr())
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-a.interrupt:
	}
	err = server.Close()
	if ended := <-done; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}
