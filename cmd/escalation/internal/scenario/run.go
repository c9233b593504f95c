package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// Defaults of [Options].
const (
	DefaultTimeout = time.Minute
	DefaultQuiet   = 500 * time.Millisecond
)

// Options says how a scenario is played.
type Options struct {
	// Watch is hooked into the platform. Required.
	Watch *Watch

	// Prefix begins the conversation ids, which are PREFIX-SCENARIO-CONVERSATION[-COPY]. A CRM may know ids that
	// were used before, so it should be new for every run. Default: none.
	Prefix string

	// Timeout bounds the run. Default: DefaultTimeout.
	Timeout time.Duration

	// Quiet is how long nothing may come from the CRM before the run is over. Default: DefaultQuiet.
	Quiet time.Duration

	// Follow goes on watching after a run that passed, for Outcome.Since.
	Follow bool

	// KindsOnly compares no texts with those of the file: for an agent who has words of his own.
	KindsOnly bool

	// SetKey makes key the platform's key, and tells the CRM if that is possible. Nil: a scenario with a key step fails to
	// start.
	SetKey func(key string) error

	// Tell is told what the run waits for that somebody has to do. Default: nobody is.
	Tell func(text string)
}

func (o *Options) withDefaults() (Options, error) {
	var out Options
	if o != nil {
		out = *o
	}
	if out.Watch == nil {
		return out, errors.New("scenario: nobody watches the platform")
	}
	if out.Timeout == 0 {
		out.Timeout = DefaultTimeout
	}
	if out.Quiet == 0 {
		out.Quiet = DefaultQuiet
	}
	if out.Tell == nil {
		out.Tell = func(string) {}
	}
	return out, nil
}

// Run plays a scenario on the platform. The agent's steps go to the desk; if that is nil, somebody else plays the agent, and the run
// waits for his events. An error says that the scenario could not be played for a reason that lies not with the CRM: ctx
// ended, the platform is closed, or the step cannot be taken.
//
// Several runs may share a platform, unless one of them is Exclusive.
func Run(ctx context.Context, platform *fakeapi.Server, agent desk.Desk, sc *Scenario, opts *Options) (Outcome, error) {
	full, err := opts.withDefaults()
	if err != nil {
		return Outcome{}, err
	}
	r := &run{platform: platform, desk: agent, sc: sc, opts: full, parent: ctx, began: time.Now()}
	r.pulse.next = make(chan struct{})
	ctx, cancel := context.WithTimeout(ctx, full.Timeout)
	defer cancel()
	return r.play(ctx)
}

// run is one run.
type run struct {
	platform *fakeapi.Server
	desk     desk.Desk // nil: somebody else
	sc       *Scenario
	opts     Options
	parent   context.Context // without the run's own time limit
	began    time.Time
	holds    holds
	pulse    pulse
	talks    []*talk // by copy, then in the order of Scenario.Conversations

	mu     sync.Mutex
	rekeys bool // the key was changed
}

// errStopped ends the steps of a run: the reason is in a talk.
var errStopped = errors.New("scenario: stopped")

func (r *run) play(ctx context.Context) (out Outcome, err error) {
	defer r.holds.releaseAll()
	defer func() {
		if out.Since == nil {
			r.forget()
		}
	}()
	if r.sc.Chaos != nil {
		if err := r.platform.SetChaos(r.sc.Chaos.Platform(r.sc.Seed)); err != nil {
			return Outcome{}, fmt.Errorf("scenario: %s: %w", r.sc.Name, err)
		}
	}
	if r.sc.Exclusive() {
		defer r.platform.ClearFaults() // what met no request must not meet that of another run
	}
	var stages []*stage
	for i := range max(r.sc.Copies, 1) {
		stages = append(stages, r.stage(i+1))
	}
	errs := make([]error, len(stages))
	var all sync.WaitGroup
	for i, s := range stages {
		all.Go(func() { errs[i] = s.steps(ctx, r.sc.Steps, "steps") })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil && !errors.Is(err, errStopped) {
			return Outcome{}, fmt.Errorf("scenario: %s: %w", r.sc.Name, err)
		}
	}
	if r.sc.Chaos != nil {
		_ = r.platform.SetChaos(nil) // never fails
	}
	r.settle(ctx)
	if err := r.parent.Err(); err != nil {
		return Outcome{}, fmt.Errorf("scenario: %s: %w", r.sc.Name, context.Cause(r.parent))
	}
	out = r.outcome()
	if r.opts.Follow && out.Passed() {
		out.Since = func() []Reason { return r.since(out.Reasons) }
	}
	return out, nil
}

// A stage is one copy of the scenario's conversations.
type stage struct {
	*run
	copy  int // from 1
	talks map[string]*talk
}

func (r *run) stage(copy int) *stage {
	s := &stage{run: r, copy: copy, talks: map[string]*talk{}}
	for _, name := range r.sc.Conversations() {
		id := r.id(name, copy)
		t := &talk{name: name, id: id, copy: copy, trail: r.opts.Watch.follow(id, &r.pulse)}
		if r.sc.Copies > 1 {
			t.name = fmt.Sprintf("%s/%d", name, copy)
		}
		s.talks[name] = t
		r.talks = append(r.talks, t)
	}
	return s
}

func (r *run) forget() {
	for _, t := range r.talks {
		r.opts.Watch.forget(t.id)
	}
}

func (r *run) id(conversation string, copy int) string {
	parts := []string{r.sc.Name, conversation}
	if r.opts.Prefix != "" {
		parts = append([]string{r.opts.Prefix}, parts...)
	}
	if r.sc.Copies > 1 {
		parts = append(parts, fmt.Sprint(copy))
	}
	return strings.Join(parts, "-")
}

// wait returns nil as soon as done does, and the context's error if that ends first. done is asked again whenever something
// happened on the platform.
func (r *run) wait(ctx context.Context, done func() bool) error {
	for {
		beaten := r.pulse.beaten()
		if done() {
			return nil
		}
		select {
		case <-beaten:
		case <-ctx.Done():
			if done() {
				return nil
			}
			return ctx.Err()
		}
	}
}

// settle waits until the visitors have seen all that they are to see, and then until nothing comes any more.
func (r *run) settle(ctx context.Context) {
	_ = r.waitInHope(ctx, r.complete) // what is missing is found afterwards
	for !r.flooded() && r.wait(ctx, r.answered) == nil {
		before := r.arrived()
		quiet, cancel := context.WithTimeout(ctx, r.opts.Quiet)
		err := r.wait(quiet, func() bool { return r.arrived() != before })
		cancel()
		if err != nil { // nothing came for so long, or the time is over
			return
		}
	}
}

// answered reports whether no request waits for its answer.
func (r *run) answered() bool {
	for _, t := range r.talks {
		if t.trail.standing().open {
			return false
		}
	}
	return true
}

// complete reports whether no visitor has to see any more.
func (r *run) complete() bool {
	if r.flooded() {
		return true
	}
	for _, t := range r.talks {
		if stopped, _ := r.cutShort(t); !stopped && len(r.missing(t)) > 0 {
			return false
		}
	}
	return true
}

// arrived counts the requests for the run's conversations.
func (r *run) arrived() int {
	n := 0
	for _, t := range r.talks {
		n += t.trail.arrived()
	}
	return n
}
