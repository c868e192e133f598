package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/config"
	"github.com/computesync/computesync/internal/control"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/policy"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/status"
	"github.com/computesync/computesync/internal/strictyaml"
	"github.com/computesync/computesync/internal/webhook"
)

func (a *app) runCmd() *cobra.Command {
	var file, listen string
	var check bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Keep the workspaces equal to their repositories: the daemon",
		Long: "Keep the workspaces equal to their repositories until SIGTERM. A configuration file that changes is read\n" +
			"again; SIGHUP does so in any case, and looks at every source and workspace.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s := &service{app: a, file: file, listen: listen, level: cmd.Flags().Changed("log-level"), budgets: map[principal]*arm.Budget{}}
			cfg, err := s.readConfig()
			if err != nil {
				return err
			}
			if check {
				return s.check(cmd.Context(), cfg)
			}
			return s.run(cmd.Context(), cfg)
		},
	}
	cmd.Flags().StringVar(&file, "config", "/etc/computesync/config.yaml", "configuration `file`")
	cmd.Flags().StringVar(&listen, "listen", os.Getenv("COMPUTESYNC_LISTEN"), "`HOST:PORT` of health and metrics, before the configuration's (COMPUTESYNC_LISTEN)")
	cmd.Flags().BoolVar(&check, "check", false, "only check the configuration")
	cmd.Flags().StringVar(&a.azure.endpoint, "endpoint", os.Getenv("COMPUTESYNC_ENDPOINT"), "`URL` of a simulator or another Resource Manager, before the configuration's (COMPUTESYNC_ENDPOINT)")
	return cmd
}

// service is the daemon as a process: configuration, signals, systemd.
type service struct {
	*app
	file  string
	text  []byte // of the file that the daemon began with
	level bool   // --log-level was given: it goes before the file's
	log   zerolog.Logger

	stateKey secret.Ref // what specs must not name, besides what the file refers to

	budgets map[principal]*arm.Budget // a new configuration goes on with them
	current atomic.Pointer[built]     // what runs
	metrics *status.Metrics           // count on, too
	http    *status.Server
	bell    *webhook.Bell // rung by hooks
	listen  string        // "": as the file says
}

// daemon is the one that runs.
func (s *service) daemon() *daemon.Daemon { return s.current.Load().daemon }

// budget is the one of a principal.
func (s *service) budget(p principal) *arm.Budget {
	if s.budgets[p] == nil {
		s.budgets[p] = arm.NewBudget(s.outage)
	}
	return s.budgets[p]
}

// readConfig reads the configuration; all that is wrong is printed at once.
func (s *service) readConfig() (*config.Config, error) {
	text, err := readText(s.file)
	if err != nil {
		return nil, err
	}
	cfg, err := s.parse(text)
	var errs strictyaml.Errors
	if errors.As(err, &errs) {
		specErrors(s.err, errs)
		return nil, ended(exitError)
	}
	s.text = text
	return cfg, err
}

// parse reads the text of a configuration; flags and environment go before it.
func (s *service) parse(text []byte) (*config.Config, error) {
	cfg, errs := config.Parse(s.file, text)
	if len(errs) > 0 {
		return nil, errs
	}
	if s.azure.endpoint != "" {
		cfg.Azure.Endpoint = s.azure.endpoint
	}
	if s.listen != "" {
		cfg.Listen = s.listen
	}
	if !s.level {
		s.logLevel = cfg.Log.Level
	}
	return cfg, nil
}

// check makes all of the configuration that can be made without asking anybody,
// and tells all that is wrong, or what was looked at.
func (s *service) check(ctx context.Context, cfg *config.Config) error {
	_, wrong := s.sources(ctx, cfg)
	if err := s.checkSources(cfg, func() map[string]spec.Grant { return namedSoFar(ctx, cfg) }); err != nil {
		wrong = append(wrong, err)
	}
	az, err := s.connectAs(cfg)
	if err != nil {
		wrong = append(wrong, err)
	} else {
		az.client.Close()
	}
	if web, err := s.web(ctx, cfg); err != nil {
		wrong = append(wrong, err)
	} else if err := web.Check(); err != nil {
		wrong = append(wrong, err)
	}
	if err := s.checkState(ctx, cfg); err != nil {
		wrong = append(wrong, err)
	}
	for _, err := range wrong {
		s.complain(err)
	}
	if len(wrong) > 0 {
		return ended(exitError)
	}
	fmt.Fprintf(s.out, "%s: ok, %s\n", s.file, count(len(cfg.Sources), "source"))
	for _, sc := range cfg.Sources {
		fmt.Fprintf(s.out, "  source %s\n", sc)
	}
	fmt.Fprintf(s.out, "  azure %s, credential %s\n  state %s\n", az.endpoint, cfg.Azure.Credential, cfg.StateDir)
	fmt.Fprintf(s.out, "  %s that the file refers to: there\n", count(len(cfg.Refs()), "secret"))
	s.advise(cfg)
	fmt.Fprintln(s.out, "not checked: whether repositories and Azure answer, and whom they let in")
	return nil
}

// flagsOf says which Azure a configuration means, as flags would.
func flagsOf(cfg *config.Config) azureFlags {
	return azureFlags{
		cloud: cfg.Azure.Cloud, endpoint: cfg.Azure.Endpoint, credential: cfg.Azure.Credential, apiVersion: cfg.Azure.APIVersion,
		tenantID: cfg.Azure.TenantID, clientID: cfg.Azure.ClientID, parallelism: cfg.Reconcile.Parallelism,
		allowed: cfg.Secrets.Rules(),
	}
}

// connectAs connects to the Azure of a configuration. What the file itself refers
// to goes nowhere else, whatever specs name.
func (s *service) connectAs(cfg *config.Config) (*azure, error) {
	flags := flagsOf(cfg)
	flags.budget = s.budget(flags.principal())
	az, err := connect(flags)
	if err != nil {
		return nil, err
	}
	az.secrets.KeepBack(append(cfg.Own(), secret.Own{Name: "state.key", Ref: s.stateKey})...)
	return az, nil
}

// gcFrugal has the daemon collect garbage before it holds half of what it needs
// again: it lives for months beside others, and CPU it has to spare.
const gcFrugal = 50

// run runs the daemon, anew with each new configuration, until the first SIGTERM.
func (s *service) run(ctx context.Context, cfg *config.Config) error {
	debug.SetGCPercent(gcFrugal)
	log := s.logger(cfg.Log.Format)
	s.log = log
	r, end := s.watchConfig(ctx, s.text, log) // first: until then a SIGHUP ends the process
	defer end()
	j, own, err := openJournal(ctx, stateOf(cfg), func(damage string) {
		log.Error().Str("hint", "stop, restore a backup and start again; or go on: what git no longer declares is not removed until that is approved").Msg(damage)
	})
	if err != nil {
		return err
	}
	defer j.Close()
	s.stateKey = own
	if cfg.State.Key == noKey {
		log.Warn().Msg(keyless)
	}
	socket, err := control.Listen(control.Path(os.Getenv("RUNTIME_DIRECTORY"), cfg.StateDir))
	if err != nil {
		return err
	}
	s.observe()
	defer s.bell.Stop()
	b, err := s.build(ctx, cfg, j, log)
	if err != nil {
		socket.Close()
		return err
	}
	defer s.http.Close(ctx)
	s.take(ctx, b, log)
	defer s.serve(ctx, socket, log)()
	for {
		next := s.runUntil(ctx, b.daemon, r, func(text []byte) (*built, error) { return s.reload(ctx, text, cfg, j, log) })
		b.azure.client.Close()
		if next == nil {
			log.Info().Msg("stopped")
			return nil
		}
		b = next
		s.take(ctx, b, log)
		r.text, r.refuse, r.failed = b.text, "", false
		s.metrics.Reloaded(true)
	}
}

// take makes what was built what runs, and is asked.
func (s *service) take(ctx context.Context, b *built, log zerolog.Logger) {
	s.current.Store(b)
	s.http.Open(ctx, b.door)
	if address := b.door.Address(); address != "" {
		log.Info().Str("address", address).Msg("listening")
	}
}

// serve answers at the socket until stop is called, which waits.
func (s *service) serve(ctx context.Context, socket *control.Socket, log zerolog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := socket.Serve(ctx, control.DaemonCalls(s.daemon)); err != nil {
			log.Error().Err(err).Msg("nobody can ask the daemon any more")
		}
	})
	log.Info().Str("socket", socket.Path()).Msg("listening")
	return func() { cancel(); serving.Wait() }
}

// built is a daemon that is ready to take over, and the text it was made of.
type built struct {
	daemon *daemon.Daemon
	azure  *azure
	door   *status.Door
	text   []byte
}

// runUntil runs one daemon until the process is to end, or another one, made
// of a new configuration, is ready to take over.
func (s *service) runUntil(ctx context.Context, d *daemon.Daemon, r *reloads, reload func(text []byte) (*built, error)) *built {
	run, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { d.Run(run) })
	defer running.Wait()
	defer stop()
	tell(sd.SdNotifyReady)
	r.log.Info().Str("version", version).Msg("running")
	for {
		var next *built
		select {
		case <-s.interrupt:
			tell(sd.SdNotifyStopping)
			r.log.Info().Msg("stopping: units that were begun are brought to where they may be left")
			return nil
		case <-r.hup:
			next = r.onHup(reload, s.file)
		case <-r.changed:
			next = r.onChange(reload, s.file)
		}
		s.metrics.Reloaded(!r.failed)
		if next != nil {
			r.log.Info().Msg("the new configuration is taken")
			return next
		}
	}
}

// reload makes a daemon of a new configuration. Nothing live is touched before
// all of it is known to be good.
func (s *service) reload(ctx context.Context, text []byte, was *config.Config, j *journal.Journal, log zerolog.Logger) (*built, error) {
	cfg, err := s.parse(text)
	if err != nil {
		return nil, err
	}
	if cfg.StateDir != was.StateDir || cfg.State != was.State {
		return nil, &coded{code: exitError, text: "state_dir and state.key cannot change while the daemon runs", hint: "restart it"}
	}
	b, err := s.build(ctx, cfg, j, log)
	if err != nil {
		return nil, err
	}
	b.text = text
	return b, nil
}

func (s *service) build(ctx context.Context, cfg *config.Config, j *journal.Journal, log zerolog.Logger) (*built, error) {
	named := func() map[string]spec.Grant { return daemon.Named(j, flagsOf(cfg).scope()) }
	if err := s.checkSources(cfg, named); err != nil {
		return nil, err
	}
	sources, wrong := s.sources(ctx, cfg)
	if len(wrong) > 0 {
		return nil, wrong[0] // run --check tells them all
	}
	web, err := s.web(ctx, cfg)
	if err != nil {
		return nil, err
	}
	az, err := s.connectAs(cfg)
	if err != nil {
		return nil, err
	}
	door, err := s.http.Prepare(ctx, web)
	if err != nil {
		az.client.Close()
		return nil, err
	}
	o := daemon.Options{
		Sources: sources, Guards: policy.Operator{Policy: cfg.Policy}, Drift: cfg.Reconcile.DriftInterval, Grace: grace, Log: log,
		Reconciler: &daemon.Reconciler{
			Endpoint: az.endpoint, APIVersion: az.client.APIVersion(), Journal: j, Target: az.target, Secrets: az,
			Ask:     func(ctx context.Context, asks []plan.Ask) plan.Answers { return newScout(az).ask(ctx, asks) }, // prices change
			Timeout: cfg.Reconcile.OperationTimeout, Parallel: cfg.Reconcile.Parallelism, Patient: arm.Patient, LastLook: arm.LastLook,
			Rules: cfg.Rules(), Approve: "computesync approve",
		},
		Status:   func(text string) { tell("STATUS=" + text) },
		Observer: s.metrics,
		Outage:   az.outage,
	}
	if interval, err := sd.SdWatchdogEnabled(false); err == nil && interval > 0 {
		o.Tick = interval / 3
		o.Alive = func() { tell(sd.SdNotifyWatchdog) }
	}
	return &built{daemon: daemon.New(o), azure: az, door: door}, nil
}

// tell speaks to the service manager; without one nobody listens.
func tell(state string) { _, _ = sd.SdNotify(false, state) }

// monotonic is the clock by which systemd orders a reload, in microseconds.
func monotonic() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		return 0
	}
	return t.Nano() / int64(time.Microsecond)
}
