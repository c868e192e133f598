package main

import (
	"context"
	"fmt"

	"github.com/computesync/computesync/internal/config"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/status"
	"github.com/computesync/computesync/internal/webhook"
)

// observe makes what outlasts configurations: the metrics, and who tells them.
func (s *service) observe() {
	report := func() *daemon.Report { return s.daemon().Report() }
	s.metrics = status.NewMetrics(version, report, s.requests)
	s.bell = webhook.NewBell(func() { s.daemon().Ask() })
	s.http = status.NewServer(&status.Teller{Report: report, Healthy: func() bool { return s.daemon().Healthy() }, Metrics: s.metrics})
}

// requests are what was sent to Resource Manager so far.
func (s *service) requests() []status.Requests {
	var all []status.Requests
	for _, b := range s.current.Load().azure.client.Stats() {
		all = append(all, status.Requests{Subscription: b.Subscription, Class: string(b.Class), ByStatus: b.ByStatus, Remaining: b.Remaining})
	}
	return all
}

// web is where and how health and metrics are told, and hooks are called.
func (s *service) web(ctx context.Context, cfg *config.Config) (*status.Config, error) {
	hooks, err := s.hooks(ctx, cfg)
	if err != nil {
		return nil, err
	}
	web := &status.Config{
		Listen: cfg.Listen, Hosts: cfg.HTTP.Hosts, Certificate: cfg.HTTP.Certificate, Key: cfg.HTTP.Key, Open: cfg.HTTP.Open,
		Mounts: hooks,
	}
	if cfg.HTTP.Token.IsZero() {
		return web, nil
	}
	resolver, err := operatorSecrets()
	if err != nil {
		return nil, err
	}
	if web.Token, _, err = resolver.Resolve(ctx, cfg.HTTP.Token); err != nil {
		return nil, fmt.Errorf("http.token: %w", err)
	}
	return web, nil
}
