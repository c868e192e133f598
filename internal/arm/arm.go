// Package arm speaks to Azure Resource Manager over azcore: authentication, retry, pacing, paging, long operations and
// typed errors. It knows nothing of machine learning; paths and bodies are the caller's.
//
// Two rules shape it. A read may be repeated, so it is; a write may have taken effect even though its answer was lost, so
// it is repeated only when Azure said that it was not accepted (429), and everything else goes up to the caller, who looks
// before sending it again (see [Ambiguous]). And a credential is only ever shown to the endpoint: links and operation URLs
// that name another host are refused before a request is made.
package arm

import (
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azlog "github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// DefaultAPIVersion is the first version of the Microsoft.MachineLearningServices API whose PUT knows idle shutdown.
const DefaultAPIVersion = "2025-12-01"

// defaultParallelism is how many requests may be in flight when Config says nothing.
const defaultParallelism = 50

// azcore writes requests and headers to stderr when AZURE_SDK_GO_LOGGING is set. Operation URLs are credentials, and what
// this program says is decided in one place, so that is switched off for the whole process.
func init() { azlog.SetListener(nil) }

// Config says which Azure Resource Manager to speak to and how. The zero value is the public cloud without a credential.
type Config struct {
	Cloud       string                 // public (the default), usgov or china
	Endpoint    string                 // replaces the cloud's endpoint; plain http only to loopback, and then without credential
	APIVersion  string                 // api-version of our own requests; default DefaultAPIVersion
	Credential  azcore.TokenCredential // nil sends no Authorization header
	Parallelism int                    // requests on the wire at once; default 50
	Budget      *Budget                // of the credential's principal at the endpoint; nil: one of the client's own
	Transport   policy.Transporter     // nil: our own, HTTP/2 where TLS offers it
	UserAgent   string                 // default "computesync"
}

// Client sends requests to one endpoint. It is safe for concurrent use; Close it when done.
type Client struct {
	endpoint   endpoint
	apiVersion string
	userAgent  string
	pipeline   runtime.Pipeline
	budget     *Budget
	closeIdle  func()
}

// New checks the configuration and returns a client. Nothing is sent. Errors are *ConfigError.
func New(cfg Config) (*Client, error) {
	ep, err := parseEndpoint(cfg.Cloud, cfg.Endpoint)
	if err != nil {
		return nil, err
	}
	if cfg.Parallelism < 0 {
		return nil, &ConfigError{Text: "parallelism is negative", Way: "give a number of requests above zero, or leave it out"}
	}
	if cfg.Parallelism == 0 {
		cfg.Parallelism = defaultParallelism
	}
	c := &Client{
		endpoint:   ep,
		apiVersion: cfg.APIVersion,
		userAgent:  cfg.UserAgent,
		budget:     cfg.Budget,
		closeIdle:  func() {},
	}
	if c.budget == nil {
		c.budget = NewBudget(nil)
	}
	c.budget.breaker.at(ep)
	if c.apiVersion == "" {
		c.apiVersion = DefaultAPIVersion
	}
	if c.userAgent == "" {
		c.userAgent = "computesync"
	}
	if cfg.Transport == nil {
		t := newTransport(cfg.Parallelism)
		cfg.Transport, c.closeIdle = t, t.CloseIdleConnections
	}
	c.pipeline = newPipeline(cfg, ep, c.budget)
	return c, nil
}

// APIVersion is the api-version of the client's requests.
func (c *Client) APIVersion() string { return c.apiVersion }

// At is the client with another api-version; "" is its own. Both share everything else.
func (c *Client) At(version string) *Client {
	if version == "" || version == c.apiVersion {
		return c
	}
	other := *c
	other.apiVersion = version
	return &other
}

// Close lets go of idle connections. Requests still running are not disturbed.
func (c *Client) Close() { c.closeIdle() }

// newPipeline orders the policies. Pacing comes first within a try so that the last look and a token come after it; the slot
// is taken last, in the transport, so that nobody holds one while waiting for something else.
func newPipeline(cfg Config, ep endpoint, budget *Budget) runtime.Pipeline {
	perRetry := []policy.Policy{&pacer{budget, cfg.Parallelism}, lastLook{}}
	if cfg.Credential != nil && !ep.plain() {
		scope := strings.TrimSuffix(ep.audience, "/") + "/.default"
		perRetry = append(perRetry, runtime.NewBearerTokenPolicy(cfg.Credential, []string{scope}, nil))
	}
	return runtime.NewPipeline("computesync", "", runtime.PipelineOptions{
		PerCall:  []policy.Policy{runtime.NewRequestIDPolicy()},
		PerRetry: perRetry,
	}, &policy.ClientOptions{
		Telemetry: policy.TelemetryOptions{Disabled: true},
		Transport: &wire{
			next: cfg.Transport, breaker: budget.breaker,
			slots: make(chan struct{}, cfg.Parallelism), slow: make(chan struct{}, slowOf(cfg.Parallelism)),
		},
	})
}

// roundTripper sends exactly one request: no redirects are followed, because a redirect could carry a body with secrets
// in it to another host.
type roundTripper struct{ *http.Transport }

func (t roundTripper) Do(req *http.Request) (*http.Response, error) { return t.RoundTrip(req) }
