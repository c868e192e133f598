package spec

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// mostSchedules is how many an instance takes, by the service's documentation.
const mostSchedules = 4

// scheduleField has an action that is documented as a permission and no longer in
// any description: whether it replaces the list or adds to it is not known. What a
// trigger needs is what azure-ai-ml needs (_schema/compute/schedule.py,
// entities/_schedule/trigger.py).
var scheduleField = Field{
	Name: "schedules.compute_start_stop", Type: Objects, ARM: "properties.properties.schedules.computeStartStop",
	Change: ByAction, Action: updateSchedules, Absent: []any{},
	AtStake: Money, each: checkSchedule, readOnly: []string{"id", "provisioningStatus", "schedule"},
	Doc: "When the instance starts and stops by itself.",
	Fields: concat([]Field{
		{
			Name: "action", Type: Choice, ARM: "action", Required: true, Enum: []Enum{{"start", "Start"}, {"stop", "Stop"}},
			Doc: "What happens.",
		},
		{
			Name: "state", Type: Choice, ARM: "status", Default: "enabled",
			Enum: []Enum{{"enabled", "Enabled"}, {"disabled", "Disabled"}},
			Doc:  "Whether the schedule is in effect.",
		},
		{
			Name: "trigger.type", Type: Choice, ARM: "triggerType", Required: true,
			Enum: []Enum{{"cron", "Cron"}, {"recurrence", "Recurrence"}},
			Doc:  "How the times are written.",
		},
		{
			Name: "trigger.expression", Type: Text, ARM: "cron.expression", When: onCron, Required: true, Form: cronForm,
			Doc: "NCronTab expression of five fields: minute, hour, day, month, weekday.",
		},
	}, oneTrigger("cron"), oneTrigger("recurrence"), []Field{
		{
			Name: "trigger.frequency", Type: Choice, ARM: "recurrence.frequency", When: onRecurrence, Required: true,
			Enum: []Enum{{"minute", "Minute"}, {"hour", "Hour"}, {"day", "Day"}, {"week", "Week"}, {"month", "Month"}},
			Doc:  "Unit of `interval`.",
		},
		{
			Name: "trigger.interval", Type: Int, ARM: "recurrence.interval", When: onRecurrence, Required: true, Min: 1, Max: math.MaxInt32,
			Doc: "Every how many units.",
		},
		{
			Name: "trigger.schedule.hours", Type: Ints, ARM: "recurrence.schedule.hours", When: onRecurrence, Required: true,
			Max: 23,
			Doc: "Hours of the day; needed where `schedule` is stated.",
		},
		{
			Name: "trigger.schedule.minutes", Type: Ints, ARM: "recurrence.schedule.minutes", When: onRecurrence, Required: true,
			Max: 59,
			Doc: "Minutes of the hour; needed where `schedule` is stated.",
		},
		{
			Name: "trigger.schedule.week_days", Type: Words, ARM: "recurrence.schedule.weekDays", When: onRecurrence,
			Enum: weekDays,
			Doc:  "Days of the week.",
		},
		{
			Name: "trigger.schedule.month_days", Type: Ints, ARM: "recurrence.schedule.monthDays", When: onRecurrence,
			Min: 1, Max: 31,
			Doc: "Days of the month.",
		},
		{Name: "schedule_id", ReadOnly: true},
		{Name: "provisioning_state", ReadOnly: true},
	}),
}

const (
	onCron       = "trigger.type=cron"
	onRecurrence = "trigger.type=recurrence"
)

var weekDays = []Enum{
	{"monday", "Monday"},
	{"tuesday", "Tuesday"},
	{"wednesday", "Wednesday"},
	{"thursday", "Thursday"},
	{"friday", "Friday"},
	{"saturday", "Saturday"},
	{"sunday", "Sunday"},
}

// oneTrigger are the keys that each type of trigger has in a place of its own.
func oneTrigger(kind string) []Field {
	return []Field{
		{
			Name: "trigger.start_time", Type: Text, ARM: kind + ".startTime", When: "trigger.type=" + kind, Form: startForm,
			Doc: "First time, yyyy-MM-ddTHH:mm:ss on the clock of `time_zone`.",
		},
		{
			Name: "trigger.time_zone", Type: Text, ARM: kind + ".timeZone", When: "trigger.type=" + kind, Form: zoneForm,
			Filled: "UTC",
			Doc:    "Windows name of the zone; UTC when absent.",
		},
	}
}

// startTime is the form that the API description gives.
const startTime = "2006-01-02T15:04:05"

// startForm is how the start time of a trigger is written. YAML has timestamps
// with a blank too.
var startForm = &Form{
	normal: func(s string) (string, fault) {
		for _, layout := range []string{startTime, time.DateTime} {
			if t, err := time.Parse(layout, s); err == nil {
				return t.Format(startTime), fault{}
			}
		}
		wrong := fault{fmt.Sprintf("%q is not a time", clip(s)), "write it as 2026-12-24T18:00:00"}
		for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05Z07:00"} {
			if _, err := time.Parse(layout, s); err == nil {
				wrong.problem = fmt.Sprintf("%q has an offset, and time_zone says whose clock is meant", clip(s))
				wrong.hint = "convert it to the clock of time_zone, UTC where none is stated, " +
					"and write it without offset, as 2026-12-24T18:00:00"
			}
		}
		return "", wrong
	},
	Offer: func() []string { return []string{"2026-12-24T18:00:00"} },
}

// checkSchedule remarks on a schedule that does nothing.
func checkSchedule(c *checker, values map[string]any) {
	for _, name := range []string{"trigger.schedule.hours", "trigger.schedule.minutes"} {
		if times, stated := values[name].([]int64); stated && len(times) == 0 {
			c.warn(name, "never-fires", "%s is empty: the schedule has no time of day", name)
		}
	}
	var times cron
	if expr := text(values["trigger.expression"]); expr != "" && parseCron(expr, &times) == (fault{}) && !times.comes() {
		c.warn("trigger.expression", "never-fires", "no month has a day of this expression: the schedule never fires")
	}
}

// checkSchedules refuses more schedules than an instance takes.
func checkSchedules(c *checker, x *Compute) {
	if list, _ := x.Values["schedules.compute_start_stop"].([]any); len(list) > mostSchedules {
		c.errorAt("schedules", fmt.Sprintf("remove all but %d", mostSchedules),
			"an instance takes at most %d schedules, not %d", mostSchedules, len(list))
	}
}

// stopsItself reports whether an instance stops when it idles, or by the clock.
func stopsItself(x *Compute) bool {
	if idle, _ := x.Int("idle_time_before_shutdown_minutes"); idle > 0 {
		return true
	}
	list, _ := x.Values["schedules.compute_start_stop"].([]any)
	return slices.ContainsFunc(list, func(item any) bool {
		schedule, _ := item.(map[string]any)
		return schedule["action"] == "stop" && schedule["state"] != "disabled" && fires(schedule)
	})
}

// fires reports whether a schedule has a time that comes.
func fires(schedule map[string]any) bool {
	if schedule["trigger.type"] == "recurrence" {
		return schedule["trigger.frequency"] != nil && schedule["trigger.interval"] != nil
	}
	var times cron
	return parseCron(text(schedule["trigger.expression"]), &times) == (fault{}) && times.comes()
}
