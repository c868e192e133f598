package spec

import (
	"fmt"
	"regexp"
	"sync"
	"time"
)

// retirementNotice is how long before its date a retirement is warned of.
const retirementNotice = 365 * 24 * time.Hour

// retirement is that of a series of VM sizes.
type retirement struct {
	series string // Microsoft's name for it
	sizes  string // pattern of the names of its sizes, without Standard_ and _Promo
	on     string // date; from then on nodes are stopped and none are made
	source string // the announcement
}

// sizeLifecycle is Microsoft's list of retired and retiring series, read in its
// version of 24 September 2026.
const sizeLifecycle = "https://learn.microsoft.com/azure/virtual-machines/sizes/lifecycle/retirements-and-capacity-restrictions"

// The announcements of single series.
const (
	updates       = "https://azure.microsoft.com/updates/"
	update2028May = updates + "?id=485569"
	update2028Nov = updates + "?id=500682"
	update24rs    = updates + "standardnc24rsv3-virtual-machines-will-be-retired-on-march-31st-2025/"
	guides        = "https://learn.microsoft.com/azure/virtual-machines/sizes/migration-guides/"
)

// retirements is every series whose retirement is announced.
var retirements = []retirement{
	{"A", `A\d+`, "2024-08-31", guides + "av1-series-retirement"},
	{"Av2", `A\d+m?_v2`, "2028-11-15", update2028Nov},
	{"B", `B\d+l?m?s`, "2028-11-15", update2028Nov},
	{"D", `D\d+`, "2028-05-01", update2028May},
	{"DCas_cc_v5", `DC\d+ad?s_cc_v5`, "2026-09-01", sizeLifecycle},
	{"DCsv2", `DC\d+s_v2`, "2026-06-30", updates + "?id=496104"},
	{"DCsv3", `DC\d+d?s_v3`, "2029-10-31", sizeLifecycle},
	{"Ds", `DS\d+(-\d+)?`, "2028-05-01", update2028May},
	{"Dsv2", `DS\d+(-\d+)?i?_v2`, "2028-05-01", update2028May},
	{"Dsv3", `D\d+s_v3`, "2029-11-15", sizeLifecycle},
	{"Dv2", `D\d+i?_v2`, "2028-05-01", update2028May},
	{"Dv3", `D\d+_v3`, "2029-11-15", sizeLifecycle},
	{"ECas_cc_v5", `EC\d+ad?s_cc_v5`, "2026-09-01", sizeLifecycle},
	{"Esv3", `E\d+(-\d+)?i?s_v3`, "2029-11-15", sizeLifecycle},
	{"Ev3", `E\d+i?_v3`, "2029-11-15", sizeLifecycle},
	{"F", `F\d+`, "2028-11-15", update2028Nov},
	{"Fs", `F\d+s`, "2028-11-15", update2028Nov},
	{"Fsv2", `F\d+s_v2`, "2028-11-15", update2028Nov},
	{"G", `G\d+`, "2028-11-15", update2028Nov},
	{"Gs", `GS\d+(-\d+)?`, "2028-11-15", update2028Nov},
	{"HB", `HB60(-\d+)?rs`, "2024-08-31", guides + "hb-series-retirement"},
	{"HBv2", `HB120(-\d+)?rs_v2`, "2027-05-31", sizeLifecycle},
	{"HC", `HC44(-\d+)?rs`, "2027-05-31", sizeLifecycle},
	{"Ls", `L\d+s`, "2028-05-01", update2028May},
	{"Lsv2", `L\d+s_v2`, "2028-11-15", update2028Nov},
	{"M192_v2", `M192id?m?s_v2`, "2027-03-31", sizeLifecycle},
	{"NC", `NC\d+r?`, "2023-09-06", guides + "nc-series-retirement"},
	{"NCv2", `NC\d+r?s_v2`, "2023-09-06", guides + "ncv2-series-retirement"},
	{"NCv3", `NC\d+s_v3`, "2025-09-30", sizeLifecycle},
	{"NCv3", `NC24rs_v3`, "2025-03-31", update24rs},
	{"ND", `ND\d+r?s`, "2023-09-06", guides + "nd-series-retirement"},
	{"NP", `NP\d+s`, "2027-05-31", updates + "?id=548497"},
	{"NV", `NV\d+`, "2023-09-06", guides + "nv-series-retirement"},
	{"NVv3", `NV\d+s_v3`, "2026-09-30", updates + "?id=500573"},
	{"NVv4", `NV\d+as_v4`, "2026-09-30", updates + "?id=500578"},
}

// announced is a row of retirements, read.
type announced struct {
	*retirement
	names *regexp.Regexp
	date  time.Time
}

var announcements = sync.OnceValue(func() []announced {
	list := make([]announced, len(retirements))
	for i := range retirements {
		r := &retirements[i]
		date, err := time.Parse(time.DateOnly, r.on)
		if err != nil {
			panic(err) // a test reads them all
		}
		list[i] = announced{r, regexp.MustCompile(`(?i)^(standard_)?(` + r.sizes + `)(_promo)?$`), date}
	}
	return list
})

// RetiredSize says when Azure retires a VM size, as on a day; "" if nothing is
// announced of it, or not for the next 365 days.
func RetiredSize(size string, day time.Time) string {
	for _, a := range announcements() {
		if !a.names.MatchString(size) || a.date.Sub(day) > retirementNotice {
			continue
		}
		verb := "retired"
		if day.Before(a.date) {
			verb = "retires"
		}
		return fmt.Sprintf("Azure %s %s (%s-series) on %s; choose a newer size: %s", verb, size, a.series, a.on, a.source)
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
