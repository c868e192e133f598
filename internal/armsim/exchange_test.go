package armsim

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// exchange is one request and what its answer must be.
type exchange struct {
	after time.Duration // the clock moves on by so much first
	do    string        // "METHOD path": below computes, or the whole path; "POLL" asks for the last operation
	body  string
	want  string // the status, then what must hold: "path=json" of the body, "#Header" present, "!#Header" absent, "~text" contained
}

// scenario is a fact about the service, with the public place that shows it, and the exchanges that pin it.
type scenario struct {
	fact      string
	opts      []Option
	exchanges []exchange
}

func runScenarios(t *testing.T, scenarios []scenario) {
	for _, sc := range scenarios {
		t.Run(sc.fact, func(t *testing.T) {
			s := newSim(t, sc.opts...)
			var begun *reply
			for i, x := range sc.exchanges {
				s.now = s.now.Add(x.after)
				out := s.exchange(x, begun)
				if out.header.Get("Azure-AsyncOperation") != "" {
					begun = out
				}
				if problem := x.problem(out); problem != "" {
					t.Fatalf("exchange %d, %s: %s\n%s", i+1, x.do, problem, out.text)
				}
			}
		})
	}
}

func (s *sim) exchange(x exchange, begun *reply) *reply {
	if x.do == "POLL" {
		return s.poll(begun)
	}
	method, path, _ := strings.Cut(x.do, " ")
	if !strings.HasPrefix(strings.ToLower(path), "/subscriptions/") && !strings.HasPrefix(path, "/_sim") && !strings.HasPrefix(path, "/providers/") {
		path = computes + path
	}
	return s.send(method, path, x.body)
}

func (x exchange) problem(out *reply) string {
	words := strings.Fields(x.want)
	if words[0] != fmt.Sprint(out.status) {
		return fmt.Sprintf("got status %d, want %s", out.status, words[0])
	}
	if _, text, ok := strings.Cut(x.want, "~"); ok {
		if !strings.Contains(out.text, text) {
			return fmt.Sprintf("no %q in the body", text)
		}
		words = strings.Fields(x.want[:strings.Index(x.want, "~")])
	}
	for _, w := range words[1:] {
		if header, ok := strings.CutPrefix(w, "#"); ok && out.header.Get(header) == "" {
			return "no header " + header
		}
		if header, ok := strings.CutPrefix(w, "!#"); ok && out.header.Get(header) != "" {
			return "header " + header + " present"
		}
		if path, want, ok := strings.Cut(w, "="); ok {
			if got := compact(find(out.body, path)); got != want {
				return fmt.Sprintf("%s is %s, want %s", path, got, want)
			}
		}
	}
	return ""
}

// find follows a dotted path, in which a number is a place in an array; "absent" where a key does not exist. A leading p or
// pp stands for properties and properties.properties.
func find(v any, path string) any {
	path = strings.Replace("."+path, ".pp.", ".properties.properties.", 1)
	path = strings.Replace(path, ".p.", ".properties.", 1)
	for _, key := range strings.Split(path[1:], ".") {
		var i int
		switch in := v.(type) {
		case *object:
			if in.index(key) < 0 {
				return absent{}
			}
			v = in.get(key)
		case []any:
			if key == "len" {
				return len(in)
			}
			if n, err := fmt.Sscan(key, &i); n != 1 || err != nil || i >= len(in) {
				return absent{}
			}
			v = in[i]
		default:
			return absent{}
		}
	}
	return v
}

type absent struct{}

// compact is v as JSON without white space outside of strings, and blanks in strings as underscores: one word.
func compact(v any) string {
	if v == any(absent{}) {
		return "absent"
	}
	var b strings.Builder
	for line := range strings.Lines(string(appendJSON(nil, v, 0))) {
		b.WriteString(strings.ReplaceAll(strings.TrimSpace(line), `": `, `":`))
	}
	return strings.ReplaceAll(b.String(), " ", "_")
}

const (
	instance = `{"location":"eastus","properties":{"computeType":"ComputeInstance","properties":{"vmSize":"Standard_DS3_v2"}}}`
	vmID     = "/subscriptions/" + sub + "/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm1"
	vm       = `{"location":"eastus","properties":{"computeType":"VirtualMachine","resourceId":"` + vmID + `","properties":{"sshPort":22,` +
		`"administratorAccount":{"username":"azureuser","password":"hunter2-secret"}}}}`
	hdi = `{"location":"eastus","properties":{"computeType":"HDInsight","properties":{"address":"spark-ssh.azurehdinsight.net","sshPort":22,` +
		`"administratorAccount":{"username":"sshuser","password":"hunter2-secret"}}}}`
	ten = 10 * time.Second
)

// located is a path below a region of the subscription.
func located(path string) string {
	return "/subscriptions/" + sub + "/providers/Microsoft.MachineLearningServices/locations/eastus/" + path
}
