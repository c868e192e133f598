package armsim

import (
	"testing"
	"time"
)

func TestLimits(t *testing.T) {
	s := newSim(t, WithLimits(Limits{Reads: Limit{3, 2}, Writes: Limit{1, .25}, Deletes: Limit{1, 1}}))
	left := func(out *reply, class string) string {
		return out.header.Get("x-ms-ratelimit-remaining-subscription-" + class)
	}
	for _, want := range []string{"2", "1", "0"} {
		if got := left(s.want(s.do("GET", "", ""), 200), "reads"); got != want {
			t.Errorf("got %s reads left, want %s", got, want)
		}
	}
	if out := s.want(s.do("GET", "", ""), 429); out.header.Get("Retry-After") != "1" || out.body.str("error", "code") != "SubscriptionRequestsThrottled" {
		t.Errorf("got Retry-After %q in %s", out.header.Get("Retry-After"), out.text)
	}
	begun := s.want(s.do("PUT", "/gpu", cluster("Standard_DS3_v2", 0, 8)), 201) // another bucket
	if out := s.want(s.do("POST", "/gpu/listNodes", ""), 429); out.header.Get("Retry-After") != "4" {
		t.Errorf("POST counts as a write: got Retry-After %q", out.header.Get("Retry-After"))
	}
	s.now = s.now.Add(500 * time.Millisecond)
	s.poll(begun) // a poll is a read
	s.want(s.do("GET", "", ""), 429)
	s.want(s.do("DELETE", "/gpu?underlyingResourceAction=Delete", ""), 202)
	if got := s.Counters().Throttled; got != 3 {
		t.Errorf("got %d requests throttled", got)
	}
	s.now = s.now.Add(time.Hour)
	if got := left(s.want(s.do("GET", "", ""), 200), "reads"); got != "2" {
		t.Errorf("got %s reads left after an hour, want the burst less one", got)
	}
	other, err := s.raw("GET", "/subscriptions/other/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/computes?api-version="+version, "")
	if err != nil || left(other, "reads") != "2" {
		t.Errorf("another subscription: got %v, %v", other, err)
	}
}

func TestARMLimits(t *testing.T) {
	s := newSim(t, WithLimits(ARMLimits))
	ok := 0
	for range 300 {
		if s.do("GET", "", "").status == 200 {
			ok++
		}
	}
	if ok != 250 {
		t.Errorf("got %d of 300 reads through at once, want 250", ok)
	}
	s.now = s.now.Add(time.Second)
	for range 30 {
		if s.do("GET", "", "").status == 200 {
			ok++
		}
	}
	if ok != 275 {
		t.Errorf("got %d after a second, want 275", ok)
	}
}
