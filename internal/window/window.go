// Package window tells when changes may begin. It is pure: what time it is, is
// asked, not looked up.
package window

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are known on every host, in the smallest container too

	"github.com/adhocore/gronx"
)

// Window is a span of time that comes back. It begins at every minute that the
// cron expression names on the zone's clock: twice where the clock is put back
// over that minute, and where it is put forward over it, at that very moment.
// From there it lasts so many seconds, whatever the clock does.
type Window struct {
	Deny    bool     `json:"deny,omitempty"` // nothing begins in it; otherwise changes begin only in such
	Cron    string   `json:"cron"`           // minute, hour, day, month, weekday
	Seconds int64    `json:"seconds"`
	Zone    string   `json:"zone,omitempty"`    // IANA; "": UTC
	Actions []string `json:"actions,omitempty"` // that it is about; none: all
}

// Bounds of Window.Seconds.
const (
	Shortest = int64(60)
	Longest  = int64(31 * 24 * 3600)
)

// CheckCron says what is wrong with an expression.
func CheckCron(expr string) error {
	fields := strings.Fields(expr)
	if len(fields) != 5 {
		return errors.New("a cron expression has five fields: minute, hour, day, month, weekday")
	}
	if !gronx.IsValid(expr) {
		return fmt.Errorf("%q is no cron expression", expr)
	}
	segments, err := gronx.Segments(expr)
	if err != nil {
		return err
	}
	// IsValid looks no further than the first part of a list that names the
	// present minute: each part is looked at by itself, at one moment for all.
	checker := &gronx.SegmentChecker{}
	checker.SetRef(time.Unix(0, 0).UTC())
	for i, segment := range segments {
		for part := range strings.SplitSeq(segment, ",") {
			if _, err := checker.CheckDue(part, i); err != nil || !isPart(part) {
				return fmt.Errorf("%s: %q is no value, range or step of it", fieldNames[i], part)
			}
		}
	}
	if _, found := (clock{expr, time.UTC}).from(time.Unix(0, 0)); !found {
		return fmt.Errorf("%q names no moment that ever comes", expr)
	}
	return nil
}

// isPart is the form of a value, a range, or steps through either. gronx reads
// as much of more as it understands: of 1-5-7 the first two.
var isPart = regexp.MustCompile(`^(\*|\?|\w+(-\w+)?)(/\d+)?$|^\w+#\d$`).MatchString

// fieldNames are those of gronx's segments.
var fieldNames = [...]string{"second", "minute", "hour", "day", "month", "weekday"}

// CheckZone says what is wrong with the name of a zone.
func CheckZone(name string) error {
	if name == "" || name == "Local" {
		return errors.New("name a zone, such as Europe/Berlin or UTC")
	}
	if _, err := time.LoadLocation(name); err != nil {
		return fmt.Errorf("there is no zone %q", name)
	}
	return nil
}

// Set is windows that hold together, as one place states them: changes may begin while one that allows
// is open, or where none allows at any time; and while none that denies is.
type Set []Window

// About are the windows that are about an action: those that name none, and
// those of which a word is.
func (s Set) About(is func(word string) bool) Set {
	var about Set
	for _, w := range s {
		if len(w.Actions) == 0 || slices.ContainsFunc(w.Actions, is) {
			about = append(about, w)
		}
	}
	return about
}
