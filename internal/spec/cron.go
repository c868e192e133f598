package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// cron is an NCronTab expression of five fields, as the service takes it: for
// each field the values that it names, as bits. NCronTab wants all five to match
// (github.com/atifaziz/NCrontab).
type cron [5]uint64

// cronFields are the fields of an expression, in order.
var cronFields = [5]cronField{
	{name: "minute", one: "a minute", max: 59},
	{name: "hour", one: "an hour", max: 23, over: "midnight is hour 0"},
	{name: "day", one: "a day of the month", min: 1, max: 31},
	{name: "month", one: "a month", min: 1, max: 12, words: []string{
		"january", "february", "march", "april", "may", "june", "july",
		"august", "september", "october", "november", "december",
	}},
	{name: "weekday", one: "a weekday", max: 6, over: "Sunday is 0", words: []string{
		"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
	}},
}

type cronField struct {
	name     string
	one      string // one of them, in a sentence
	min, max int
	words    []string // of min and what follows it; three letters are enough
	over     string   // what to say of max+1, where other crons take it
}

// monthDays are how many days each month has at most.
var monthDays = [...]int{1: 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

// cronForm is how the expression of a trigger is written.
var cronForm = &Form{
	normal: func(s string) (string, fault) { return s, parseCron(s, new(cron)) },
	Offer:  func() []string { return []string{"0 18 * * 1-5", "30 7 * * mon,thu", "0 */6 * * *"} },
}

const cronHint = `write five fields: minute, hour, day, month, weekday, such as "0 18 * * 1-5"`

var timeOfDay = regexp.MustCompile(`^([01]?[0-9]|2[0-3])[:.]([0-5][0-9])$`)

// parseCron reads an expression into c.
func parseCron(expr string, c *cron) fault {
	fields := strings.Fields(expr)
	if at := timeOfDay.FindStringSubmatch(strings.TrimSpace(expr)); at != nil {
		hour, _ := strconv.Atoi(at[1])
		minute, _ := strconv.Atoi(at[2])
		return fault{
			fmt.Sprintf("%s is a time of day, not a cron expression", clip(expr)),
			fmt.Sprintf(`write "%d %d * * *" for every day at that time`, minute, hour),
		}
	}
	if len(fields) != len(cronFields) {
		hint := cronHint
		if five := fiveOf(fields); five != "" {
			hint = fmt.Sprintf("write %q, without seconds and year", five)
		}
		return fault{fmt.Sprintf("a cron expression has 5 fields, %q has %d", clip(expr), len(fields)), hint}
	}
	for i := range cronFields {
		for part := range strings.SplitSeq(fields[i], ",") {
			bits, wrong := cronFields[i].part(part)
			if wrong != (fault{}) {
				if !strings.Contains(wrong.problem, clip(fields[i])) {
					wrong.problem += fmt.Sprintf(", in %q", clip(fields[i]))
				}
				return wrong
			}
			c[i] |= bits
		}
	}
	return fault{}
}

// fiveOf finds the expression in one that has seconds or a year besides, as
// Quartz and the timers of Azure Functions have; "" is none.
func fiveOf(fields []string) string {
	if len(fields) < 6 || len(fields) > 7 {
		return ""
	}
	for _, from := range []int{1, 0} {
		five := strings.ReplaceAll(strings.Join(fields[from:from+5], " "), "?", "*")
		if parseCron(five, new(cron)) == (fault{}) {
			return five
		}
	}
	return ""
}

// part reads one part of a list: *, a value or a range, with a step or without.
// A value with a step begins a range to the end of the field.
func (f *cronField) part(part string) (bits uint64, wrong fault) {
	span, every, stepped := strings.Cut(part, "/")
	first, last, isRange := strings.Cut(span, "-")
	from, to, step := f.min, f.max, 1
	if span != "*" {
		from, wrong = f.value(first)
		switch {
		case wrong != (fault{}):
		case isRange:
			to, wrong = f.value(last)
		case !stepped:
			to = from
		}
	}
	if stepped && wrong == (fault{}) {
		step, wrong = f.step(every)
	}
	if from > to && wrong == (fault{}) {
		wrong = fault{
			fmt.Sprintf("the range of %ss %s is backwards", f.name, clip(span)),
			fmt.Sprintf("write %s-%s,%s-%s", clip(first), f.show(f.max), f.show(f.min), clip(last)),
		}
	}
	if wrong != (fault{}) {
		return 0, wrong
	}
	for v := from; v <= to; v += step {
		bits |= 1 << v
	}
	return bits, fault{}
}

func (f *cronField) step(every string) (int, fault) {
	step := digits(every)
	if step < 1 || step > f.max-f.min {
		return 0, fault{
			fmt.Sprintf("%q is not a step of %ss", clip(every), f.name),
			fmt.Sprintf("write 1 to %d after the /", f.max-f.min),
		}
	}
	return step, fault{}
}

// value reads one value, by number or by name.
func (f *cronField) value(s string) (int, fault) {
	for i, word := range f.words {
		if strings.EqualFold(s, word) || strings.EqualFold(s, word[:3]) {
			return f.min + i, fault{}
		}
	}
	hint := fmt.Sprintf("%ss are %d to %d", f.name, f.min, f.max)
	if f.words != nil {
		hint += fmt.Sprintf(", or %s to %s", f.show(f.min), f.show(f.max))
	}
	n := digits(s)
	switch {
	case n >= f.min && n <= f.max:
		return n, fault{}
	case n == f.max+1 && f.over != "":
		hint += "; " + f.over
	case s == "":
		hint = "write one on both sides of each comma and dash; " + hint
	case s == "?":
		hint = "write * in its place"
	case strings.ContainsAny(s, "LW#"):
		hint += "; L, W and # are not known here"
	}
	return 0, fault{fmt.Sprintf("%q is not %s", clip(s), f.one), hint}
}

// digits reads a number without a sign; -1 is none.
func digits(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || strings.Trim(s, "0123456789") != "" {
		return -1
	}
	return n
}

// show is how a value is best written.
func (f *cronField) show(v int) string {
	if f.words != nil {
		return f.words[v-f.min][:3]
	}
	return strconv.Itoa(v)
}

// comes reports whether some date has one of the days in one of the months; 31
// February has not.
func (c *cron) comes() bool {
	const days, months = 2, 3
	return slices.ContainsFunc([]int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, func(month int) bool {
		possible := uint64(1)<<(monthDays[month]+1) - 1
		return c[months]>>month&1 == 1 && c[days]&possible != 0
	})
}
