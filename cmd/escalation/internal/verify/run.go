package verify

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/cmd/escalation/internal/plain"
	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// atOnce is how many scenarios are played side by side.
const atOnce = 8

// CRM is what is put to the test.
type CRM struct {
	Webhook string                 // URL
	Sign    fakeapi.Signer         // nil: webhooks carry nothing that authenticates them
	Desk    desk.Desk              // nil: somebody else plays the agent
	SetKey  func(key string) error // tells it a new key; nil: nobody can
}

// Options says how the scenarios are played. The zero value of each field means its default.
type Options struct {
	Seed    uint64        // of the conversation ids
	Timeout time.Duration // of one scenario. Default: scenario.DefaultTimeout
	Quiet   time.Duration // see scenario.Options
	Own     bool          // the scenarios were written for this CRM: texts count even if somebody else plays the agent

	OnResult func(Result)      // is told every result, in order. Default: nobody is
	OnWait   func(text string) // is told what the run waits for that somebody has to do. Default: nobody is
}

// Run plays the scenarios on the platform. The platform is then used up: a second Run on it would count the requests of
// the first. An error says that they could not be played for a reason that lies not with the CRM. If that is the end of ctx, it
// is an *InterruptedError, and the report is there: what was not played to its end is skipped in it.
func Run(ctx context.Context, p *Platform, crm CRM, scenarios []*scenario.Scenario, opts *Options) (*Report, error) {
	r := &runner{platform: p, crm: crm, report: &Report{BaseURL: p.URL, Webhook: plain.URL(crm.Webhook), Began: time.Now()}}
	if opts != nil {
		r.opts = *opts
	}
	r.report.Seed = r.opts.Seed
	if r.opts.Timeout == 0 {
		r.opts.Timeout = scenario.DefaultTimeout
	}
	hook := &fakeapi.Webhook{URL: crm.Webhook, Sign: crm.Sign, Timeout: min(r.opts.Timeout*3/4, fakeapi.DefaultWebhookTimeout)}
	if err := p.api.SetWebhook(hook); err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	err := r.all(ctx, arrange(scenarios))
	if _, interrupted := errors.AsType[*InterruptedError](err); err != nil && !interrupted {
		return nil, err
	}
	r.tell(r.others())
	r.report.Took = time.Since(r.report.Began)
	return r.report, err
}

// InterruptedError says that a run ended before all was played.
type InterruptedError struct {
	During     []string // names of scenarios
	Played, Of int
	Cause      error // why the context ended
}

func (e *InterruptedError) Error() string {
	text := "verify: interrupted"
	if len(e.During) > 0 {
		text += " in " + strings.Join(e.During, ", ")
	}
	return fmt.Sprintf("%s; %d of %d scenarios played", text, e.Played, e.Of)
}

func (e *InterruptedError) Unwrap() error { return e.Cause }

// arrange puts those that need the platform for themselves last.
func arrange(all []*scenario.Scenario) []*scenario.Scenario {
	var shared, alone []*scenario.Scenario
	for _, sc := range all {
		if sc.Exclusive() {
			alone = append(alone, sc)
		} else {
			shared = append(shared, sc)
		}
	}
	return append(shared, alone...)
}

type runner struct {
	platform *Platform
	crm      CRM
	opts     Options
	report   *Report
}

// prefix begins the ids of every run; what follows it is the run's own.
const prefix = "verify-"

func (r *runner) prefix() string { return prefix + strconv.FormatUint(r.opts.Seed, 36) }

// tell adds a result.
func (r *runner) tell(result Result) {
	r.report.Results = append(r.report.Results, result)
	if r.opts.OnResult != nil {
		r.opts.OnResult(result)
	}
}

// all plays the first scenario, and if the CRM is there and knows where we are, the others.
func (r *runner) all(ctx context.Context, scenarios []*scenario.Scenario) error {
	width := atOnce
	if r.crm.Desk == nil {
		width = 1 // whoever plays the agent has two hands
	}
	noPoint := "" // in playing more
	interrupted := &InterruptedError{Of: len(scenarios)}
	for len(scenarios) > 0 {
		n := 1
		if r.report.Played() {
			for n < min(width, len(scenarios)) && !scenarios[n-1].Exclusive() && !scenarios[n].Exclusive() {
				n++
			}
		}
		results := make([]Result, n)
		errs := make([]error, n)
		var batch sync.WaitGroup
		for i, sc := range scenarios[:n] {
			batch.Go(func() { results[i], errs[i] = r.one(ctx, sc, noPoint) })
		}
		batch.Wait()
		for i, result := range results {
			switch {
			case errs[i] != nil && ctx.Err() == nil:
				return fmt.Errorf("verify: %w", errs[i])
			case errs[i] != nil:
				result = Result{Name: result.Name, About: result.About, Status: Skipped, Why: whyInterrupted}
				interrupted.During = append(interrupted.During, result.Name)
			case result.Status != Skipped:
				interrupted.Played++
			}
			if result.Status == Failed && !r.report.Played() {
				noPoint = r.outOfReach(&result)
			}
			r.tell(result)
		}
		scenarios = scenarios[n:]
		if len(interrupted.During) > 0 {
			noPoint = whyInterrupted
		}
	}
	if interrupted.Cause = context.Cause(ctx); noPoint == whyInterrupted {
		return interrupted
	}
	return nil
}

const whyInterrupted = "interrupted"

// one plays one scenario, unless there is no point in it.
func (r *runner) one(ctx context.Context, sc *scenario.Scenario, noPoint string) (Result, error) {
	result := Result{Name: sc.Name, About: sc.About}
	switch {
	case noPoint != "":
		result.Why = noPoint
	case r.crm.Desk == nil && sc.NeedsDesk():
		result.Why = "it needs a desk: the agent tries what is not allowed"
	case r.crm.SetKey == nil && sc.Rekeys():
		result.Why = "nobody can tell the CRM its new key"
	}
	if result.Why != "" {
		result.Status = Skipped
		return result, nil
	}
	opts := &scenario.Options{
		Watch: r.platform.watch, Prefix: r.prefix(), Timeout: r.opts.Timeout, Quiet: r.opts.Quiet,
		KindsOnly: r.crm.Desk == nil && !r.opts.Own, Follow: r.crm.Desk != nil, // a person may go on talking
	}
	if r.crm.SetKey != nil {
		opts.SetKey = func(key string) error {
			if err := r.platform.SetKey(key); err != nil {
				return err
			}
			return r.crm.SetKey(key)
		}
	}
	if r.opts.OnWait != nil {
		opts.Tell = func(text string) { r.opts.OnWait(sc.Name + ": " + text) }
	}
	var err error
	result.Outcome, err = scenario.Run(ctx, r.platform.api, r.crm.Desk, sc, opts)
	result.Status = Passed
	if !result.Outcome.Passed() {
		result.Status = Failed
	}
	return result, err
}

// others judges the requests that belong to no scenario, or came when it was over.
func (r *runner) others() Result {
	result := Result{Name: Others, About: "No request is without a conversation that was escalated, or comes when all is over.", Status: Passed}
	known := map[string]bool{}
	for _, done := range r.report.Results {
		for _, c := range done.Conversations {
			known[c.ID] = true
		}
	}
	result.Outcome = scenario.Strays(r.platform.api, known, prefix)
	for _, done := range r.report.Results {
		if done.Since == nil {
			continue
		}
		for _, reason := range done.Since() {
			reason.Text = fmt.Sprintf("%s, after %s was over: %s", reason.Conversation, done.Name, reason.Text)
			result.Reasons = append(result.Reasons, reason)
		}
	}
	if !result.Outcome.Passed() {
		result.Status = Failed
	}
	return result
}
