package azureml_test

import (
	"net/http"
	"testing"

	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/azureml"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

type transport struct{ http.RoundTripper }

func (t transport) Do(r *http.Request) (*http.Response, error) { return t.RoundTrip(r) }

// TestAvailable asks for names across workspaces of one region.
func TestAvailable(t *testing.T) {
	sim := armsim.New(armsim.WithLocation("westeurope"))
	client, err := arm.New(arm.Config{Endpoint: "http://127.0.0.1", Transport: transport{sim.Transport()}})
	if err != nil {
		t.Fatal(err)
	}
	workspace := func(name string) *azureml.Workspace {
		return azureml.NewWorkspace(client, &spec.Workspace{
			ID: spec.WorkspaceID{Subscription: "s", ResourceGroup: "g", Name: name}, Location: "westeurope",
		})
	}
	instance := func(name string) *spec.Compute {
		return &spec.Compute{Name: name, Kind: spec.KindByName("computeinstance"), Values: map[string]any{}}
	}
	noSecrets := func(secret.Ref) (secret.Value, error) { return secret.Value{}, nil }
	if _, _, err := workspace("one").Put(t.Context(), instance("desk"), nil, noSecrets); err != nil {
		t.Fatal(err)
	}
	two := workspace("two")
	if err := two.Available(t.Context(), instance("bench")); err != nil {
		t.Errorf("a free name: %v", err)
	}
	if err := two.Available(t.Context(), instance("Desk")); err == nil {
		t.Error("a name that another workspace has counts as free")
	}
	if err := sim.AddFault(armsim.Fault{Match: armsim.Match{Method: http.MethodPost}, Status: http.StatusForbidden}); err != nil {
		t.Fatal(err)
	}
	if err := two.Available(t.Context(), instance("desk")); err != nil {
		t.Errorf("who may not ask is told: %v", err)
	}
	if err := two.NameFree(t.Context(), instance("desk")); err == nil {
		t.Error("a name that nobody may ask for counts as free")
	}
}
