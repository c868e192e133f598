package azureml_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/azureml"
	"github.com/computesync/computesync/internal/spec"
)

// pages answers one page after another.
type pages []string

func (p *pages) Do(r *http.Request) (*http.Response, error) {
	page := (*p)[0]
	*p = (*p)[1:]
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(page)), Request: r}, nil
}

// TestListOnce reads a list that moved on while it was read, such that a
// compute stands on two pages.
func TestListOnce(t *testing.T) {
	one := func(name, state string) string {
		return `{"name": "` + name + `", "properties": {"computeType": "AmlCompute", "provisioningState": "` + state + `"}}`
	}
	answers := pages{
		`{"value": [` + one("cpu", "Succeeded") + `, ` + one("gpu", "Succeeded") + `], "nextLink": "http://127.0.0.1/next"}`,
		`{"value": [` + one("GPU", "Deleting") + `, ` + one("lab", "Succeeded") + `]}`,
	}
	client, err := arm.New(arm.Config{Endpoint: "http://127.0.0.1", Transport: &answers})
	if err != nil {
		t.Fatal(err)
	}
	all, n, err := azureml.NewWorkspace(client, &spec.Workspace{ID: spec.WorkspaceID{Subscription: "s", ResourceGroup: "g", Name: "w"}}).List(t.Context())
	if err != nil || n != 2 {
		t.Fatalf("%d pages, %v", n, err)
	}
	var got []string
	for _, c := range all {
		got = append(got, c.Name+" "+c.Live.ProvisioningState)
	}
	if want := "cpu Succeeded, GPU Deleting, lab Succeeded"; strings.Join(got, ", ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
