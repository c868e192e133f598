package armsim

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// size is a VM size of the region's list.
type size struct {
	name, family string
	vCPUs, gpus  int
	memoryGB     float64
	both         bool    // for instances as well as clusters
	prices       []price // none for many old sizes
}

// price is an estimate in USD an hour.
type price struct {
	usd      float64
	os, tier string
}

func linux(standard, low float64) []price {
	return []price{{standard * 1.9, "Windows", "Standard"}, {low, "Linux", "LowPriority"}, {standard, "Linux", "Standard"}}
}

// sizes are a part of what the service listed for eastus in November 2025. As there, old sizes have no price, some serve
// clusters only, and Standard_D16ads_v5 contradicts itself.
var sizes = []size{
	{"Standard_A1_v2", "standardAv2Family", 1, 0, 2, true, nil},
	{"Standard_A2_v2", "standardAv2Family", 2, 0, 4, true, nil},
	{"Standard_D1", "standardDFamily", 1, 0, 3.5, false, nil},
	{"Standard_D2", "standardDFamily", 2, 0, 7, false, nil},
	{"Standard_D1_v2", "standardDv2Family", 1, 0, 3.5, true, nil},
	{"Standard_D2_v2", "standardDv2Family", 2, 0, 7, true, nil},
	{"Standard_D3_v2", "standardDv2Family", 4, 0, 14, true, nil},
	{"Standard_DS1_v2", "standardDSv2Family", 1, 0, 3.5, true, linux(.07, .01)},
	{"Standard_DS2_v2", "standardDSv2Family", 2, 0, 7, true, linux(.15, .03)},
	{"Standard_DS3_v2", "standardDSv2Family", 4, 0, 14, true, linux(.29, .06)},
	{"Standard_DS4_v2", "standardDSv2Family", 8, 0, 28, true, linux(.58, .12)},
	{"Standard_DS5_v2", "standardDSv2Family", 16, 0, 56, true, linux(1.17, .23)},
	{"Standard_DS11_v2", "standardDSv2Family", 2, 0, 14, true, linux(.18, .04)},
	{"Standard_DS12_v2", "standardDSv2Family", 4, 0, 28, true, linux(.37, .07)},
	{"Standard_D2s_v3", "standardDSv3Family", 2, 0, 8, true, linux(.1, .02)},
	{"Standard_D4s_v3", "standardDSv3Family", 4, 0, 16, true, linux(.19, .04)},
	{"Standard_D8s_v3", "standardDSv3Family", 8, 0, 32, true, linux(.38, .08)},
	{"Standard_D16s_v3", "standardDSv3Family", 16, 0, 64, true, linux(.77, .15)},
	{"Standard_D16as_v4", "standardDASv4Family", 16, 0, 64, true, []price{
		{.77, "Linux", "Standard"}, {.6, "Windows", "LowPriority"}, {.15, "Linux", "LowPriority"}, {1.5, "Windows", "Standard"},
	}},
	{"Standard_D16ds_v4", "standardDDSv4Family", 16, 0, 64, true, []price{
		{.66, "Windows", "LowPriority"}, {.9, "Linux", "Standard"}, {.18, "Linux", "LowPriority"}, {1.64, "Windows", "Standard"},
	}},
	{"Standard_D16ads_v5", "standardDADSv5Family", 16, 0, 64, true, []price{
		{1.56, "Windows", "Standard"},
		{.62, "Linux", "LowPriority"},
		{.16, "Linux", "LowPriority"},
		{.82, "Linux", "Standard"},
		{.62, "Windows", "LowPriority"},
		{1.56, "Linux", "Standard"},
	}},
	{"Standard_E4s_v3", "standardESv3Family", 4, 0, 32, true, linux(.25, .05)},
	{"Standard_E4ds_v4", "standardEDSv4Family", 4, 0, 32, true, linux(.29, .06)},
	{"Standard_E8ds_v4", "standardEDSv4Family", 8, 0, 64, true, linux(.58, .12)},
	{"Standard_F4s_v2", "standardFSv2Family", 4, 0, 8, true, linux(.17, .03)},
	{"Standard_F8s_v2", "standardFSv2Family", 8, 0, 16, true, linux(.34, .07)},
	{"Standard_F16s_v2", "standardFSv2Family", 16, 0, 32, true, linux(.68, .14)},
	{"Standard_NC6", "standardNCFamily", 6, 1, 56, true, nil},
	{"Standard_NC12", "standardNCFamily", 12, 2, 112, true, nil},
	{"Standard_NC6s_v3", "standardNCSv3Family", 6, 1, 112, true, linux(3.06, .61)},
	{"Standard_NC12s_v3", "standardNCSv3Family", 12, 2, 224, true, linux(6.12, 1.22)},
	{"Standard_NC24s_v3", "standardNCSv3Family", 24, 4, 448, true, linux(12.24, 2.45)},
	{"Standard_NC4as_T4_v3", "Standard NCASv3_T4 Family", 4, 1, 28, true, linux(.53, .11)},
	{"Standard_NC8as_T4_v3", "Standard NCASv3_T4 Family", 8, 1, 56, true, linux(.75, .15)},
	{"Standard_NC24ads_A100_v4", "standardNCADSA100v4Family", 24, 1, 220, true, linux(3.67, .73)},
	{"Standard_ND40rs_v2", "standardNDSv2Family", 40, 8, 672, true, linux(22.03, 4.41)},
	{"Standard_ND96asr_v4", "standardNDASv4_A100Family", 96, 8, 900, true, linux(27.2, 5.44)},
}

var sizeByName = func() map[string]*size {
	m := map[string]*size{}
	for i := range sizes {
		m[fold(sizes[i].name)] = &sizes[i]
	}
	return m
}()

// sizeOf is the VM size that properties name, a cluster's default where they name none, nil where there is no such size.
func sizeOf(in *object) *size {
	name, _ := in.or("vmSize", clusterSize).(string)
	return sizeByName[fold(name)]
}

// unsupported is the text for a VM size that there is not; the service's own list of supported ones is stale too.
func unsupported(vmSize string) *refusal {
	var names []string
	for _, z := range sizes[:10] {
		names = append(names, strings.ToUpper(z.name))
	}
	return &refusal{"InvalidPropertyValue", "The specified value " + vmSize +
		" for property Cluster.Properties.VMSize is not a supported VM size. Supported VM sizes: " + strings.Join(names, ",")}
}

// vmSizes lists the VM sizes of a region, not paged.
func (s *Server) vmSizes(*request) answer {
	list := make([]any, len(sizes))
	for i := range sizes {
		list[i] = sizes[i].document()
	}
	return jsonAnswer(http.StatusOK, obj("value", list))
}

func (z *size) document() *object {
	o := obj("name", z.name, "family", z.family, "vCPUs", z.vCPUs, "gpus", z.gpus, "osVhdSizeMB", 1047552,
		"maxResourceVolumeMB", 10240*z.vCPUs, "memoryGB", decimal(z.memoryGB), "lowPriorityCapable", true, "premiumIO", len(z.prices) > 0)
	if len(z.prices) > 0 {
		values := make([]any, len(z.prices))
		for i, p := range z.prices {
			values[i] = obj("retailPrice", decimal(p.usd), "osType", p.os, "vmTier", p.tier)
		}
		o.set("estimatedVMPrices", obj("billingCurrency", "USD", "unitOfMeasure", "OneHour", "values", values))
	}
	types := []any{"AmlCompute"}
	if z.both {
		types = append(types, "ComputeInstance")
	}
	o.set("supportedComputeTypes", types)
	o.set("generation", "gen1")
	o.set("supportsIB", false)
	return o
}

// decimal is a number as the service writes one that may have a fraction.
func decimal(f float64) json.Number {
	s := strconv.FormatFloat(f, 'f', 2, 64)
	return json.Number(strings.TrimSuffix(s, "0"))
}
