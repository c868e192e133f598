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
	usd          float64 // an hour, on Linux; 0 = the service names no price
	kinds        string  // a letter for each of computeTypes
	gen2, ib     bool
	dedicated    bool // never at low priority
	twice        bool // the Linux price appears a second time, as that of Windows
}

// computeTypes are what a size can serve, by the letters of sizes.txt.
var computeTypes = map[rune]string{'c': "AmlCompute", 'i': "ComputeInstance", 'm': "MIR", 's': "AmlSpark"}

// serves says whether computes of a type can be made of the size.
func (z *size) serves(computeType string) bool {
	return strings.ContainsFunc(z.kinds, func(k rune) bool { return strings.EqualFold(computeTypes[k], computeType) })
}

// sizeOf is the VM size that properties name, a cluster's default where they name none, nil where there is no such size.
func sizeOf(in *object) *size {
	name, _ := in.or("vmSize", clusterSize).(string)
	return sizeNamed(name)
}

// unsupported is the text for a VM size that there is not; the service's own list of supported ones is stale too.
func unsupported(vmSize string) *refusal {
	var names []string
	for i := range sizes()[:10] {
		names = append(names, strings.ToUpper(sizes()[i].name))
	}
	return &refusal{"InvalidPropertyValue", "The specified value " + vmSize +
		" for property Cluster.Properties.VMSize is not a supported VM size. Supported VM sizes: " + strings.Join(names, ",")}
}

// vmSizes lists the VM sizes of a region, not paged.
func (s *Server) vmSizes(*request) answer {
	list := make([]any, len(sizes()))
	for i := range list {
		list[i] = sizes()[i].document()
	}
	return jsonAnswer(http.StatusOK, obj("value", list))
}

func (z *size) document() *object {
	generation := "gen1"
	if z.gen2 {
		generation = "gen2"
	}
	types := []any{}
	for _, k := range z.kinds {
		types = append(types, computeTypes[k])
	}
	o := obj("name", z.name, "family", z.family, "vCPUs", z.vCPUs, "gpus", z.gpus, "osVhdSizeMB", 1047552,
		"maxResourceVolumeMB", 10240*z.vCPUs, "memoryGB", decimal(z.memoryGB), "lowPriorityCapable", !z.dedicated,
		"premiumIO", z.premium())
	if z.usd > 0 {
		o.set("estimatedVMPrices", obj("billingCurrency", "USD", "unitOfMeasure", "OneHour", "values", z.prices()))
	}
	o.set("supportedComputeTypes", types)
	o.set("generation", generation)
	o.set("supportsIB", z.ib)
	return o
}

// premium says whether the size takes premium disks: one with an s in its name does.
func (z *size) premium() bool {
	series, _, _ := strings.Cut(strings.TrimPrefix(z.name, "Standard_"), "_")
	return strings.ContainsAny(series, "sS")
}

// prices are the estimates. In every recorded one Windows is 4.6 cents a vCPU more, and low priority costs a fifth on
// Linux and two fifths on Windows.
func (z *size) prices() []any {
	price := func(usd float64, system, tier string) any {
		return obj("retailPrice", decimal(usd), "osType", system, "vmTier", tier)
	}
	windows := z.usd + .046*float64(z.vCPUs)
	list := []any{
		price(windows, "Windows", "Standard"), price(z.usd/5, "Linux", "LowPriority"), price(z.usd, "Linux", "Standard"),
		price(windows*2/5, "Windows", "LowPriority"),
	}
	if z.twice {
		list = append([]any{price(windows*2/5, "Linux", "LowPriority"), price(windows, "Linux", "Standard")}, list...)
	}
	return list
}

// decimal is a number as the service writes one that may have a fraction.
func decimal(f float64) json.Number {
	s := strconv.FormatFloat(f, 'f', 2, 64)
	return json.Number(strings.TrimSuffix(s, "0"))
}
