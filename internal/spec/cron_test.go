package spec

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestCron reads what NCronTab takes: what it names, and whether that comes.
func TestCron(t *testing.T) {
	bits := func(values ...int) (b uint64) {
		for _, v := range values {
			b |= 1 << v
		}
		return b
	}
	for expr, want := range map[string]struct {
		field int
		bits  uint64
	}{
		"0 18 * * *":                 {1, bits(18)},
		"5,10 18 * * *":              {0, bits(5, 10)},
		"*/20 * * * *":               {0, bits(0, 20, 40)},
		"50/5 * * * *":               {0, bits(50, 55)},
		"0 8-18/5 * * *":             {1, bits(8, 13, 18)},
		"0 0 1-3,31 * *":             {2, bits(1, 2, 3, 31)},
		"0 0 * jan,March-APR,12 *":   {3, bits(1, 3, 4, 12)},
		"0 0 * * mon-FRI":            {4, bits(1, 2, 3, 4, 5)},
		"  00\t18 * *  sunday,6 ":    {4, bits(0, 6)},
		"0 18 * * *,1":               {4, bits(0, 1, 2, 3, 4, 5, 6)},
		"0 18 * * 0":                 {4, bits(0)},
		"59 23 31 12 6":              {0, bits(59)},
		"0,0-59/30 0 1 1 sun-sat/3 ": {0, bits(0, 30)},
	} {
		var c cron
		if wrong := parseCron(expr, &c); wrong != (fault{}) || c[want.field] != want.bits || !c.comes() {
			t.Errorf("%q: %v, %b, want %b", expr, wrong, c[want.field], want.bits)
		}
	}
	for expr, want := range map[string]bool{
		"0 0 31 2 *": false, "0 0 30 feb *": false, "0 0 29 2 *": true, "0 0 31 4,6,9,11 *": false, "0 0 31 4,5 *": true,
		"0 0 30-31 2 mon": false, "0 0 28-31 2 *": true,
	} {
		var c cron
		if wrong := parseCron(expr, &c); wrong != (fault{}) || c.comes() != want {
			t.Errorf("%q comes: %v %v", expr, c.comes(), wrong)
		}
	}
}

// TestCronComes compares with a walk through every day of 28 years, after which
// weekdays and dates repeat.
func TestCronComes(t *testing.T) {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		expr := rapid.StringMatching(`0 0 (\*|31|30|29|29-31) (\*|2|feb|4|jun,sep|2,11) (\*|mon|0,6)`).Draw(t, "expression")
		var c cron
		if wrong := parseCron(expr, &c); wrong != (fault{}) {
			t.Fatalf("%q: %v", expr, wrong)
		}
		found := false
		for day := start; !found && day.Year() < 2028; day = day.AddDate(0, 0, 1) {
			found = c[2]>>day.Day()&1 == 1 && c[3]>>day.Month()&1 == 1 && c[4]>>day.Weekday()&1 == 1
		}
		if found != c.comes() {
			t.Errorf("%q comes: %v", expr, found)
		}
	})
}
