package arm

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	_ "github.com/Azure/azure-sdk-for-go/sdk/azcore/arm/runtime" // registers the Resource Manager of each cloud
)

// ConfigError says what is wrong with the configuration.
type ConfigError struct {
	Text string // what is wrong
	Way  string // how to put it right
}

func (e *ConfigError) Error() string { return "configure azure: " + e.Text }

// Hint is the way out.
func (e *ConfigError) Hint() string { return e.Way }

// HostError reports a link or operation URL that names a host other than the endpoint. No request was sent.
type HostError struct {
	What string // "next page" or "operation"
	Got  string // scheme and host of the URL, never its path or query
	Want string // scheme and host of the endpoint
}

func (e *HostError) Error() string {
	return fmt.Sprintf("follow %s link: it names %s, the endpoint is %s", e.What, e.Got, e.Want)
}

// Hint is the way out.
func (e *HostError) Hint() string {
	return "nothing was sent there; check azure.endpoint and whatever proxy stands in front of it"
}

// clouds maps our names to azcore's.
func clouds(name string) (cloud.Configuration, error) {
	switch name {
	case "", "public":
		return cloud.AzurePublic, nil
	case "usgov":
		return cloud.AzureGovernment, nil
	case "china":
		return cloud.AzureChina, nil
	}
	return cloud.Configuration{}, &ConfigError{
		Text: fmt.Sprintf("unknown cloud %q", name),
		Way:  "use public, usgov or china; for any other cloud give its endpoint",
	}
}

// endpoint is where requests go.
type endpoint struct {
	base     url.URL // scheme, host and an optional path prefix
	home     url.URL // the cloud's own Resource Manager
	audience string  // what tokens are asked for
}

// parseEndpoint finds the endpoint of a cloud, or checks the one that replaces it.
func parseEndpoint(cloudName, override string) (endpoint, error) {
	conf, err := clouds(cloudName)
	if err != nil {
		return endpoint{}, err
	}
	service := conf.Services[cloud.ResourceManager]
	home, err := url.Parse(service.Endpoint)
	if err != nil {
		return endpoint{}, fmt.Errorf("parse endpoint of cloud %q: %w", cloudName, err)
	}
	ep := endpoint{base: *home, home: *home, audience: service.Audience}
	if override == "" {
		return ep, nil
	}
	base, err := parseBase(override)
	if err != nil {
		return endpoint{}, err
	}
	ep.base = *base
	return ep, nil
}

// parseBase checks an endpoint given by the operator.
func parseBase(text string) (*url.URL, error) {
	const form = "write it like https://management.azure.com or http://127.0.0.1:8484"
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Opaque != "" {
		return nil, &ConfigError{Text: "endpoint is not an absolute URL", Way: form}
	}
	if u.User != nil {
		return nil, &ConfigError{Text: "endpoint carries credentials", Way: "take user and password out of it"}
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return nil, &ConfigError{Text: "endpoint carries a query or fragment", Way: form}
	}
	switch u.Scheme = strings.ToLower(u.Scheme); {
	case u.Scheme == "https":
	case u.Scheme == "http" && isLoopback(u.Hostname()):
	case u.Scheme == "http":
		return nil, &ConfigError{
			Text: fmt.Sprintf("endpoint %s is plain http to another machine", origin(u)),
			Way:  "use https; plain http is only for 127.0.0.0/8, ::1 and localhost",
		}
	default:
		return nil, &ConfigError{Text: fmt.Sprintf("endpoint has scheme %q", u.Scheme), Way: form}
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	u.RawPath = ""
	return u, nil
}

// isPlainHTTP tells whether an endpoint is plain http, which implies that no credential is used.
func isPlainHTTP(endpoint string) bool {
	return len(endpoint) >= 5 && strings.EqualFold(endpoint[:5], "http:")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func (e endpoint) plain() bool { return e.base.Scheme == "http" }

// url is the address of one of our own requests: the one place that makes a URL of a path.
func (e endpoint) url(path string, query url.Values) (string, error) {
	if err := checkPath(path); err != nil {
		return "", err
	}
	u := e.base
	u.Path += path
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// check refuses a URL of the service that leads elsewhere. A regional endpoint (region.management.azure.com) may point to
// its cloud's global one, nothing else may point anywhere but to itself.
func (e endpoint) check(what, link string) error {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" || u.User != nil {
		return &HostError{What: what, Got: "no usable address", Want: origin(&e.base)}
	}
	if origin(u) == origin(&e.base) {
		return nil
	}
	regional := e.base.Scheme == "https" && strings.HasSuffix(strings.ToLower(e.base.Host), "."+e.home.Host)
	if regional && origin(u) == origin(&e.home) {
		return nil
	}
	return &HostError{What: what, Got: origin(u), Want: origin(&e.base)}
}

// origin is scheme, host and port in one comparable spelling.
func origin(u *url.URL) string {
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	return scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
