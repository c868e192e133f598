package armsim

import (
	"fmt"
	"strings"
	"testing"
)

func TestAcknowledgementsThatAreNoAnswer(t *testing.T) {
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		for _, f := range []Fault{
			{Ack: AckEmpty},
			{Ack: AckEmpty, Status: 200},
			{Ack: AckEmpty, Status: 202},
			{Ack: AckEmpty, Status: 204},
			{Ack: AckHTML},
		} {
			for _, f.After = range []bool{false, true} {
				s := newSim(t)
				path, body := "/gpu?underlyingResourceAction=Delete", cluster("Standard_DS3_v2", 0, 9)
				if method != "PUT" {
					s.do("PUT", "/gpu", cluster("Standard_DS3_v2", 0, 8))
				}
				before := shownOnly(s.do("GET", "/gpu", ""))
				f.Match, f.Times = Match{Method: method}, 1
				s.fault(f)
				out := s.do(method, path, body)
				problem := (exchange{want: fmt.Sprint(max(200, f.Status), " !#Azure-AsyncOperation")}).problem(out)
				took := shownOnly(s.do("GET", "/gpu", "")) != before
				switch html := strings.HasPrefix(out.header.Get("Content-Type"), "text/html"); {
				case problem != "":
				case html != (f.Ack == AckHTML), html != strings.Contains(out.text, "<html>"), !html && out.text != "":
					problem = fmt.Sprintf("got %v %q", out.header, out.text)
				case (out.header.Get("x-ms-request-id") == "") != html:
					problem = fmt.Sprintf("got x-ms-request-id %q", out.header.Get("x-ms-request-id"))
				case took != f.After:
					problem = fmt.Sprintf("took effect: %v", took)
				}
				if problem != "" {
					t.Errorf("%s under %+v: %s", method, f, problem)
				}
			}
		}
	}
}

func TestAckRate(t *testing.T) {
	outcomes := func(seed int64) (string, map[string]int) {
		s := newSim(t, WithAckRate(.5), WithSeed(seed))
		var all strings.Builder
		kinds := map[string]int{}
		for range 200 {
			s.want(s.do("GET", "", ""), 200) // reads meet none
			out := s.do("PUT", "/gpu", cluster("Standard_DS3_v2", 0, 8))
			kind := fmt.Sprint(out.status, " ", strings.Fields(out.header.Get("Content-Type") + " none")[0])
			kinds[kind]++
			all.WriteString(kind)
		}
		return all.String(), kinds
	}
	first, kinds := outcomes(7)
	if again, _ := outcomes(7); again != first {
		t.Error("seed 7 does not repeat itself")
	}
	for _, kind := range []string{"201 application/json;", "200 none", "202 none", "204 none", "200 text/html;"} {
		if kinds[kind] == 0 {
			t.Errorf("no answer is %s: %v", kind, kinds)
		}
	}
	if n := kinds["201 application/json;"]; n < 70 || n > 130 {
		t.Errorf("%d of 200 writes were answered at a rate of .5", n)
	}
}
