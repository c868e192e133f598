package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/secret"
)

// grace is how long begun units have after an interrupt to get to where they
// may be left.
const grace = time.Minute

// rounds bounds how often apply plans anew because something changed on its way.
const rounds = 3

func (a *app) applyCmd() *cobra.Command {
	c := &applyCmd{app: a}
	cmd := &cobra.Command{
		Use:   "apply [PATH | PLAN.json [PATH]]",
		Short: "Make the workspaces equal to the specs, once",
		Long: "Make the workspaces equal to the specs below PATH, once; or carry out a plan that \"plan --out\" wrote: exactly\n" +
			"that, or nothing where something that it touches has changed since. With both, the specs at PATH are planned\n" +
			"again, and must give the same plan.",
		Args: planAndPath,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 && isPlanFile(args[0]) {
				if c.allowDeletions > 0 || c.approve != "" || a.workspace != "" {
					return usage("a saved plan is carried out as it is: --allow-deletions, --approve and --workspace do not go with it",
						"choose workspaces when the plan is made; to allow deletions or approve what is held, apply the specs")
				}
			} else if c.verifyKey != "" {
				return usage("--verify-key is about a saved plan", "name the file that plan --sign-key wrote")
			}
			if !c.autoApprove && !isTerminal(a.in) {
				return usage("nobody is there to approve the plan", "pass --auto-approve, or run apply on a terminal")
			}
			return c.run(cmd.Context(), args)
		},
	}
	a.outputFlag(cmd, "text", "json")
	a.workspaceFlag(cmd)
	a.policyFlag(cmd)
	a.grantFlags(cmd)
	a.azureFlags(cmd)
	stateFlags(cmd, &c.state)
	cmd.Flags().BoolVar(&c.autoApprove, "auto-approve", false, "apply without asking")
	cmd.Flags().UintVar(&c.allowDeletions, "allow-deletions", 0, "let up to `N` computes of each workspace be deleted, detached or replaced, whatever max_deletions says")
	cmd.Flags().StringVar(&c.approve, "approve", "", "also make what waits for approval, or for a person's word, if the plan has this `hash`")
	cmd.Flags().StringVar(&c.verifyKey, "verify-key", "", "carry a saved plan out only if one of the public ssh keys in this `file` signed it")
	cmd.Flags().DurationVar(&c.timeout, "operation-timeout", time.Hour, "how long one operation may take")
	return cmd
}

type applyCmd struct {
	*app
	autoApprove    bool
	allowDeletions uint
	approve        string
	verifyKey      string
	timeout        time.Duration
	state          state
	az             *azure
	plan           *plan.Plan // the last one
	destroys       []string   // what the first one destroys
	total          apply.Result
	mu             sync.Mutex
}

func (c *applyCmd) run(ctx context.Context, args []string) error {
	var saved *plan.Plan
	if len(args) > 0 && isPlanFile(args[0]) {
		var err error
		if saved, err = c.readSaved(args[0]); err != nil {
			return err
		}
		if err := c.checkPlanGrant(saved); err != nil {
			return err
		}
	}
	az, err := connect(c.azure)
	if err != nil {
		return err
	}
	defer az.client.Close()
	c.az = az
	dir, err := c.state.folder()
	if err != nil {
		return err
	}
	az.secrets.KeepBack(secret.Own{Name: "state folder", Folder: dir})
	j, own, err := openJournal(ctx, &c.state, func(damage string) { c.remark("warning", damage) })
	if err != nil {
		return err
	}
	defer j.Close()
	az.secrets.KeepBack(secret.Own{Name: "state key", Ref: own})
	if c.state.key == noKey {
		c.notice(keyless)
	}
	r := &daemon.Reconciler{
		Endpoint: az.endpoint, APIVersion: az.client.APIVersion(), Journal: j, Target: az.target, Secrets: az,
		Timeout: c.timeout, LastLook: arm.LastLook,
	}
	looking, stop := c.untilInterrupt(ctx)
	defer stop()
	if saved != nil {
		return c.runSaved(ctx, looking, r, saved, args)
	}
	return c.runSpecs(ctx, looking, r, args)
}

// runSpecs applies what the specs say, and plans again where something changed
// on the way.
func (c *applyCmd) runSpecs(ctx, looking context.Context, r *daemon.Reconciler, args []string) error {
	l, err := c.load(looking, args, r.Owned)
	if err != nil {
		return err
	}
	c.tell(l, forPlan)
	code := l.code()
	if len(l.chosen) == 0 {
		return ended(code)
	}
	ctx, cancel := c.withGrace(ctx)
	defer cancel()
	for round := 1; ; round++ {
		again, roundCode, err := c.round(ctx, looking, r, l)
		code = worse(code, roundCode)
		if err != nil {
			return err
		}
		if !again || c.interrupted() {
			break
		}
		if round == rounds {
			c.complain(&coded{code: exitError, text: "the workspace keeps changing while it is applied", hint: "run apply again when nobody else writes to it"})
			code = worse(code, exitError)
			break
		}
	}
	return ended(c.finish(code))
}

// withGrace ends the context some time after an interrupt.
func (c *applyCmd) withGrace(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-ctx.Done():
			return
		case <-c.interrupt:
		}
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// round looks, plans, asks and applies. It reports whether something changed
// on the way such that there may be more to do. The context of looking ends at
// an interrupt, that of writing only after the grace.
func (c *applyCmd) round(ctx, looking context.Context, r *daemon.Reconciler, l *loaded) (again bool, code int, err error) {
	views, err := recall(r, l)
	if err != nil {
		return false, code, err
	}
	views, failed := c.see(looking, r, views)
	if err := looking.Err(); err != nil {
		return false, code, err
	}
	if failed {
		code = exitError
	}
	if len(views) == 0 {
		return false, code, ended(code) // what is wrong was told
	}
	inputs := make([]plan.Input, len(views))
	begun := false
	for i, v := range views {
		v.AllowDeletions, v.Approved = int(c.allowDeletions), c.approve
		inputs[i] = v.Input
		begun = begun || len(v.Begun) > 0
	}
	scout := newScout(c.az)
	p := plan.Priced(l.commit, inputs, func(asks []plan.Ask) plan.Answers { return scout.ask(looking, asks) })
	if !c.autoApprove { // somebody decides by it
		p.Check(inputs, scout.ask(looking, p.Asks(inputs)))
	}
	switch first := c.plan == nil; {
	case first && c.approve != "" && c.approve != p.Hash:
		return false, code, c.refuseApproval(p)
	case first:
		c.destroys = p.Destructions()
	case c.approve != "":
		if err := c.refuseMore(p); err != nil {
			return false, code, err
		}
	}
	stale, planCode, err := c.carryOut(ctx, looking, r, views, p)
	return stale || begun, worse(code, planCode), err
}

// refuseMore refuses a plan that was made again on the way and destroys something
// that the first one, whose hash was approved, did not.
func (c *applyCmd) refuseMore(p *plan.Plan) error {
	more := slices.DeleteFunc(p.Destructions(), func(what string) bool { return slices.Contains(c.destroys, what) })
	if len(more) == 0 {
		return nil
	}
	return errors.Join(c.showPlan(p), &coded{
		code: exitError,
		text: "the plan changed on the way, and would now also " + strings.Join(more, ", ") + ": nothing more was changed",
		hint: "read this plan; then run apply again",
	})
}

// refuseApproval shows the plan that there is in place of the approved one.
func (c *applyCmd) refuseApproval(p *plan.Plan) error {
	return errors.Join(c.showPlan(p), &coded{
		code: exitError, text: fmt.Sprintf("approved is the plan %s, and this is %s: nothing was changed", c.approve, p.Hash),
		hint: "read this one; then pass its hash to --approve",
	})
}

// carryOut shows a plan, has it approved and applies it. It reports whether
// something changed on the way.
func (c *applyCmd) carryOut(ctx, looking context.Context, r *daemon.Reconciler, views []*daemon.View, p *plan.Plan) (stale bool, code int, err error) {
	c.plan = p
	if err := c.showPlan(p); err != nil {
		return false, code, err
	}
	if p.Raises() {
		code = exitHeld
	}
	if p.Steps() > 0 && !c.autoApprove && !c.ask(looking) {
		if err := looking.Err(); err != nil {
			return false, code, err
		}
		return false, code, &coded{code: exitError, text: "not approved: nothing was changed", hint: "only yes, in full, approves a plan"}
	}
	stale, err = c.applyAll(ctx, r, views, p)
	return stale, code, err
}

// showPlan shows what is going to be done: as the result, or where that is
// JSON to whoever is asked to approve it.
func (c *applyCmd) showPlan(p *plan.Plan) error {
	switch {
	case c.output == "text":
		return c.textPlan(c.out, p)
	case !c.autoApprove:
		return c.textPlan(c.err, p)
	}
	return nil
}

// ask asks for approval. An interrupt answers, too; the read then stays behind
// until the process ends.
func (c *applyCmd) ask(ctx context.Context) bool {
	fmt.Fprint(c.err, "\nApply this plan? Only \"yes\" is taken: ")
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(c.in).ReadString('\n') // without an answer it is no yes
		answer <- line
	}()
	select {
	case line := <-answer:
		return strings.TrimSpace(line) == "yes"
	case <-ctx.Done():
		return false
	}
}

// applyAll applies the workspaces side by side.
func (c *applyCmd) applyAll(ctx context.Context, r *daemon.Reconciler, views []*daemon.View, p *plan.Plan) (stale bool, err error) {
	show := c.newProgress(len(views) > 1)
	defer show.close()
	var all sync.WaitGroup
	for i, v := range views {
		all.Go(func() {
			name := v.Desired.ID.Name
			result, e := r.Apply(ctx, v, &p.Workspaces[i], p.Hash, c.interrupt, func(e apply.Event) { show.event(name, e) })
			c.mu.Lock()
			defer c.mu.Unlock()
			if e != nil {
				err = e
				return
			}
			stale = stale || len(result.Stale) > 0 || result.Closed
			c.total.Add(result)
		})
	}
	all.Wait()
	return stale, err
}

// finish tells how it ended, and the exit code of that.
func (c *applyCmd) finish(code int) int {
	t := &c.total
	switch {
	case len(t.Failed) > 0 && t.Done > 0:
		code = worse(code, exitPartly)
	case len(t.Failed) > 0:
		code = worse(code, exitError)
	}
	for _, h := range t.Held {
		if h.Held.Code.Raises() {
			code = worse(code, exitHeld)
		}
		c.remark(fmt.Sprintf("held (%s)", h.Held.Code), fmt.Sprintf("%s %s: %s", h.Action, h.Name, h.Held.Text))
	}
	failed := make([]error, len(t.Failed))
	for i, f := range t.Failed {
		failed[i] = f
	}
	c.complainOfAll(failed)
	if c.interrupted() {
		code = worse(code, exitInterrupted)
	}
	if len(t.Waiting) > 0 {
		c.notice("still under way, and resumed by the next apply: %s", strings.Join(t.Waiting, ", "))
	}
	if c.output == "json" {
		c.printJSON()
	} else {
		fmt.Fprintf(c.out, "\napplied: %s done, %d failed\n", count(t.Done, "step"), len(t.Failed))
	}
	return code
}

func (c *applyCmd) printJSON() {
	type failure struct {
		Name  string `json:"name"`
		Verb  string `json:"verb"`
		Error string `json:"error"`
	}
	type hold struct {
		Name   string      `json:"name"`
		Action plan.Action `json:"action"`
		plan.Held
	}
	doc := struct {
		Done    int           `json:"done"`
		Failed  []failure     `json:"failed"`
		Held    []hold        `json:"held"`
		Waiting []string      `json:"waiting"`
		Notices []plan.Notice `json:"notices,omitempty"`
	}{c.total.Done, []failure{}, []hold{}, append([]string{}, c.total.Waiting...), nil}
	for _, ws := range c.plan.Workspaces {
		doc.Notices = append(doc.Notices, ws.Notices...)
		for i := range ws.Changes {
			if ch := &ws.Changes[i]; ch.Held != nil {
				doc.Held = append(doc.Held, hold{ch.Name, ch.Action, *ch.Held})
			}
		}
	}
	for _, h := range c.total.Held {
		doc.Held = append(doc.Held, hold{h.Name, h.Action, h.Held})
	}
	for _, f := range c.total.Failed {
		doc.Failed = append(doc.Failed, failure{f.Name, string(f.Verb), f.Err.Error()})
	}
	enc := json.NewEncoder(c.out)
	enc.SetIndent("", "  ")
	_ = enc.Encode(doc) // a reader that has gone away changes nothing
}
