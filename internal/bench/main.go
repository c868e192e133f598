// Command bench prints what computesync costs, next to what the same work
// costs at least: `go run ./internal/bench`, or a part of it with -run REGEXP.
//
// It builds the real binary, runs it as a process of its own against
// `computesync simulate` (40 ms a request, pages of 100, operations of 2 s)
// and prints one line for each piece of work:
//
//	floor     seconds that bare net/http needs for it, in the same run: one
//	          list page after the other, writes 50 at a time, then one look
//	          at each operation when its two seconds have passed
//	ours      seconds from start to exit; the median where a run is short
//	ratio     ours / floor
//	CPU       seconds of user and system time of our process
//	MiB       the most memory it had resident
//	requests  what the simulator counted, refused ones too
//	429       of them refused for want of budget
//	at most   the goal, in the words of the columns
//
// The figures are read by people and fail nothing: a machine that is busy with
// something else shows in the floor as well. What fails is a mistake: a
// process that ends with an error, or a plan that is not empty after an apply.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"regexp"
	"text/tabwriter"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: error: %v\n", err)
		os.Exit(1)
	}
}

// row is one line of the table.
type row struct {
	work  string
	goal  string
	bench func(ctx context.Context, b *bench) (floor time.Duration, ours figures, err error)
}

// rows are all of them, in an order in which later ones need nothing of
// earlier ones.
var rows = []row{
	{"version", "0.010 s", version},
	{"plan, 100 unchanged", "0.2 s, 2 requests", planUnchanged(100)},
	{"plan, 100, one of them grows", "4 requests; the slowest and 0.05 s", planGrowing(100)},
	{"plan, 1,000 unchanged", "ratio 1.5, CPU 0.25, 50 MiB, 12 requests", planUnchanged(1000)},
	{"plan, 10,000 unchanged, no latency", "CPU 1, 150 MiB", planMany(10_000)},
	{"apply from empty, 100", "3.5 s, 150 requests", applyEmpty(100)},
	{"apply from empty, 1,000", "7 s, 1,200 requests", applyEmpty(1000)},
	{"apply, 10 of 1,000 changed", "3.5 s, 60 requests", applySome(1000, 10)},
	{"run, an idle pass of 1,000", "50 MiB, one list", idlePass(1000)},
	{"run, a round of 1,000 workspaces of 10", "CPU 30 (5 % of 10 minutes), 150 MiB, 1,000 requests", crowd(1000, 10)},
	{"run, commit to first write, 1,000", "1 s", commitToWrite(1000)},
	{"apply from empty, 1,000, ARM's limits", "90 s, 50 of 429", applyLimited(1000)},
}

func run(ctx context.Context) error {
	pattern := flag.String("run", "", "only work that matches this `regexp`")
	length := flag.Duration("soak", 0, "instead of that, run the daemon in trouble for so `long`")
	seed := flag.Uint64("seed", rand.Uint64(), "`number` that the trouble comes from")
	flag.Parse()
	only, err := regexp.Compile(*pattern)
	if err != nil {
		return fmt.Errorf("read -run: %w", err)
	}
	b, err := newBench(ctx)
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if *length > 0 {
		return soak(ctx, b, *length, *seed)
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "work\tfloor\tours\tratio\tCPU\tMiB\trequests\t429\tat most\t")
	for _, r := range rows {
		if !only.MatchString(r.work) {
			continue
		}
		fmt.Fprintf(os.Stderr, "bench: %s\n", r.work)
		floor, ours, err := r.bench(ctx, b)
		if err != nil {
			return fmt.Errorf("%s: %w", r.work, err)
		}
		printRow(t, r, floor, ours)
	}
	return t.Flush()
}

func printRow(t *tabwriter.Writer, r row, floor time.Duration, ours figures) {
	bare, ratio := "", ""
	if floor > 0 {
		bare, ratio = fmt.Sprintf("%.2f", floor.Seconds()), fmt.Sprintf("%.2f", ours.wall.Seconds()/floor.Seconds())
	}
	fmt.Fprintf(t, "%s\t%s\t%.3f\t%s\t%.2f\t%.0f\t%d\t%d\t%s\t\n", r.work, bare, ours.wall.Seconds(), ratio,
		ours.cpu.Seconds(), float64(ours.rss)/(1<<20), ours.requests, ours.throttled, r.goal)
}
