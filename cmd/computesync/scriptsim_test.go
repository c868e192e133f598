package main

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

var signals = map[string]os.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "HUP": syscall.SIGHUP}

// The workspace that scripts work in, and its other names.
const (
	scriptWorkspace = "11111111-2222-3333-4444-555555555555/rg-ml/ml-test"
	scriptComputes  = "/_sim/workspaces/" + scriptWorkspace + "/computes/"
)

// simURL names the simulator in scripts, also where COMPUTESYNC_ENDPOINT does not.
const simURL = "SIM"

// simCommand is the script's command sim:
//
//	sim start [FLAG...]      computesync simulate, which holds us to polling byte for byte; SIM and
//	                         COMPUTESYNC_ENDPOINT name it
//	sim stop                 end it by SIGTERM; it must end well
//	sim get NAME             print a compute
//	sim until NAME PATTERN   wait until a compute matches; "null" is one that is not there
//	sim put NAME JSON        change or make a compute behind everybody's back
//	sim remove NAME          take it away
//	sim nodes NAME JSON      say what a cluster's nodes do
//	sim fault JSON           lay a fault in wait
//	sim clear                take all faults away
//	sim lag JSON             say how old reads are from now on
//	sim advance NAME         end the operation that runs on a compute
//	sim until-requests KIND  wait until a request of this kind arrived since the last count
//	sim writes N             there were N writes since the last time
//	sim count                count requests from here on
//	sim requests [METHOD N]  there were so many requests since the last time, and no others
//	sim at-most KIND N       there were no more requests of this kind since the last time
//	sim quota NAME JSON      set a quota
func simCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: sim start|stop|get|until|put|remove|nodes|fault|clear|writes")
	}
	do, args := args[0], append(args[1:], "", "")
	switch do {
	case "start":
		launch(ts, "sim", append([]string{"simulate", "--listen", "127.0.0.1:0", "--exact-status-urls"}, args[:len(args)-2]...))
		ready := ts.MkAbs("sim.out")
		await(ts, "^simulator ready at http://.*\n", 1, func() string { data, _ := os.ReadFile(ready); return string(data) })
		ts.Setenv(simURL, strings.TrimSpace(strings.TrimPrefix(ts.ReadFile("sim.out"), "simulator ready at ")))
		ts.Setenv("COMPUTESYNC_ENDPOINT", ts.Getenv(simURL))
	case "stop":
		sendSignal(ts, false, []string{"sim", "TERM"})
		awaitEnd(ts, false, []string{"sim", "0"})
	case "get":
		ts.Stdout().Write([]byte(compute(ts, args[0])))
	case "until":
		await(ts, args[1], 1, func() string { return compute(ts, args[0]) })
	case "put":
		ask(ts, http.MethodPut, scriptComputes+args[0], args[1])
	case "remove":
		ask(ts, http.MethodDelete, scriptComputes+args[0], "")
	case "nodes":
		ask(ts, http.MethodPost, scriptComputes+args[0]+"/nodes", args[1])
	case "fault":
		ask(ts, http.MethodPost, "/_sim/faults", args[0])
	case "clear":
		ask(ts, http.MethodDelete, "/_sim/faults", "")
	case "lag":
		ask(ts, http.MethodPut, "/_sim/lag", args[0])
	case "advance":
		advance(ts, args[0])
	case "until-requests":
		await(ts, `"`+args[0]+`": [1-9]`, 1, func() string { return string(ask(ts, http.MethodGet, "/_sim/counters", "")) })
		ask(ts, http.MethodPost, "/_sim/counters/reset", "")
	case "count":
		ask(ts, http.MethodPost, "/_sim/counters/reset", "")
	case "requests":
		countRequests(ts, args[:len(args)-2])
	case "at-most":
		most, err := strconv.Atoi(args[1])
		ts.Check(err)
		if got := requestCounters(ts).Kinds[args[0]]; got > most {
			ts.Fatalf("%d requests of kind %s, want %d at most", got, args[0], most)
		}
	case "quota":
		ask(ts, http.MethodPut, "/_sim/quotas/"+args[0], args[1])
	case "writes":
		want, err := strconv.Atoi(args[0])
		ts.Check(err)
		countWrites(ts, want)
	default:
		ts.Fatalf("sim cannot %s", do)
	}
}

// compute is a compute as the simulator shows it, in indented JSON.
func compute(ts *testscript.TestScript, name string) string {
	var snapshot struct {
		Workspaces []struct {
			Subscription, ResourceGroup, Name string
			Computes                          []json.RawMessage
		}
	}
	ts.Check(json.Unmarshal(ask(ts, http.MethodGet, "/_sim/snapshot", ""), &snapshot))
	for _, w := range snapshot.Workspaces {
		if !strings.EqualFold(w.Subscription+"/"+w.ResourceGroup+"/"+w.Name, scriptWorkspace) {
			continue
		}
		for _, data := range w.Computes {
			var c struct{ Name string }
			ts.Check(json.Unmarshal(data, &c))
			if strings.EqualFold(c.Name, name) {
				var b bytes.Buffer
				ts.Check(json.Indent(&b, data, "", "  "))
				return b.String() + "\n"
			}
		}
	}
	return "null\n"
}

// advance ends the operation that runs on a compute.
func advance(ts *testscript.TestScript, name string) {
	var snapshot struct {
		Operations []struct{ GUID, Compute string }
	}
	ts.Check(json.Unmarshal(ask(ts, http.MethodGet, "/_sim/snapshot", ""), &snapshot))
	for _, o := range snapshot.Operations {
		if strings.HasSuffix(strings.ToLower(o.Compute), "/computes/"+strings.ToLower(name)) {
			ask(ts, http.MethodPost, "/_sim/operations/"+o.GUID+"/advance", "")
			return
		}
	}
	ts.Fatalf("no operation runs on %s", name)
}

func countRequests(ts *testscript.TestScript, args []string) {
	want := map[string]int{}
	for i := 0; i+1 < len(args); i += 2 {
		n, err := strconv.Atoi(args[i+1])
		ts.Check(err)
		want[args[i]] = n
	}
	if got := requestCounters(ts).Methods; !maps.Equal(got, want) {
		ts.Fatalf("requests %v, want %v", got, want)
	}
	ask(ts, http.MethodPost, "/_sim/counters/reset", "")
}

type counters struct{ Methods, Kinds map[string]int }

// writes counts the requests that write. Asking for a name is the one POST that
// writes nothing.
func (c counters) writes() int {
	m := c.Methods
	return m["PUT"] + m["PATCH"] + m["POST"] + m["DELETE"] - c.Kinds["name"]
}

func requestCounters(ts *testscript.TestScript) (c counters) {
	ts.Check(json.Unmarshal(ask(ts, http.MethodGet, "/_sim/counters", ""), &c))
	return c
}

func countWrites(ts *testscript.TestScript, want int) {
	c := requestCounters(ts)
	ask(ts, http.MethodPost, "/_sim/counters/reset", "")
	if got := c.writes(); got != want {
		ts.Fatalf("%d writes, want %d: %v", got, want, c.Methods)
	}
}

// ask asks the simulator's back door.
func ask(ts *testscript.TestScript, method, path, body string) []byte {
	rq, err := http.NewRequest(method, ts.Getenv(simURL)+path, strings.NewReader(body))
	ts.Check(err)
	answer, err := (&http.Client{Timeout: patience}).Do(rq)
	ts.Check(err)
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	ts.Check(err)
	if answer.StatusCode >= http.StatusBadRequest {
		ts.Fatalf("%s %s: %s: %s", method, path, answer.Status, data)
	}
	return data
}

// notify listens as systemd does; NOTIFY_SOCKET names the socket.
func notify(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: notify")
	}
	path := ts.MkAbs("notify.sock")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	ts.Check(err)
	log, err := os.Create(ts.MkAbs("notify.log"))
	ts.Check(err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			log.Write(append(buf[:n:n], '\n'))
		}
	}()
	ts.Defer(func() {
		conn.Close()
		<-done
		log.Close()
	})
	ts.Setenv("NOTIFY_SOCKET", path)
}
