package status

import (
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// Requests is what was sent to Resource Manager of one class in one
// subscription.
type Requests struct {
	Subscription, Class string
	ByStatus            map[int]int64 // 0: no answer came
	Remaining           float64       // our estimate of what may be sent at once
}

// Metrics count for as long as the process lives, also across configurations.
// No series is labelled with a compute: there is no bound to those.
type Metrics struct {
	registry *prometheus.Registry

	passes   *prometheus.CounterVec
	duration prometheus.Histogram
	drift    *prometheus.CounterVec
	steps    *prometheus.CounterVec
	reload   prometheus.Gauge
	hooks    *prometheus.CounterVec
	outages  prometheus.Counter

	mu    sync.Mutex
	known map[string]bool // workspaces with counters
}

// NewMetrics makes the metrics of a process. Report says how everything is at a
// scrape, and requests what was sent so far.
func NewMetrics(version string, report func() *daemon.Report, requests func() []Requests) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(), known: map[string]bool{},
		passes:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "computesync_passes_total", Help: "Passes that ended, by workspace and outcome."}, []string{"workspace", "outcome"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "computesync_pass_duration_seconds", Help: "How long passes took.", Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1200, 3600}}),
		drift:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "computesync_drift_found_total", Help: "Computes that somebody else changed, found by passes."}, []string{"workspace"}),
		steps:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "computesync_steps_total", Help: "Steps that ended, by verb and outcome."}, []string{"verb", "outcome"}),
		reload:   prometheus.NewGauge(prometheus.GaugeOpts{Name: "computesync_config_last_reload_successful", Help: "1 if the configuration file as it is was taken, 0 if the former stays in force."}),
	}
	m.hooks = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "computesync_webhook_calls_total", Help: "Calls of webhooks, by kind and outcome."}, []string{"kind", "outcome"})
	m.outages = prometheus.NewCounter(prometheus.CounterOpts{Name: "computesync_arm_outages_total", Help: "Times that Resource Manager stopped answering."})
	m.reload.Set(1)
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "computesync_build_info", Help: "The version that runs.", ConstLabels: prometheus.Labels{"version": version, "goversion": runtime.Version()}})
	build.Set(1)
	m.registry.MustRegister(m.passes, m.duration, m.drift, m.steps, m.reload, m.hooks, m.outages, build, &state{m, report, requests},
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *Metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 20 * time.Second})
}

// Pass implements daemon.Observer.
func (m *Metrics) Pass(id spec.WorkspaceID, outcome daemon.Outcome, took time.Duration, drift int) {
	name := id.Key()
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.known[name] {
		m.known[name] = true
		for _, o := range daemon.Outcomes {
			m.passes.WithLabelValues(name, string(o))
		}
	}
	m.passes.WithLabelValues(name, string(outcome)).Inc()
	m.drift.WithLabelValues(name).Add(float64(drift))
	m.duration.Observe(took.Seconds())
}

// Step implements daemon.Observer.
func (m *Metrics) Step(verb plan.Verb, state apply.State) {
	m.steps.WithLabelValues(string(verb), string(state)).Inc()
}

// Reloaded tells whether a new configuration was taken.
func (m *Metrics) Reloaded(taken bool) {
	m.reload.Set(0)
	if taken {
		m.reload.Set(1)
	}
}

// Called counts a call of a webhook.
func (m *Metrics) Called(kind, outcome string) { m.hooks.WithLabelValues(kind, outcome).Inc() }

// OutageBegan counts an outage of Resource Manager.
func (m *Metrics) OutageBegan() { m.outages.Inc() }

// forget drops the counters of workspaces that are gone.
func (m *Metrics) forget(there map[string]bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.known {
		if !there[name] {
			m.passes.DeletePartialMatch(prometheus.Labels{"workspace": name})
			m.drift.DeleteLabelValues(name)
			delete(m.known, name)
		}
	}
}

// state reads at each scrape how everything is.
type state struct {
	m        *Metrics
	report   func() *daemon.Report
	requests func() []Requests
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("computesync_"+name, help, labels, nil)
}

var (
	phaseDesc     = desc("workspace_phase", "1 for the phase that the workspace is in.", "workspace", "phase")
	sinceDesc     = desc("workspace_phase_start_timestamp_seconds", "Since when the workspace is in its phase.", "workspace")
	lastPassDesc  = desc("workspace_last_pass_timestamp_seconds", "When the last pass of the workspace ended.", "workspace")
	heldDesc      = desc("held_changes", "Changes that are known and not made, by workspace and code.", "workspace", "code")
	noticesDesc   = desc("compute_notices", "Computes that people should know something about, by workspace and code.", "workspace", "code")
	attemptedDesc = desc("workspace_attempted_commit_info", "The newest commit that the workspace's source gave.", "workspace", "commit")
	goodDesc      = desc("workspace_good_commit_info", "The commit in force: the newest without a mistake in the workspace.", "workspace", "commit")
	appliedDesc   = desc("workspace_applied_commit_info", "The newest commit that a pass carried out without a failure.", "workspace", "commit")
	mistakesDesc  = desc("workspace_refused_mistakes", "Mistakes in the workspace's newest commit, which is refused for them; 0 if it is taken.", "workspace")
	underWayDesc  = desc("operations_in_flight", "Operations of Azure that are waited for.", "workspace")
	oldestDesc    = desc("oldest_operation_age_seconds", "For how long the oldest operation has been under way; 0 if there is none.", "workspace")
	stateDesc     = desc("state_up", "1 if the journal's file is at its path; 0: nothing is written to Azure.")
	upDesc        = desc("source_up", "1 if the source answered when it was asked last.", "source")
	lagDesc       = desc("source_lag_seconds", "For how long the source has not answered though it was asked.", "source")
	answeredDesc  = desc("source_last_answer_timestamp_seconds", "When the source answered last.", "source")
	sourceTryDesc = desc("source_attempted_commit_info", "The newest commit that the source gave.", "source", "commit")
	sourceOKDesc  = desc("source_good_commit_info", "The newest commit of the source without a mistake.", "source", "commit")
	requestsDesc  = desc("arm_requests_total", "Requests to Resource Manager, by subscription, class and status; status 0 is no answer.", "subscription", "class", "status")
	outageDesc    = desc("arm_outage", "1 while Resource Manager does not answer: nothing is sent then but a probe every few seconds.")
	remainingDesc = desc("arm_request_budget_remaining", "Our estimate of the requests that may be sent at once.", "subscription", "class")
)

// Describe implements prometheus.Collector.
func (s *state) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		phaseDesc, sinceDesc, lastPassDesc, heldDesc, noticesDesc, attemptedDesc, goodDesc, appliedDesc, mistakesDesc, underWayDesc, oldestDesc,
		stateDesc, upDesc, lagDesc, answeredDesc, sourceTryDesc, sourceOKDesc, requestsDesc, outageDesc, remainingDesc,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (s *state) Collect(ch chan<- prometheus.Metric) {
	r, there := s.report(), map[string]bool{}
	c := collecting{ch, r.At}
	c.gauge(stateDesc, truth(r.State == nil))
	for i := range r.Sources {
		c.source(&r.Sources[i])
	}
	for i := range r.Workspaces {
		if w := &r.Workspaces[i]; w.Phase != daemon.Left {
			there[w.ID.Key()] = true
			c.workspace(w)
		}
	}
	c.gauge(outageDesc, truth(r.Outage != nil))
	for _, q := range s.requests() {
		c.gauge(remainingDesc, q.Remaining, q.Subscription, q.Class)
		for status, n := range q.ByStatus {
			ch <- prometheus.MustNewConstMetric(requestsDesc, prometheus.CounterValue, float64(n), q.Subscription, q.Class, strconv.Itoa(status))
		}
	}
	s.m.forget(there)
}

// collecting is one scrape.
type collecting struct {
	ch chan<- prometheus.Metric
	at time.Time
}

func (c collecting) gauge(d *prometheus.Desc, v float64, labels ...string) {
	c.ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

// moment tells of a time, if there was one.
func (c collecting) moment(d *prometheus.Desc, t time.Time, labels ...string) {
	if !t.IsZero() {
		c.gauge(d, float64(t.UnixMilli())/1000, labels...)
	}
}

// info names a commit, if there is one.
func (c collecting) info(d *prometheus.Desc, of, commit string) {
	if commit != "" {
		c.gauge(d, 1, of, commit)
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (c collecting) source(s *daemon.SourceReport) {
	c.gauge(upDesc, truth(s.Error == "" && !s.Answered.IsZero()), s.Name)
	c.gauge(lagDesc, s.Lag, s.Name)
	c.moment(answeredDesc, s.Answered, s.Name)
	c.info(sourceTryDesc, s.Name, s.Attempted)
	c.info(sourceOKDesc, s.Name, s.Good)
}

func (c collecting) workspace(w *daemon.WorkspaceReport) {
	name := w.ID.Key()
	for _, p := range daemon.Phases {
		if p != daemon.Left {
			c.gauge(phaseDesc, truth(w.Phase == p), name, string(p))
		}
	}
	c.moment(sinceDesc, w.Since, name)
	if w.Last != nil {
		c.moment(lastPassDesc, w.Last.Ended, name)
	}
	c.info(attemptedDesc, name, w.Attempted)
	c.info(goodDesc, name, w.Good)
	c.info(appliedDesc, name, w.Applied)
	c.gauge(mistakesDesc, float64(w.Mistakes), name)
	codes := map[plan.Code]int{}
	for i := range w.Held {
		codes[w.Held[i].Code]++
	}
	for code, n := range codes {
		c.gauge(heldDesc, float64(n), name, string(code))
	}
	noticed := map[plan.NoticeCode]int{}
	for i := range w.Notices {
		noticed[w.Notices[i].Code]++
	}
	for _, k := range plan.NoticeKinds {
		c.gauge(noticesDesc, float64(noticed[k.Code]), name, string(k.Code))
	}
	oldest := 0.0
	if len(w.Steps) > 0 {
		oldest = max(c.at.Sub(w.Steps[0].Since).Seconds(), 0)
	}
	c.gauge(underWayDesc, float64(len(w.Steps)), name)
	c.gauge(oldestDesc, oldest, name)
}
