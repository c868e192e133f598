package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/computesync/computesync/internal/armsim"
)

// TestSimulateFlags makes a compute twice, as if it were new each time.
func TestSimulateFlags(t *testing.T) {
	for _, tt := range []struct {
		args          []string
		first, second int  // status
		found         bool // the first PUT lands on a compute that is older
	}{
		{nil, 201, 201, false},
		{[]string{"--strangers=1"}, 201, 201, true},
		{[]string{"--if-none-match"}, 201, 412, false},
		{[]string{"--strangers=1", "--if-none-match"}, 412, 412, false},
	} {
		var flags simulateFlags
		cmd := &cobra.Command{}
		flags.bind(cmd)
		if err := cmd.ParseFlags(tt.args); err != nil {
			t.Fatal(err)
		}
		opts, err := flags.options()
		if err != nil {
			t.Fatal(err)
		}
		sim := armsim.New(opts...)
		first, found := putNew(t, sim)
		second, _ := putNew(t, sim)
		if first != tt.first || second != tt.second || found != tt.found {
			t.Errorf("%v: got status %d and %d, an older compute found: %v", tt.args, first, second, found)
		}
	}
}

// putNew sends a PUT of a compute that must not exist; found says that its answer shows an older one.
func putNew(t *testing.T, sim http.Handler) (status int, found bool) {
	const url = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/computes/cpu" +
		"?api-version=2025-12-01"
	body := `{"properties":{"computeType":"AmlCompute","properties":{"vmSize":"Standard_DS3_v2"}}}`
	r := httptest.NewRequest(http.MethodPut, url, strings.NewReader(body))
	r.Header.Set("If-None-Match", "*")
	w := httptest.NewRecorder()
	sim.ServeHTTP(w, r)
	var doc struct {
		Properties struct{ CreatedOn, ModifiedOn string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	return w.Code, doc.Properties.CreatedOn != doc.Properties.ModifiedOn
}
