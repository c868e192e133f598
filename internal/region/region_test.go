package region

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// recorded reads an excerpt of what the service answered in November 2025.
func recorded[T any](t *testing.T, name string) []T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Value []T }
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	return list.Value
}

func eastus(t *testing.T) *Offer {
	return &Offer{Name: "eastus", Sizes: recorded[Size](t, "vmsizes.json"), Usages: recorded[Usage](t, "usages.json")}
}

func TestHourly(t *testing.T) {
	o := eastus(t)
	for _, c := range []struct {
		size         string
		windows, low bool
		want         float64
		known        bool
	}{
		{"standard_d16ads_v5", false, false, .82, true}, // named twice: the least
		{"Standard_D16ads_v5", false, true, .16, true},
		{"Standard_D16ads_v5", true, false, 1.56, true},
		{"Standard_A1_v2", false, false, 0, false}, // an old size: no price at all
	} {
		size := o.Size(c.size)
		if size == nil {
			t.Fatalf("%s is not there", c.size)
		}
		got, currency, known := size.Hourly(c.windows, c.low)
		if got != c.want || known != c.known || known && currency != "USD" {
			t.Errorf("%s, Windows %t, low priority %t: %g %s %t, want %g %t", c.size, c.windows, c.low, got, currency, known, c.want, c.known)
		}
	}
	daily := new(Size)
	daily.Estimate.Unit, daily.Estimate.Values = "OneDay", []Price{{1, "Linux", "Standard"}}
	if _, _, known := daily.Hourly(false, false); known {
		t.Error("a price of another unit is taken for that of an hour")
	}
	if _, known := daily.AtMost(false); known {
		t.Error("a price of another unit bounds that of an hour")
	}
}

// TestAtMost bounds nodes of every tier by pay-as-you-go.
func TestAtMost(t *testing.T) {
	for _, c := range []struct {
		name    string
		prices  []Price
		windows bool
		want    float64
		known   bool
	}{
		{"the greatest of two", []Price{{.82, "Linux", "Standard"}, {1.56, "Linux", "Standard"}, {.16, "Linux", "LowPriority"}}, false, 1.56, true},
		{"that of its system", []Price{{.82, "Linux", "Standard"}, {1.56, "Windows", "Standard"}}, true, 1.56, true},
		{"never below the estimate of Spot", []Price{{.82, "Linux", "Standard"}, {.9, "Linux", "Spot"}}, false, .9, true},
		{"a price of Spot alone bounds nothing", []Price{{.16, "Linux", "LowPriority"}, {.16, "Linux", "Spot"}}, false, 0, false},
		{"another system bounds nothing", []Price{{.82, "Linux", "Standard"}}, true, 0, false},
		{"0 is no price", []Price{{0, "Linux", "Standard"}}, false, 0, false},
		{"none", nil, false, 0, false},
	} {
		size := new(Size)
		size.Estimate.Unit, size.Estimate.Values = "OneHour", c.prices
		if got, known := size.AtMost(c.windows); got != c.want || known != c.known {
			t.Errorf("%s: %g %t, want %g %t", c.name, got, known, c.want, c.known)
		}
	}
	for _, size := range eastus(t).Sizes {
		for _, windows := range []bool{false, true} {
			bound, bounded := size.AtMost(windows)
			for _, low := range []bool{false, true} {
				if about, _, known := size.Hourly(windows, low); bounded && known && about > bound {
					t.Errorf("%s, Windows %t, low priority %t: %g is above the bound %g", size.Name, windows, low, about, bound)
				}
			}
		}
	}
}

// TestSpotPrice takes the price of Spot nodes for that of low priority.
func TestSpotPrice(t *testing.T) {
	size := new(Size)
	size.Estimate.Unit, size.Estimate.Values = "OneHour", []Price{{1, "Linux", "Standard"}, {.3, "Linux", "Spot"}, {.4, "Linux", "LowPriority"}}
	if got, _, known := size.Hourly(false, true); got != .3 || !known {
		t.Errorf("got %g %t", got, known)
	}
}

func TestServes(t *testing.T) {
	o := eastus(t)
	if d1 := o.Size("Standard_D1"); !d1.Serves("amlcompute") || d1.Serves("ComputeInstance") {
		t.Errorf("Standard_D1 is for %v", d1.Kinds)
	}
	if !(&Size{}).Serves("ComputeInstance") {
		t.Error("a size that does not say serves nothing")
	}
}

func TestNear(t *testing.T) {
	o := &Offer{}
	for _, name := range []string{"Standard_D16s_v3", "Standard_NC6s_v3", "Standard_NC12s_v3", "Standard_DS3_v2"} {
		o.Sizes = append(o.Sizes, Size{Name: name})
	}
	for size, want := range map[string][]string{
		"STANDARD_NC6S_V4": {"Standard_NC6s_v3", "Standard_NC12s_v3"}, // of its series alone
		"Standard_DS3v2":   {"Standard_DS3_v2"},
		"Standard_XD16_v3": {"Standard_D16s_v3", "Standard_NC6s_v3", "Standard_NC12s_v3"},
		"nonsense-at-all":  {},
	} {
		if got := o.Near(size, "AmlCompute"); !slices.Equal(got, want) {
			t.Errorf("near %s: %v, want %v", size, got, want)
		}
	}
}

func TestUsage(t *testing.T) {
	o := eastus(t)
	if u := o.Usage("totalclusters"); u == nil || u.Used != 3 || u.Limit != 200 {
		t.Errorf("TotalClusters: %+v", u)
	}
	for _, size := range o.Sizes {
		if pools := size.Pools(false); o.Usage(pools[1]) == nil {
			t.Errorf("%s counts against %v", size.Name, pools)
		}
	}
	part := Usage{ID: "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/usages/f", Limit: 1}
	whole, endless := Usage{ID: "/subscriptions/s/usages/f", Limit: 2}, Usage{Limit: -1}
	part.Name.Value, whole.Name.Value, endless.Name.Value = "f", "f", "e"
	o = &Offer{Usages: []Usage{part, whole, endless}}
	if u := o.Usage("f"); u == nil || u.Limit != 2 {
		t.Errorf("a workspace's quota is taken for the subscription's: %+v", u)
	}
	if u := o.Usage("e"); u != nil {
		t.Errorf("what has no limit is a quota: %+v", u)
	}
	if o.Usage("none") != nil {
		t.Error("a quota that there is not")
	}
}
