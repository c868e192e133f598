package spec

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// sizesOf are sizes of each series that is retired, and after a dash sizes of
// others with names like theirs.
var sizesOf = map[string]string{
	"2023-09-06": "NC6 NC24r Standard_NC12_Promo NC6s_v2 NC24rs_v2 ND6s ND24rs NV6 NV24",
	"2024-08-31": "A0 A11 HB60rs HB60-45rs",
	"2025-03-31": "NC24rs_v3 STANDARD_NC24RS_V3",
	"2025-09-30": "NC6s_v3 NC12s_v3 NC24s_v3",
	"2026-06-30": "DC2s_v2",
	"2026-09-01": "DC4as_cc_v5 DC4ads_cc_v5 EC8as_cc_v5 EC8ads_cc_v5",
	"2026-09-30": "NV12s_v3 NV48s_v3 NV4as_v4 NV32as_v4",
	"2027-03-31": "M192is_v2 M192ims_v2 M192ids_v2 M192idms_v2",
	"2027-05-31": "NP10s NP40s HB120rs_v2 HB120-64rs_v2 HC44rs HC44-16rs",
	"2028-05-01": "D1 D14 DS1 DS14 D1_v2 D15_v2 D15i_v2 D11_v2_Promo STANDARD_DS3_V2 standard_ds3_v2 DS11-1_v2 DS15i_v2 L4s L32s",
	"2028-11-15": "A1_v2 A2m_v2 F1 F16 F1s F16s F2s_v2 F72s_v2 B1ls B1s B2s B2ms B20ms L8s_v2 L80s_v2 G1 G5 GS1 GS5-16",
	"2029-10-31": "DC1s_v3 DC48ds_v3",
	"2029-11-15": "D2_v3 D64_v3 D2s_v3 D64s_v3 E2_v3 E64i_v3 E2s_v3 E4-2s_v3 E64is_v3 E64-16s_v3",
	"": "D16ads_v5 D2as_v4 D2ds_v4 D4_v4 D4s_v4 D4_v5 D4s_v5 D4ps_v5 D4s_v6 DC2as_v5 DC2ads_v5 DC4es_v6 E4s_v4 E4ds_v4 E4s_v5 E4-2s_v4 " +
		"B2s_v2 B2ts_v2 B2als_v2 B2as_v2 B2pls_v2 B4ps_v2 F4as_v6 F4ams_v6 F2als_v7 L8s_v3 L8as_v3 L2s_v4 HB120rs_v3 HB120-16rs_v3 HB176rs_v4 HX176rs " +
		"NC4as_T4_v3 NC8as_T4_v3 NC24ads_A100_v4 NC40ads_H100_v5 ND40rs_v2 ND96asr_v4 ND96amsr_A100_v4 ND96isr_H100_v5 NV6ads_A10_v5 NV36adms_A10_v5 " +
		"NV4ads_V710_v5 M32ms_v2 M64s_v2 M416ms_v2 GB200 Aged Standard_ Small 16 D",
}

// TestRetirements knows each series by the names of its sizes, and warns of it
// from a year before its date on. The dates of Microsoft's announcements are in
// the test again, as they were read.
func TestRetirements(t *testing.T) {
	seen := map[int]bool{}
	for date, sizes := range sizesOf {
		for size := range strings.FieldsSeq(sizes) {
			if !strings.HasPrefix(strings.ToLower(size), "standard_") {
				size = "Standard_" + size
			}
			hits := 0
			for i, a := range announcements() {
				if a.names.MatchString(seriesName(size)) {
					seen[i] = true
					hits++
				}
			}
			checkRetired(t, size, date, hits)
		}
	}
	for i, r := range retirements {
		if !seen[i] {
			t.Errorf("no size of the %s-series is tried", r.Series)
		}
		if !strings.HasPrefix(r.Source, "https://") {
			t.Errorf("%s: the source is %q", r.Series, r.Source)
		}
	}
	if !slices.IsSortedFunc(retirements, func(a, b Retirement) int { return strings.Compare(a.Series, b.Series) }) {
		t.Error("the series are out of order")
	}
}

func checkRetired(t *testing.T, size, date string, hits int) {
	t.Helper()
	if date == "" {
		if hits > 0 {
			t.Errorf("%s is taken for retired", size)
		}
		return
	}
	on, err := time.Parse(time.DateOnly, date)
	if err != nil || hits != 1 {
		t.Fatalf("%s: %v, in %d series", size, err, hits)
	}
	for day, want := range map[time.Time]string{
		on.Add(-retirementNotice - time.Second): "",
		on.Add(-retirementNotice):               "Azure retires " + size + " on ",
		on.Add(-time.Second):                    "Azure retires " + size + " on ",
		on:                                      "Azure retired " + size + " on ",
		on.AddDate(20, 0, 0):                    "Azure retired " + size + " on ",
	} {
		got := RetiredSize(size, day)
		if !strings.HasPrefix(got, want) || (got == "") != (want == "") || want != "" && !strings.Contains(got, " on "+date+"; ") {
			t.Errorf("%s, on %s: %q", size, day, got)
		}
	}
}

// TestRetiredSizeIsWarnedOf has the size in the file, among the defaults, and
// nowhere, on several days.
func TestRetiredSizeIsWarnedOf(t *testing.T) {
	const cluster = "name: cpu\ntype: amlcompute\n"
	for _, c := range []struct{ name, day, settings, text, want string }{
		{"stated", "2026-11-27", "", cluster + "size: Standard_NC24rs_v3\n", "c.yaml:3:7"},
		{"in any case", "2026-11-27", "", cluster + "size: STANDARD_NC6\n", "c.yaml:3:7"},
		{"to be retired", "2026-11-27", "", cluster + "size: Standard_NP10s\n", "c.yaml:3:7"},
		{"a year and more ahead", "2026-11-27", "", cluster + "size: Standard_DS3_v2\n", ""},
		{"another", "2029-12-01", "", cluster + "size: Standard_D16ads_v5\n", ""},
		{"the default, now", "2026-11-27", "", cluster, ""},
		{"the default, in time", "2027-06-01", "", cluster, "c.yaml:1:1"},
		{"an instance's default", "2027-06-01", "", "name: dev\ntype: computeinstance\nidle_time_before_shutdown_minutes: 30\n" + owned, "c.yaml:1:1"},
		{"among the defaults", "2026-11-27", "defaults: {amlcompute: {size: Standard_NV6}}\n", cluster, "workspace.yaml:5:31"},
		{"in the file, and not the one among the defaults", "2026-11-27", "defaults: {amlcompute: {size: Standard_NV6}}\n", cluster + "size: Standard_D4s_v5\n", ""},
		{"of an AKS cluster that Azure ML makes", "2026-11-27", "ignore_warnings: [superseded]\n", "name: infer\ntype: aks\nsize: Standard_NC6s_v3\n", "c.yaml:3:7"},
		{"of an AKS cluster that states none", "2029-12-01", "ignore_warnings: [superseded]\n", "name: infer\ntype: aks\n", ""},
		{"turned off", "2026-11-27", "ignore_warnings: [retired-size]\n", cluster + "size: Standard_NC6\n", ""},
		{"on no day", "", "", cluster + "size: Standard_NC6\n", ""},
	} {
		var today time.Time
		if c.day != "" {
			today, _ = time.Parse(time.DateOnly, c.day)
		}
		set := load(t, map[string]string{WorkspaceFile: workspaceYAML + c.settings, "c.yaml": c.text}, Options{Today: today})
		if !set.Valid() {
			t.Fatal(set.AllErrors())
		}
		var got []string
		for _, n := range set.AllNotices() {
			if n.Code != "retired-size" {
				t.Errorf("%s: %s", c.name, n)
			}
			got = append(got, n.Pos.String())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: warned at %v, want %q", c.name, got, c.want)
		}
	}
}
