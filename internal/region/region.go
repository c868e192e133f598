// Package region tells what Azure ML offers in one of Azure's regions: VM sizes
// with their prices, and how much of each quota is used. Its types read the
// answers of the `vmSizes` and `usages` requests as they were recorded in
// November 2025.
package region

import (
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/strictyaml"
)

// Offer is what a subscription is offered in a region. What nobody may ask, or
// what was not asked, is nil.
type Offer struct {
	Name   string
	Sizes  []Size
	Usages []Usage
}

// Size is a VM size. Azure leaves prices out for many of them.
type Size struct {
	Name        string   `json:"name"`
	Family      string   `json:"family"` // the quota that its vCPUs count against
	VCPUs       int      `json:"vCPUs"`
	LowPriority bool     `json:"lowPriorityCapable"`
	Kinds       []string `json:"supportedComputeTypes"`
	Estimate    struct {
		Currency string  `json:"billingCurrency"`
		Unit     string  `json:"unitOfMeasure"`
		Values   []Price `json:"values"`
	} `json:"estimatedVMPrices"`
}

// Price is Azure's estimate for one hour.
type Price struct {
	Retail float64 `json:"retailPrice"`
	OS     string  `json:"osType"` // Linux or Windows
	Tier   string  `json:"vmTier"` // Standard, LowPriority or Spot
}

// Usage is how much of a quota is used in the region, in vCPUs or computes.
type Usage struct {
	ID    string `json:"id"`
	Used  int    `json:"currentValue"`
	Limit int    `json:"limit"` // below 0: there is none
	Name  struct {
		Value string `json:"value"`
	} `json:"name"`
}

// The quotas that are no VM family's, as usages names them.
const (
	TotalClusters         = "TotalClusters"
	TotalDedicatedCores   = "TotalDedicatedCores"
	TotalLowPriorityCores = "TotalLowPriorityCores"
)

// Size finds a VM size by its name in any case; nil when the region has none.
func (o *Offer) Size(name string) *Size {
	for i := range o.Sizes {
		if strings.EqualFold(o.Sizes[i].Name, name) {
			return &o.Sizes[i]
		}
	}
	return nil
}

// Usage finds a quota of the subscription by its name in any case; nil when
// Azure tells none. The API's description lists, under the same names, what
// single workspaces and computes use, and -1 for what has no limit.
func (o *Offer) Usage(name string) *Usage {
	for i := range o.Usages {
		u := &o.Usages[i]
		if strings.EqualFold(u.Name.Value, name) && u.Limit >= 0 && !strings.Contains(strings.ToLower(u.ID), "/workspaces/") {
			return u
		}
	}
	return nil
}

// Near lists up to three sizes for computes of a type whose names are near to
// one that the region does not have: those of its series, where there are any.
func (o *Offer) Near(name, computeType string) []string {
	const most, far = 3, 6
	var known, kin []string
	for i := range o.Sizes {
		s := &o.Sizes[i]
		if !s.Serves(computeType) {
			continue
		}
		known = append(known, s.Name)
		if strings.EqualFold(series(s.Name), series(name)) {
			kin = append(kin, s.Name)
		}
	}
	if len(kin) > 0 {
		known = kin
	}
	return strictyaml.Nearest(name, known, most, far)
}

// series is the letters before a size's first figure: NC of Standard_NC6s_v3.
func series(size string) string {
	_, s, found := strings.Cut(size, "_")
	if !found {
		s = size
	}
	if i := strings.IndexAny(s, "0123456789"); i >= 0 {
		s = s[:i]
	}
	return s
}

// Serves reports whether computes of a type can be made of the size; where
// Azure does not say, they can.
func (s *Size) Serves(computeType string) bool {
	return len(s.Kinds) == 0 || slices.ContainsFunc(s.Kinds, func(k string) bool { return strings.EqualFold(k, computeType) })
}

// The tiers of prices. Nodes of low priority are Spot since 31 March 2026; no
// answer has been recorded since, so both names count.
var (
	dedicated = []string{"Standard"}
	spot      = []string{"LowPriority", "Spot"}
)

// Hourly is the estimated price of one node for an hour and its currency. For
// one size Azure may name several prices, in no order: the least is taken. The
// third result is false where it names none.
func (s *Size) Hourly(windows, lowPriority bool) (price float64, currency string, known bool) {
	tiers := dedicated
	if lowPriority {
		tiers = spot
	}
	prices := s.prices(windows, tiers)
	if len(prices) == 0 {
		return 0, "", false
	}
	return slices.Min(prices), s.Estimate.Currency, true
}

// AtMost is the most that one node may cost for an hour, of whatever tier: the
// price of a Spot node varies up to that of pay-as-you-go. Of several prices the
// greatest is taken. It is false where Azure names no pay-as-you-go price.
func (s *Size) AtMost(windows bool) (price float64, known bool) {
	prices := s.prices(windows, dedicated)
	if len(prices) == 0 {
		return 0, false
	}
	return slices.Max(append(prices, s.prices(windows, spot)...)), true
}

// prices are those of one node for an hour. No node is free: 0 is no price.
func (s *Size) prices(windows bool, tiers []string) (found []float64) {
	system := "Linux"
	if windows {
		system = "Windows"
	}
	for _, p := range s.Estimate.Values {
		if s.Estimate.Unit == "OneHour" && p.OS == system && slices.Contains(tiers, p.Tier) && p.Retail > 0 {
			found = append(found, p.Retail)
		}
	}
	return found
}

// Pools names the quotas that nodes of the size count against. Whether Spot
// nodes still count against the low-priority pool, no public source says.
func (s *Size) Pools(lowPriority bool) []string {
	if lowPriority {
		return []string{TotalLowPriorityCores}
	}
	return []string{s.Family, TotalDedicatedCores}
}
