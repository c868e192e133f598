package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/config"
)

func TestNewConfigurationGoesOnWithTheBudget(t *testing.T) {
	azure := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer azure.Close()
	s := &service{budgets: map[principal]*arm.Budget{}}
	for _, c := range []struct {
		endpoint string
		want     int64
	}{
		{azure.URL, 1},
		{azure.URL, 2},
		{azure.URL + "/other", 1},
		{azure.URL, 3},
	} {
		az, err := s.connectAs(&config.Config{Azure: config.Azure{Endpoint: c.endpoint, Credential: "none"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := az.client.Get(t.Context(), "/subscriptions/1", nil); err != nil {
			t.Fatal(err)
		}
		if n := az.client.Stats().Requests(); n != c.want {
			t.Errorf("the budget of %s counts %d requests, want %d", c.endpoint, n, c.want)
		}
		az.client.Close()
	}
}
