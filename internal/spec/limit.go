package spec

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/strictyaml"
)

// Limit is a number, or a share of something.
type Limit struct {
	Count   int  `json:"count"`
	Percent int  `json:"percent,omitempty"` // used when above 0
	Per     Span `json:"per,omitempty"`     // what counts is all within that time; 0: one plan
}

// Of is how many of total the limit lets through; a share is rounded down and
// is at least 1.
func (l Limit) Of(total int) int {
	if l.Percent > 0 {
		return max(1, total*l.Percent/100)
	}
	return l.Count
}

func (l Limit) String() string {
	text := fmt.Sprint(l.Count)
	if l.Percent > 0 {
		text = fmt.Sprintf("%d%%", l.Percent)
	}
	if l.Per > 0 {
		text += " per " + l.Per.String()
	}
	return text
}

var limitKeys = []Key{
	{Name: "count", Required: true, Doc: "How many: a number, or a share such as `20%`."},
	{
		Name: "per", Pattern: `^\+?[0-9.]`, Required: true,
		Doc: "Within what time, such as `24h`, and at most 744h: what earlier plans removed in that time counts too.",
	},
}

// limit reads max_deletions: a count, or a count per time.
func (c *checker) limit(e *strictyaml.Entry) Limit {
	if e.Value.Kind != strictyaml.Map {
		return c.count(e)
	}
	var l Limit
	c.entries(e, limitKeys, map[string]func(*strictyaml.Entry){
		"count": func(e *strictyaml.Entry) {
			count := c.count(e)
			l.Count, l.Percent = count.Count, count.Percent
		},
		"per": func(e *strictyaml.Entry) { l.Per = Span(time.Duration(c.lasts(e)) * time.Second) },
	})
	return l
}

// count reads a number or a share.
func (c *checker) count(e *strictyaml.Entry) Limit {
	if i, ok := e.Value.Int(); ok && i >= 0 && i <= 1_000_000 {
		return Limit{Count: int(i)}
	}
	if s, ok := e.Value.Text(); ok {
		if digits, cut := strings.CutSuffix(s, "%"); cut {
			if p, err := strconv.Atoi(digits); err == nil && p >= 1 && p <= 100 {
				return Limit{Percent: p}
			}
		}
	}
	c.add(c.file.Errorf(e.Value.Pos, "%s must be a number, or a share between \"1%%\" and \"100%%\"", e.Key))
	return Limit{Count: DefaultMaxDeletions}
}
