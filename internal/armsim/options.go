package armsim

import (
	"math/rand/v2"
	"time"
)

// Option changes how a Server behaves; the package comment lists them all.
type Option func(*settings)

type settings struct {
	clock          func() time.Time
	latency        time.Duration
	operationTime  time.Duration
	pageSize       int
	limits         *Limits
	seed           int64
	faultRate      float64
	ackRate        float64
	strangers      float64
	ifNoneMatch    bool
	readLag        ReadLag
	world          Workspaces
	home           string
	ignoredPUT     IgnoredPUT
	patchAnswer    PatchAnswer
	longURLs       bool
	exactURLs      bool
	forgetDeletes  bool
	noBatch        bool
	recordedQuotas bool
	assumed        map[string]string
}

func defaults() settings {
	return settings{
		clock: time.Now, seed: rand.Int64(), ignoredPUT: PUTIgnored, patchAnswer: PatchAlwaysHeader, longURLs: true,
	}
}

// WithClock replaces time.Now as the clock of operations and budgets. Latency and delays pass in real time all the same.
func WithClock(now func() time.Time) Option { return func(s *settings) { s.clock = now } }

// WithLatency is how long each request takes.
func WithLatency(d time.Duration) Option { return func(s *settings) { s.latency = d } }

// WithOperationTime is how long each operation runs; 0, the default, has it done at the first poll. A cluster is
// Resizing for as long again.
func WithOperationTime(d time.Duration) Option { return func(s *settings) { s.operationTime = d } }

// WithPageSize is how many computes a page of the list holds; 0, the default, puts all on one page, as recorded.
func WithPageSize(n int) Option { return func(s *settings) { s.pageSize = n } }

// WithLimits turns on ARM's request limits.
func WithLimits(l Limits) Option { return func(s *settings) { s.limits = &l } }

// WithSeed makes identifiers and random faults repeatable; without it the seed is random.
func WithSeed(seed int64) Option { return func(s *settings) { s.seed = seed } }

// WithFaultRate is the share of ARM requests, 0 to 1, that meet a random fault.
func WithFaultRate(p float64) Option { return func(s *settings) { s.faultRate = p } }

// WithAckRate is the share of writes, 0 to 1, that get an acknowledgement that is no answer, with or without an effect.
func WithAckRate(p float64) Option { return func(s *settings) { s.ackRate = p } }

// WithStrangers is the share of creations, 0 to 1, that meet a Stranger.
func WithStrangers(p float64) Option { return func(s *settings) { s.strangers = p } }

// WithIfNoneMatch has a PUT with If-None-Match: * refused with 412 where the compute exists. Without it the header is
// ignored, for no recorded answer about computes has an ETag.
func WithIfNoneMatch() Option { return func(s *settings) { s.ifNoneMatch = true } }

// WithReadLag has reads answered from an older state; SetReadLag changes it later.
func WithReadLag(l ReadLag) Option { return func(s *settings) { s.readLag = l } }

// WithWorkspaces says which workspaces exist. Without it every one does.
func WithWorkspaces(w Workspaces) Option { return func(s *settings) { s.world = w } }

// WithLocation is the region of workspaces of which nothing else says it. Without it a workspace is where its first
// compute's location says, and in westeurope until then.
func WithLocation(region string) Option { return func(s *settings) { s.home = region } }

// WithRecordedQuotas gives quotas the limits of a recorded subscription, by which no GPU can be had; without it there is
// plenty of everything. SetQuota changes one.
func WithRecordedQuotas() Option { return func(s *settings) { s.recordedQuotas = true } }

// IgnoredPUT is what a PUT comes to that changes, on a compute that exists, a field of which nobody has seen the service
// change it in place.
type IgnoredPUT string

const (
	// PUTIgnored accepts and echoes the change, and leaves the compute as it was. It was reported so for a cluster's vmSize
	// (azure-rest-api-specs#18889) and for an instance's schedules and idle time (bicep#17617); for the rest it is assumed.
	PUTIgnored IgnoredPUT = "ignore"
	// PUTRefused answers 400.
	PUTRefused IgnoredPUT = "400"
)

// WithIgnoredPUT chooses among the two; PUTIgnored is the default.
func WithIgnoredPUT(p IgnoredPUT) Option { return func(s *settings) { s.ignoredPUT = p } }

// PatchAnswer is how a PATCH that changes nothing is answered.
type PatchAnswer string

const (
	// PatchAlwaysHeader answers 202 with an operation, as recorded with api-version 2022-05-01.
	PatchAlwaysHeader PatchAnswer = "202"
	// PatchNoHeader answers 202 without an operation, as the SDK v1 expects it may.
	PatchNoHeader PatchAnswer = "no-header"
	// PatchOK answers 200, as the API description says.
	PatchOK PatchAnswer = "200"
)

// WithPatchAnswer chooses among the three; PatchAlwaysHeader is the default.
func WithPatchAnswer(p PatchAnswer) Option { return func(s *settings) { s.patchAnswer = p } }

// WithLongURLs says whether operation addresses are as long as they have been since about 2025 (4.5 KB, the default) or
// as short as before.
func WithLongURLs(on bool) Option { return func(s *settings) { s.longURLs = on } }

// WithExactStatusURLs refuses the poll of an operation whose address is not, byte for byte, the one that was given, as
// ARM's own rules ask of a client. Without it further query parameters are accepted, as the service does.
func WithExactStatusURLs() Option { return func(s *settings) { s.exactURLs = true } }

// WithForgottenDeletes has the status address of a finished DELETE answer 404 (vscode-tools-for-ai#343).
func WithForgottenDeletes() Option { return func(s *settings) { s.forgetDeletes = true } }

// WithoutBatch has computeType Batch refused: only the SDK v1 ever sent it, no API description has it, and whether the
// service still takes it nobody has shown. Without this option it does.
func WithoutBatch() Option { return func(s *settings) { s.noBatch = true } }
