// Package status tells over HTTP how the daemon is: health for probes, metrics
// for Prometheus, and everything for machines. It only reads.
package status

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/secret"
)

// Teller is who knows how everything is. With a new configuration that is
// another daemon.
type Teller struct {
	Report  func() *daemon.Report
	Healthy func() bool // every loop gives signs of life
	Metrics *Metrics
}

// handler answers by the rules that are in force. Without the token, where
// there is one, only whether all is well is told, and not why.
func (t *Teller) handler(token secret.Value, mounts map[string]http.Handler) http.Handler {
	g := guard{token}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { t.healthy(w) })
	mux.HandleFunc("GET /-/ready", func(w http.ResponseWriter, r *http.Request) { t.ready(w, g.admits(r)) })
	mux.Handle("GET /api/v1/status", g.before(http.HandlerFunc(t.status)))
	mux.Handle("GET /metrics", g.before(t.Metrics.handler()))
	for pattern, h := range mounts {
		mux.Handle(pattern, h)
	}
	return mux
}

func (t *Teller) healthy(w http.ResponseWriter) {
	if t.Healthy() {
		say(w, http.StatusOK, "healthy")
		return
	}
	say(w, http.StatusServiceUnavailable, "a loop of the daemon gives no sign of life")
}

// ready tells that the journal's file is there, every source has answered, or
// failed to, and every workspace has had its first pass; whether that went well
// is not asked.
func (t *Teller) ready(w http.ResponseWriter, why bool) {
	missing := unready(t.Report())
	switch {
	case len(missing) == 0:
		say(w, http.StatusOK, "ready")
	case why:
		say(w, http.StatusServiceUnavailable, strings.Join(missing, "\n"))
	default:
		say(w, http.StatusServiceUnavailable, "not ready")
	}
}

// unready are the reasons why a daemon is not ready.
func unready(r *daemon.Report) (why []string) {
	if r.State != nil {
		why = append(why, r.State.Error)
	}
	for i := range r.Sources {
		if r.Sources[i].Ended.IsZero() {
			why = append(why, fmt.Sprintf("source %s has not answered yet", r.Sources[i].Name))
		}
	}
	for i := range r.Workspaces {
		if ws := &r.Workspaces[i]; ws.Last == nil && ws.Phase != daemon.Left {
			why = append(why, fmt.Sprintf("workspace %s has not had its first pass yet", ws.ID))
		}
	}
	return why
}

// status is the report, and the version of its form.
func (t *Teller) status(w http.ResponseWriter, _ *http.Request) {
	data, err := json.Marshal(struct {
		Format string `json:"format"`
		*daemon.Report
	}{"computesync.status/v1", t.Report()})
	if err != nil {
		say(w, http.StatusInternalServerError, "the report cannot be written")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(data, '\n'))
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}

// guard lets in who knows the token; without one, everybody.
type guard struct{ token secret.Value }

func (g guard) admits(r *http.Request) bool {
	if g.token.IsZero() {
		return true
	}
	given, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && g.token.Equal(secret.NewValue(given))
}

func (g guard) before(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.admits(r) {
			h.ServeHTTP(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", "Bearer")
		say(w, http.StatusUnauthorized, "this needs the token of http.token")
	})
}
