package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// retirementNotice is how long before its date a retirement is warned of.
const retirementNotice = 365 * 24 * time.Hour

// Retirement is that of a series of VM sizes.
type Retirement struct {
	Series string // Microsoft's name for it
	sizes  string // pattern of the names of its sizes, as seriesName has them
	On     string // date; from then on Azure stops such nodes and makes none
	Source string // the announcement
}

// The announcements. The lifecycle page is Microsoft's list of retired and
// retiring series, read in its version of 24 September 2026. It has a later date
// for NC24rs_v3 than the announcement of that size.
const (
	vmSizes       = "https://learn.microsoft.com/azure/virtual-machines/sizes/"
	lifecycle     = vmSizes + "lifecycle/retirements-and-capacity-restrictions"
	guides        = vmSizes + "migration-guides/"
	updates       = "https://azure.microsoft.com/updates/"
	update2028May = updates + "?id=485569"
	update2028Nov = updates + "?id=500682"
	update24rs    = updates + "standardnc24rsv3-virtual-machines-will-be-retired-on-march-31st-2025/"
)

// Retirements returns every series whose retirement is announced, by its name.
func Retirements() []Retirement { return slices.Clone(retirements) }

var retirements = []Retirement{
	{"A", `a\d+`, "2024-08-31", guides + "av1-series-retirement"},
	{"Av2", `a\d+m?_v2`, "2028-11-15", update2028Nov},
	{"B", `b\d+l?m?s`, "2028-11-15", update2028Nov},
	{"D", `d\d+`, "2028-05-01", update2028May},
	{"DCas_cc_v5", `dc\d+ad?s_cc_v5`, "2026-09-01", lifecycle},
	{"DCsv2", `dc\d+s_v2`, "2026-06-30", updates + "?id=496104"},
	{"DCsv3", `dc\d+d?s_v3`, "2029-10-31", lifecycle},
	{"Ds", `ds\d+(-\d+)?`, "2028-05-01", update2028May},
	{"Dsv2", `ds\d+(-\d+)?i?_v2`, "2028-05-01", update2028May},
	{"Dsv3", `d\d+s_v3`, "2029-11-15", lifecycle},
	{"Dv2", `d\d+i?_v2`, "2028-05-01", update2028May},
	{"Dv3", `d\d+_v3`, "2029-11-15", lifecycle},
	{"ECas_cc_v5", `ec\d+ad?s_cc_v5`, "2026-09-01", lifecycle},
	{"Esv3", `e\d+(-\d+)?i?s_v3`, "2029-11-15", lifecycle},
	{"Ev3", `e\d+i?_v3`, "2029-11-15", lifecycle},
	{"F", `f\d+`, "2028-11-15", update2028Nov},
	{"Fs", `f\d+s`, "2028-11-15", update2028Nov},
	{"Fsv2", `f\d+s_v2`, "2028-11-15", update2028Nov},
	{"G", `g\d+`, "2028-11-15", update2028Nov},
	{"Gs", `gs\d+(-\d+)?`, "2028-11-15", update2028Nov},
	{"HB", `hb60(-\d+)?rs`, "2024-08-31", guides + "hb-series-retirement"},
	{"HBv2", `hb120(-\d+)?rs_v2`, "2027-05-31", lifecycle},
	{"HC", `hc44(-\d+)?rs`, "2027-05-31", lifecycle},
	{"Ls", `l\d+s`, "2028-05-01", update2028May},
	{"Lsv2", `l\d+s_v2`, "2028-11-15", update2028Nov},
	{"M192_v2", `m192id?m?s_v2`, "2027-03-31", lifecycle},
	{"NC", `nc\d+r?`, "2023-09-06", guides + "nc-series-retirement"},
	{"NCv2", `nc\d+r?s_v2`, "2023-09-06", guides + "ncv2-series-retirement"},
	{"NCv3", `nc\d+s_v3`, "2025-09-30", lifecycle},
	{"NCv3-NC24rs", `nc24rs_v3`, "2025-03-31", update24rs},
	{"ND", `nd\d+r?s`, "2023-09-06", guides + "nd-series-retirement"},
	{"NP", `np\d+s`, "2027-05-31", updates + "?id=548497"},
	{"NV", `nv\d+`, "2023-09-06", guides + "nv-series-retirement"},
	{"NVv3", `nv\d+s_v3`, "2026-09-30", updates + "?id=500573"},
	{"NVv4", `nv\d+as_v4`, "2026-09-30", updates + "?id=500578"},
}

// announced is a row of retirements, read.
type announced struct {
	*Retirement
	names *regexp.Regexp
	date  time.Time
}

var announcements = sync.OnceValue(func() []announced {
	list := make([]announced, len(retirements))
	for i := range retirements {
		r := &retirements[i]
		date, err := time.Parse(time.DateOnly, r.On)
		if err != nil {
			panic(err) // a test reads them all
		}
		list[i] = announced{r, regexp.MustCompile(`^` + r.sizes + `$`), date}
	}
	return list
})

// seriesName is a size's name in lower case, without what tells no series from
// another.
func seriesName(size string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(size), "standard_"), "_promo")
}

// RetiredSize says when Azure retires a VM size, as on a day; "" if nothing is
// announced of it, or not for the next 365 days.
func RetiredSize(size string, day time.Time) string {
	name := seriesName(size)
	for _, a := range announcements() {
		if !a.names.MatchString(name) || a.date.Sub(day) > retirementNotice {
			continue
		}
		verb := "retired"
		if day.Before(a.date) {
			verb = "retires"
		}
		return fmt.Sprintf("Azure %s %s on %s; choose a newer size: %s", verb, size, a.On, a.Source)
	}
	return ""
}

// warnRetired warns of a retired VM size, stated or the default, as on a day.
func (c *checker) warnRetired(x *Compute, today time.Time) {
	f := x.Kind.Field("size")
	if f == nil || today.IsZero() {
		return
	}
	size := x.Text(f.Name)
	if size == "" {
		size, _ = x.Otherwise(f).(string)
	}
	if why := RetiredSize(size, today); why != "" {
		c.warn(f.Name, "retired-size", "%s", why)
	}
}
