package arm

import (
	"errors"
	"strings"
	"testing"
)

func TestEndpointOfACloud(t *testing.T) {
	for name, want := range map[string][2]string{
		"":       {"https://management.azure.com", "https://management.core.windows.net/"},
		"public": {"https://management.azure.com", "https://management.core.windows.net/"},
		"usgov":  {"https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net/"},
		"china":  {"https://management.chinacloudapi.cn", "https://management.core.chinacloudapi.cn/"},
	} {
		ep, err := parseEndpoint(name, "")
		if err != nil || ep.base.String() != want[0] || ep.audience != want[1] {
			t.Errorf("cloud %q: %s, audience %s, error %v", name, ep.base.String(), ep.audience, err)
		}
	}
}

func TestEndpointGivenByTheOperator(t *testing.T) {
	tests := []struct{ cloud, endpoint, wrong string }{
		{"", "http://127.0.0.1:8484", ""},
		{"", "http://127.9.9.9", ""},
		{"", "http://[::1]:8484/", ""},
		{"", "HTTP://LocalHost:8484", ""},
		{"china", "https://arm.example.com/prefix/", ""},
		{"mars", "", "unknown cloud"},
		{"", "http://10.0.0.1:8484", "plain http to another machine"},
		{"", "http://localhost.example.com", "plain http to another machine"},
		{"", "http://127.0.0.1.example.com", "plain http to another machine"},
		{"", "ftp://127.0.0.1", "scheme"},
		{"", "127.0.0.1:8484", "not an absolute URL"},
		{"", "localhost:8484", "not an absolute URL"},
		{"", "https://", "not an absolute URL"},
		{"", "https://user:word@arm.example.com", "carries credentials"},
		{"", "https://arm.example.com?a=b", "query"},
	}
	for _, tt := range tests {
		_, err := New(Config{Cloud: tt.cloud, Endpoint: tt.endpoint})
		if tt.wrong == "" {
			if err != nil {
				t.Errorf("%s: %v", tt.endpoint, err)
			}
			continue
		}
		e, ok := errors.AsType[*ConfigError](err)
		if !ok || !strings.Contains(err.Error(), tt.wrong) || e.Hint() == "" {
			t.Errorf("%s: got %v, want %q and a hint", tt.endpoint, err, tt.wrong)
		}
		if err != nil && strings.Contains(err.Error(), "word") {
			t.Errorf("%s: the error shows a password: %v", tt.endpoint, err)
		}
	}
}

func TestOnlyTheEndpointsOwnLinksAreFollowed(t *testing.T) {
	tests := []struct {
		endpoint, link string
		follow         bool
	}{
		{"", "https://management.azure.com/x?s=signature", true},
		{"", "https://MANAGEMENT.azure.com:443/x", true},
		{"", "http://management.azure.com/x", false},
		{"", "https://management.azure.com:444/x", false},
		{"", "https://management.azure.com.example.com/x", false},
		{"", "https://westeurope.management.azure.com/x", false},
		{"", "https://user@management.azure.com/x", false},
		{"", "/x", false},
		{"", "//example.com/x", false},
		{"", "https://management.azure.com%2f@example.com/x", false},
		{"https://westeurope.management.azure.com", "https://management.azure.com/x", true},
		{"https://westeurope.management.azure.com", "https://eastus.management.azure.com/x", false},
		{"https://evilmanagement.azure.com", "https://management.azure.com/x", false},
		{"http://127.0.0.1:8484", "http://127.0.0.1:8484/x", true},
		{"http://127.0.0.1:8484", "http://127.0.0.1:8485/x", false},
		{"http://127.0.0.1:8484", "https://management.azure.com/x", false},
		{"http://localhost", "http://localhost:80/x", true},
	}
	for _, tt := range tests {
		ep, err := parseEndpoint("", tt.endpoint)
		if err != nil {
			t.Fatal(err)
		}
		err = ep.check("operation", tt.link)
		if (err == nil) != tt.follow {
			t.Errorf("%s to %s: %v, want followed %v", tt.endpoint, tt.link, err, tt.follow)
		}
		if e, ok := errors.AsType[*HostError](err); err != nil && (!ok || e.Hint() == "") {
			t.Errorf("got %T without a hint", err)
		}
	}
}
