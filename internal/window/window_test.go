package window

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/adhocore/gronx"
	"pgregory.net/rapid"
)

func window(t *testing.T, text string) Window {
	t.Helper()
	part := strings.Split(text, "|") // allow or deny, cron, how long, zone
	lasts, err := time.ParseDuration(part[2])
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckCron(part[1]); err != nil {
		t.Fatal(err)
	}
	return Window{Deny: part[0] == "deny", Cron: part[1], Seconds: int64(lasts.Seconds()), Zone: part[3]}
}

// TestEdges asks single sets when they open and close.
func TestEdges(t *testing.T) {
	const never = "never"
	nights := "allow|0 22 * * 1-5|6h|Europe/Berlin"
	for _, c := range []struct {
		name, windows, at, opens, closes string // closes: after it opened
	}{
		{"no windows", "", "2026-11-25T12:00:00Z", "2026-11-25T12:00:00Z", never},
		{"open", nights, "2026-11-25T21:30:00Z", "2026-11-25T21:30:00Z", "2026-11-26T03:00:00Z"},
		{"its first moment", nights, "2026-11-25T21:00:00Z", "2026-11-25T21:00:00Z", "2026-11-26T03:00:00Z"},
		{"a moment too early", nights, "2026-11-25T20:59:59.999Z", "2026-11-25T21:00:00Z", "2026-11-26T03:00:00Z"},
		{"its end is outside", nights, "2026-11-26T03:00:00Z", "2026-11-26T21:00:00Z", "2026-11-27T03:00:00Z"},
		{"over the weekend", nights, "2026-11-28T12:00:00Z", "2026-11-30T21:00:00Z", "2026-12-01T03:00:00Z"},
		{"in summer", nights, "2026-07-01T12:00:00Z", "2026-07-01T20:00:00Z", "2026-07-02T02:00:00Z"},
		{"the first Saturday of a month", "allow|0 2 * * 6#1|4h|UTC", "2026-11-25T12:00:00Z", "2026-12-05T02:00:00Z", "2026-12-05T06:00:00Z"},
		{"the last day of a month", "allow|0 2 L * *|4h|UTC", "2026-11-25T12:00:00Z", "2026-11-30T02:00:00Z", "2026-11-30T06:00:00Z"},
		{"the 29th of February", "allow|0 0 29 2 *|24h|UTC", "2026-11-25T12:00:00Z", "2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z"},
		{"two that allow unite", "allow|0 8 * * *|4h|UTC\nallow|0 11 * * *|4h|UTC", "2026-11-25T09:00:00Z", "2026-11-25T09:00:00Z", "2026-11-25T15:00:00Z"},
		{"two that follow each other", "allow|0 8 * * *|4h|UTC\nallow|0 12 * * *|4h|UTC", "2026-11-25T09:00:00Z", "2026-11-25T09:00:00Z", "2026-11-25T16:00:00Z"},
		{"deny alone", "deny|0 8 * * *|4h|UTC", "2026-11-25T09:00:00Z", "2026-11-25T12:00:00Z", "2026-11-26T08:00:00Z"},
		{"deny wins", "allow|0 8 * * *|8h|UTC\ndeny|0 10 * * *|2h|UTC", "2026-11-25T10:30:00Z", "2026-11-25T12:00:00Z", "2026-11-25T16:00:00Z"},
		{"deny cuts short", "allow|0 8 * * *|8h|UTC\ndeny|0 10 * * *|2h|UTC", "2026-11-25T09:00:00Z", "2026-11-25T09:00:00Z", "2026-11-25T10:00:00Z"},
		{"deny outlasts", "allow|0 8 * * *|8h|UTC\ndeny|0 10 * * 3|24h|UTC", "2026-11-25T10:30:00Z", "2026-11-26T10:00:00Z", "2026-11-26T16:00:00Z"},
		{"always denied", "allow|0 8 * * *|8h|UTC\ndeny|0 0 * * *|24h|UTC", "2026-11-25T09:00:00Z", never, never},
		{"always allowed", "allow|0 0 * * *|24h|UTC\ndeny|0 12 24 12 *|1h|UTC", "2026-11-25T09:00:00Z", "2026-11-25T09:00:00Z", "2026-12-24T12:00:00Z"},

		// The clock of Berlin is put forward on 2027-03-28 at 02:00 (01:00Z), and back on 2026-10-25 at 03:00 (01:00Z).
		{"the minute is left out", "allow|30 2 * * *|1h|Europe/Berlin", "2027-03-27T20:00:00Z", "2027-03-28T01:00:00Z", "2027-03-28T02:00:00Z"},
		{"two minutes are left out", "allow|*/20 2 * * *|1h|Europe/Berlin", "2027-03-27T20:00:00Z", "2027-03-28T01:00:00Z", "2027-03-28T02:00:00Z"},
		{"it opens at the very change", "allow|0 0 * * 0|1h|America/Sao_Paulo", "2001-10-14T02:59:59.5Z", "2001-10-14T03:00:00Z", "2001-10-14T04:00:00Z"},
		{"the day after", "allow|30 2 * * *|1h|Europe/Berlin", "2027-03-28T03:00:00Z", "2027-03-29T00:30:00Z", "2027-03-29T01:30:00Z"},
		{"the minute comes twice: first", "allow|30 2 * * *|10m|Europe/Berlin", "2026-10-24T20:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T00:40:00Z"},
		{"the minute comes twice: again", "allow|30 2 * * *|10m|Europe/Berlin", "2026-10-25T00:40:00Z", "2026-10-25T01:30:00Z", "2026-10-25T01:40:00Z"},
		{"an hour longer", "allow|0 22 * * *|8h|Europe/Berlin", "2026-10-24T20:00:00Z", "2026-10-24T20:00:00Z", "2026-10-25T04:00:00Z"},
		{"a day that Samoa left out", "deny|0 12 30 12 *|6h|Pacific/Apia", "2011-12-30T10:30:00Z", "2011-12-30T16:00:00Z", "2012-12-29T22:00:00Z"},
		{"an hour of half an hour", "allow|15 2 * * *|10m|Australia/Lord_Howe", "2026-10-03T10:00:00Z", "2026-10-03T15:30:00Z", "2026-10-03T15:40:00Z"},
		{"zones side by side", "allow|0 9 * * *|2h|Europe/Berlin\nallow|0 9 * * *|2h|America/New_York", "2026-11-25T10:00:00Z", "2026-11-25T14:00:00Z", "2026-11-25T16:00:00Z"},
	} {
		var s Set
		for line := range strings.FieldsFuncSeq(c.windows, func(r rune) bool { return r == '\n' }) {
			s = append(s, window(t, line))
		}
		at, err := time.Parse(time.RFC3339Nano, c.at)
		if err != nil {
			t.Fatal(err)
		}
		opens, closes := never, never
		if o, ok := Opening(at, s); ok {
			opens = o.UTC().Format(time.RFC3339Nano)
			if e, ok := Closing(o, s); ok {
				closes = e.UTC().Format(time.RFC3339Nano)
			}
		}
		if opens != c.opens || closes != c.closes {
			t.Errorf("%s: opens %s and closes %s, want %s and %s", c.name, opens, closes, c.opens, c.closes)
		}
	}
}

// TestZoneOfAnOpening tells the opening in the zone of the window.
func TestZoneOfAnOpening(t *testing.T) {
	s := Set{window(t, "allow|0 22 * * *|6h|Asia/Kolkata")}
	at, _ := Opening(time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC), s)
	if got := at.Format(time.RFC3339) + " " + at.Location().String(); got != "2026-11-25T22:00:00+05:30 Asia/Kolkata" {
		t.Error(got)
	}
}

// TestUnknownZone keeps shut what nobody can tell.
func TestUnknownZone(t *testing.T) {
	s := Set{{Cron: "* * * * *", Seconds: 60, Zone: "Mars/Olympus"}}
	if at, ok := Opening(time.Unix(0, 0), s); ok {
		t.Errorf("it opens at %s", at)
	}
	if at, ok := Closing(time.Unix(0, 0), s); !ok || !at.Equal(time.Unix(0, 0)) {
		t.Errorf("it closes at %s, %v", at, ok)
	}
}

func TestChecks(t *testing.T) {
	for _, good := range []string{"* * * * *", "*/5 8-17 * * 1-5", "0 2 * * 6#1", "0 2 L * *", "0 2 15W * *", "0 0 29 2 *", "0 0 * * SUN,SAT", "0 0 1,15 JAN-MAR *"} {
		if err := CheckCron(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "* * * *", "* * * * * *", "@daily", "60 * * * *", "*,60 * * * *", "0 24 * * *", "0 0 0 * *", "0 0 * 13 *", "0 0 * * 8", "a * * * *", "1-0 * * * *", "*/0 * * * *",
		"1-5-7 * * * *", "1- * * * *", "0 0 * * MON-", "*/5/5 * * * *", "0 0 * * 6#9", "0 0 30 2 *", "0/ * * * *", "0,,1 * * * *", "-1 * * * *", "0 0 * * 6#",
	} {
		if CheckCron(bad) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	for _, bad := range []string{"", "Local", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "berlin"} {
		if CheckZone(bad) == nil {
			t.Errorf("zone %q is taken", bad)
		}
	}
	if err := CheckZone("Europe/Berlin"); err != nil {
		t.Error(err)
	}
}

func TestAbout(t *testing.T) {
	s := Set{{Cron: "1 * * * *"}, {Cron: "2 * * * *", Actions: []string{"delete", "replace"}}, {Cron: "3 * * * *", Actions: []string{"create"}}}
	about := s.About(func(word string) bool { return word == "replace" })
	if len(about) != 2 || about[0].Cron != "1 * * * *" || about[1].Cron != "2 * * * *" {
		t.Errorf("got %v", about)
	}
}

// minutes is the model: it walks through the minutes one by one.
type minutes struct {
	from time.Time
	open []bool
}

// walk says of each minute whether changes may begin in it. Windows that began
// up to a day and a half before are known, so none may last longer.
func (s Set) walk(t *rapid.T, from time.Time, n int) minutes {
	const before = 36 * 60
	allowed, denied, any := make([]bool, n), make([]bool, n), false
	for _, w := range s {
		zone, err := time.LoadLocation(w.Zone)
		if err != nil {
			t.Fatal(err)
		}
		any = any || !w.Deny
		for i := -before; i < n; i++ {
			if !begins(t, w.Cron, from.Add(time.Duration(i)*time.Minute).In(zone)) {
				continue
			}
			for j := max(i, 0); j < min(n, i+int(w.Seconds/60)); j++ {
				if w.Deny {
					denied[j] = true
				} else {
					allowed[j] = true
				}
			}
		}
	}
	m := minutes{from, make([]bool, n)}
	for i := range m.open {
		m.open[i] = (allowed[i] || !any) && !denied[i]
	}
	return m
}

// begins reports whether a window begins in a minute: its time is named, or
// one that the clock left out to get there.
func begins(t *rapid.T, expr string, minute time.Time) bool {
	named := func(clock time.Time) bool {
		due, err := gronx.New().IsDue(expr, clock)
		if err != nil {
			t.Fatal(err)
		}
		return due
	}
	last := minute.Add(-time.Minute)
	face := func(x time.Time) time.Time {
		return time.Date(x.Year(), x.Month(), x.Day(), x.Hour(), x.Minute(), 0, 0, time.UTC)
	}
	for skipped := face(last).Add(time.Minute); skipped.Before(face(minute)); skipped = skipped.Add(time.Minute) {
		if named(skipped) {
			return true
		}
	}
	return named(face(minute))
}

// until is the first minute from i on that is as asked for, -1 for none.
func (m minutes) until(i int, open bool) int {
	j := slices.Index(m.open[i:], open)
	if j < 0 {
		return -1
	}
	return i + j
}

var (
	zones = rapid.SampledFrom([]string{
		"UTC", "Europe/Berlin", "Europe/London", "Europe/Dublin", "America/New_York", "America/Sao_Paulo", "America/St_Johns", "America/Santiago", "Africa/Casablanca", "Africa/Cairo",
		"Asia/Kolkata", "Asia/Kathmandu", "Asia/Tehran", "Asia/Gaza", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati", "Antarctica/Troll",
	})
	crons = rapid.Custom(func(t *rapid.T) string {
		field := func(name string, lo, hi int) string {
			a, b := rapid.IntRange(lo, hi).Draw(t, name), rapid.IntRange(lo, hi).Draw(t, name)
			switch rapid.IntRange(0, 4).Draw(t, name+" is") {
			case 0:
				return fmt.Sprint(a)
			case 1:
				return fmt.Sprintf("%d-%d", min(a, b), max(a, b))
			case 2:
				return fmt.Sprintf("%d,%d", a, b)
			case 3:
				return fmt.Sprintf("*/%d", max(1, a))
			}
			return "*"
		}
		days := [3]string{"*", "*", "*"}
		switch rapid.IntRange(0, 4).Draw(t, "days") {
		case 0:
			days[2] = field("weekday", 0, 6)
		case 1:
			days[0] = field("day", 1, 28)
		case 2:
			days[0], days[2] = fmt.Sprint(rapid.IntRange(1, 28).Draw(t, "day")), fmt.Sprint(rapid.IntRange(0, 6).Draw(t, "weekday"))
		}
		return fmt.Sprintf("%s %s %s %s %s", field("minute", 0, 59), field("hour", 0, 23), days[0], days[1], days[2])
	})
	windows = rapid.Custom(func(t *rapid.T) Window {
		return Window{
			Deny: rapid.Bool().Draw(t, "deny"), Cron: crons.Draw(t, "cron"), Zone: zones.Draw(t, "zone"),
			Seconds: 60 * rapid.SampledFrom([]int64{1, 5, 30, 60, 90, 6 * 60, 24 * 60, 30 * 60}).Draw(t, "minutes"),
		}
	})
)

// moment is one of this century, most often close to where a zone's clock is
// put forward or back.
func moment(t *rapid.T, name string) time.Time {
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(rapid.Int64Range(1_000_000_000, 2_100_000_000).Draw(t, "at"), 0).In(zone)
	if _, change := at.ZoneBounds(); !change.IsZero() && rapid.IntRange(0, 3).Draw(t, "close") > 0 {
		at = change.Add(time.Duration(rapid.IntRange(-24*3600, 6*3600).Draw(t, "seconds off")) * time.Second)
	}
	return at.UTC()
}

// TestAgainstMinutes holds openings and closings of random windows, around the
// changes of their zones' clocks, against a walk through every minute.
func TestAgainstMinutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Set(rapid.SliceOfN(windows, 1, 3).Draw(t, "windows"))
		at := moment(t, s[0].Zone)
		const n = 36 * 60
		from := at.Truncate(time.Minute)
		m := s.walk(t, from, n)

		opens, ok := Opening(at, s)
		i := m.until(0, true)
		want := at
		if i > 0 {
			want = from.Add(time.Duration(i) * time.Minute)
		}
		switch {
		case i < 0 && ok && opens.Before(from.Add(n*time.Minute)), i >= 0 && (!ok || !opens.Equal(want)):
			t.Fatalf("it opens at %v (%v), the walk says minute %d, %v", opens, ok, i, want)
		case i < 0:
			return
		}
		closes, ok := Closing(opens, s)
		j := m.until(i, false)
		want = from.Add(time.Duration(j) * time.Minute)
		if j < 0 && ok && closes.Before(from.Add(n*time.Minute)) || j >= 0 && (!ok || !closes.Equal(want)) {
			t.Fatalf("it closes at %v (%v), the walk says minute %d, %v", closes, ok, j, want)
		}
	})
}
