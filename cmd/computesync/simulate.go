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

func (a *app) simulateCmd() *cobra.Command {
	var (
		listen, workspaces, location, ignored string
		latency, operation                    time.Duration
		page                                  int
		limits                                bool
		faults                                float64
		seed                                  int64
	)
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Serve a simulated Azure ML workspace, to try things on",
		Long: "Serve a simulator of the Azure ML computes API. It forgets everything when it ends. Point other commands\n" +
			"at it with --endpoint http://HOST:PORT. Faults and edits behind the client's back: see /_sim/ in docs/simulator.md.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if ignored != string(armsim.PUTIgnored) && ignored != string(armsim.PUTRefused) {
				return usage(fmt.Sprintf("--ignored-put cannot be %q", ignored), "it is ignore or 400")
			}
			if faults < 0 || faults > 1 {
				return usage(fmt.Sprintf("--fault-rate cannot be %g", faults), "it is a share between 0 and 1")
			}
			opts := []armsim.Option{
				armsim.WithLatency(latency), armsim.WithOperationTime(operation), armsim.WithPageSize(page),
				armsim.WithIgnoredPUT(armsim.IgnoredPUT(ignored)), armsim.WithFaultRate(faults),
			}
			if limits {
				opts = append(opts, armsim.WithLimits(armsim.ARMLimits))
			}
			if cmd.Flags().Changed("seed") {
				opts = append(opts, armsim.WithSeed(seed))
			}
			if location != "" {
				opts = append(opts, armsim.WithLocation(location))
			}
			if workspaces != "" {
				data, err := os.ReadFile(workspaces)
				if err != nil {
					return fmt.Errorf("read workspaces: %w", err)
				}
				known, err := armsim.ParseWorkspaces(data)
				if err != nil {
					return fmt.Errorf("read %s: %w", workspaces, err)
				}
				opts = append(opts, armsim.WithWorkspaces(known))
			}
			sim := armsim.New(opts...)
			if faults > 0 {
				fmt.Fprintf(a.err, "random faults: seed %d\n", sim.Seed())
			}
			return a.serveSimulator(cmd.Context(), listen, sim)
		},
	}
	f := cmd.Flags()
	f.StringVar(&listen, "listen", "127.0.0.1:8484", "`address` to serve on; port 0 takes a free one")
	f.DurationVar(&latency, "latency", 0, "how long each request takes")
	f.DurationVar(&operation, "operation-time", 0, "how long each operation runs")
	f.IntVar(&page, "page-size", 0, "computes on a page of the list; 0: all")
	f.BoolVar(&limits, "limits", false, "Resource Manager's own request limits")
	f.Float64Var(&faults, "fault-rate", 0, "`share` of requests that meet a random fault, 0 to 1")
	f.Int64Var(&seed, "seed", 0, "`number` that random faults come from")
	f.StringVar(&workspaces, "workspaces", "", "JSON `file` of the workspaces that exist; default: every one")
	f.StringVar(&location, "location", "", "`region` of workspaces; default: that of the first compute")
	f.StringVar(&ignored, "ignored-put", "ignore", "a PUT of what cannot change in place: ignore or 400")
	return cmd
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
