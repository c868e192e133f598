package spec

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestScheduleForms: what a trigger may be written as is brought to one form.
func TestScheduleForms(t *testing.T) {
	x := one(t, `name: dev-box
type: computeinstance
schedules:
  compute_start_stop:
  - {action: Stop, trigger: {type: Cron, expression: 0 18 * * mon-fri, time_zone: w. europe standard time, start_time: 2026-01-05 08:00:00}}
  - action: start
    state: Disabled
    trigger:
      type: recurrence
      frequency: Week
      interval: "1"
      time_zone: utc
      start_time: '2026-01-05T08:00:00'
      schedule: {hours: ["8", 9.0], minutes: [0], week_days: [Monday, TUESDAY], month_days: [1, 31]}
`)
	want := []any{
		map[string]any{
			"action": "stop", "state": "enabled", "trigger.type": "cron", "trigger.expression": "0 18 * * mon-fri",
			"trigger.time_zone": "W. Europe Standard Time", "trigger.start_time": "2026-01-05T08:00:00",
		},
		map[string]any{
			"action": "start", "state": "disabled", "trigger.type": "recurrence", "trigger.frequency": "week", "trigger.interval": int64(1),
			"trigger.time_zone": "UTC", "trigger.start_time": "2026-01-05T08:00:00",
			"trigger.schedule.hours": []int64{8, 9}, "trigger.schedule.minutes": []int64{0},
			"trigger.schedule.week_days": []string{"monday", "tuesday"}, "trigger.schedule.month_days": []int64{1, 31},
		},
	}
	if d := cmp.Diff(want, x.Values["schedules.compute_start_stop"]); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestScheduleLeftOpen: a schedule below a trigger that is null counts as none,
// so that it needs no hours.
func TestScheduleLeftOpen(t *testing.T) {
	x := one(t, "name: dev-box\ntype: computeinstance\nschedules: {compute_start_stop: ["+
		"{action: stop, trigger: {type: recurrence, frequency: day, interval: 1, schedule: null}}]}\n")
	want := []any{map[string]any{
		"action": "stop", "state": "enabled", "trigger.type": "recurrence", "trigger.frequency": "day", "trigger.interval": int64(1),
	}}
	if d := cmp.Diff(want, x.Values["schedules.compute_start_stop"]); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestScheduleBounds has recurrences that never come, and ones that do.
func TestScheduleBounds(t *testing.T) {
	head := "name: box\ntype: computeinstance\nschedules:\n  compute_start_stop:\n    - action: stop\n"
	for trigger, want := range map[string]string{
		"interval: 1, schedule: {hours: [], minutes: [0]}":   "trigger.schedule.hours is empty",
		"interval: 1, schedule: {hours: [1], minutes: []}":   "trigger.schedule.minutes is empty",
		"interval: 2147483648":                               "trigger.interval must be between 1 and 2147483647",
		"interval: 500, start_time: '2199-01-01T00:00:00'":   "",
		"interval: 1, schedule: {hours: [18], minutes: [0]}": "",
	} {
		text := head + "      trigger: {type: recurrence, frequency: day, " + trigger + "}\n"
		set := load(t, map[string]string{"c.yaml": text}, Options{})
		got := printed(set)
		for _, n := range set.AllNotices() {
			if n.Code == "never-fires" {
				got += n.String()
			}
		}
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: want %q, got\n%s", trigger, want, got)
		}
	}
}

// TestScheduleEqual: what Azure returns is compared in its normal form where it
// has one, and as it is where not.
func TestScheduleEqual(t *testing.T) {
	field := func(name string) *Field { return computeinstance.Field(scheduleField.Name).table.fields[name] }
	for _, c := range []struct {
		field      string
		want, have any
		same       bool
	}{
		{"trigger.time_zone", "W. Europe Standard Time", "w. europe standard time", true},
		{"trigger.time_zone", "UTC", "Europe/London", false},
		{"trigger.time_zone", "UTC", nil, false},
		{"trigger.start_time", "2026-01-05T08:00:00", "2026-01-05 08:00:00", true},
		{"trigger.start_time", "2026-01-05T08:00:00", "2026-01-05T08:00:00Z", false},
		{"trigger.schedule.week_days", []string{"monday", "friday"}, []string{"Friday", "Monday"}, true},
	} {
		if got := field(c.field).Equal(c.want, c.have); got != c.same {
			t.Errorf("%s: %v and %v are equal: %v", c.field, c.want, c.have, got)
		}
	}
}

// TestZones finds the zones of Windows by the names of today and by older ones.
func TestZones(t *testing.T) {
	for name, want := range map[string]string{
		"UTC": "UTC", "utc": "UTC", "GMT Standard Time": "GMT Standard Time", "Mid-Atlantic Standard Time": "Mid-Atlantic Standard Time",
	} {
		if got, wrong := zoneForm.normal(name); got != want || wrong != (fault{}) {
			t.Errorf("%s: %q, %v", name, got, wrong)
		}
	}
	for name, hint := range map[string]string{
		"Europe/Berlin": "write W. Europe Standard Time", "europe/berlin": "write W. Europe Standard Time",
		"Asia/Calcutta": "write India Standard Time", "Asia/Kolkata": "write India Standard Time",
		"Europe/Kyiv": "write FLE Standard Time", "America/New_York": "write Eastern Standard Time", "Etc/UTC": "write UTC",
		"US/Eastern": "write Eastern Standard Time", "GMT": "write UTC", "Japan": "write Tokyo Standard Time",
		"Tokyo Standart Time": "did you mean Tokyo Standard Time?",
		"":                    "write a name as in Windows, such as W. Europe Standard Time, or UTC",
		"Mars":                "write a name as in Windows, such as W. Europe Standard Time, or UTC",
	} {
		if got, wrong := zoneForm.normal(name); got != "" || wrong.hint != hint {
			t.Errorf("%s: %q, %v", name, got, wrong)
		}
	}
	z := windowsZones()
	if len(z.names) < 141 || len(z.iana) < 590 {
		t.Errorf("%d zones by %d names", len(z.names), len(z.iana))
	}
	for other, name := range z.iana {
		if z.windows[strings.ToLower(name)] == "" {
			t.Errorf("%s is of %q", other, name)
		}
	}
	for _, name := range []string{"Europe/Berlin", "Asia/Tokyo", "America/Sao_Paulo", "Pacific/Auckland"} {
		if _, err := time.LoadLocation(name); err != nil || z.iana[strings.ToLower(name)] == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
