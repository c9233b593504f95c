package scenario

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// steps takes the steps one after the other. The error is errStopped if the CRM is to blame, else it is not.
func (s *stage) steps(ctx context.Context, steps []Step, path string) error {
	for i := range steps {
		at := fmt.Sprintf("%s[%d]", path, i)
		if err := s.step(ctx, &steps[i], at); err != nil {
			if errors.Is(err, errStopped) {
				return err
			}
			return fmt.Errorf("%s: %w", at, err)
		}
	}
	return nil
}

func (s *stage) step(ctx context.Context, step *Step, at string) error {
	if s.flooded() {
		return errStopped
	}
	t := s.talks[step.conversation()]
	switch {
	case step.Together != nil:
		return s.together(ctx, step.Together, at+".together")
	case step.Key != "":
		return s.rekey(step.Key)
	case step.Fault != nil:
		return s.fault(t, step)
	case step.Webhook != nil:
		t.deal(step.Webhook, step.times())
		return s.platform.NextWebhookFor(t.id, repeat(step.Webhook.platform(), step.times())...)
	case step.Wait != nil:
		return s.await(ctx, t, step.Wait, at)
	case step.Agent != nil:
		return s.agent(ctx, t, step, at)
	}
	return s.visitor(ctx, t, step, at)
}

// together takes steps side by side.
func (s *stage) together(ctx context.Context, steps []Step, path string) error {
	errs := make([]error, len(steps))
	var all sync.WaitGroup
	for i := range steps {
		all.Go(func() { errs[i] = s.step(ctx, &steps[i], fmt.Sprintf("%s[%d]", path, i)) })
	}
	all.Wait()
	stopped := false
	for _, err := range errs {
		if err != nil && !errors.Is(err, errStopped) {
			return err
		}
		stopped = stopped || err != nil
	}
	if stopped {
		return errStopped
	}
	return nil
}

func (s *stage) rekey(key string) error {
	if s.opts.SetKey == nil {
		return errors.New("there is nobody to tell of a new key")
	}
	s.mu.Lock()
	s.rekeys = true
	s.mu.Unlock()
	return s.opts.SetKey(key)
}

func (s *stage) fault(t *talk, step *Step) error {
	faults := make([]fakeapi.Fault, step.times())
	for i := range faults {
		faults[i] = step.Fault.platform(&s.holds)
	}
	if step.All {
		return s.platform.Next(faults...)
	}
	return s.platform.NextFor(t.id, faults...)
}

// visitor lets the visitor act, and waits until the CRM has answered the webhook.
func (s *stage) visitor(ctx context.Context, t *talk, step *Step, at string) error {
	for n := range step.times() {
		var err error
		switch step.Visitor {
		case Escalate:
			t.beginRound()
			err = s.platform.Escalate(t.id, step.To)
		case Leave:
			t.leave()
			err = s.platform.Leave(t.id)
		default:
			if !s.platform.State(t.id).Live() {
				err = fakeapi.ErrNotEscalated // the bot would answer
				break
			}
			err = s.platform.Write(t.id, s.fill(step.Text, n+1))
		}
		if errors.Is(err, fakeapi.ErrEscalated) || errors.Is(err, fakeapi.ErrNotEscalated) {
			t.blame(Reason{Kind: NotDone, Text: fmt.Sprintf("%s: the visitor cannot %s: the conversation is %s", at, step.Visitor, s.platform.State(t.id))})
			return t.halt(false)
		}
		if err != nil {
			return err
		}
		due, overtaken := t.posted()
		if overtaken {
			continue
		}
		if err := s.delivered(ctx, t, due); err != nil {
			t.blame(Reason{Kind: Webhook, Text: fmt.Sprintf("%s: a webhook was not answered in time", at)})
			return t.halt(true)
		}
		if step.Visitor == Escalate && slices.ContainsFunc(t.trail.delivered(), refusedBy) {
			return t.halt(true) // the CRM knows nothing of the conversation
		}
	}
	return nil
}

// delivered waits until as many webhooks of the conversation have ended, in whatever way.
func (s *stage) delivered(ctx context.Context, t *talk, due int) error {
	return s.wait(ctx, func() bool {
		if s.sc.Chaos != nil {
			return s.allEnded(t) // how many there will be is up to chance
		}
		return len(t.trail.delivered()) >= due
	})
}

// allEnded reports whether no webhook of the conversation is under way.
func (r *run) allEnded(t *talk) bool {
	for _, w := range r.platform.Webhooks() {
		if w.ConversationID == t.id && !w.Ended {
			return false
		}
	}
	return true
}

// refusedBy reports whether the CRM did not take a webhook.
func refusedBy(w fakeapi.WebhookRecord) bool { return !w.Dropped && w.Status/100 != 2 }

// agent lets the agent act, or waits until somebody else did.
func (s *stage) agent(ctx context.Context, t *talk, step *Step, at string) error {
	for n := range step.times() {
		fields := maps.Clone(step.Agent.Fields())
		for name, value := range fields {
			fields[name] = s.fill(value, n+1)
		}
		do := s.act
		if s.desk == nil {
			do = s.watch
		}
		if err := do(ctx, t, step, fields, at); err != nil {
			return err
		}
	}
	return nil
}

// act does an event of the agent through the desk.
func (s *stage) act(ctx context.Context, t *talk, step *Step, fields map[string]string, at string) error {
	body, err := desk.Event(fields).Body(t.id)
	if err != nil {
		return err
	}
	gone := t.gone()
	err = s.desk.Act(ctx, body)
	refusal, refused := errors.AsType[*desk.Refusal](err)
	switch {
	case err == nil && step.Refused:
		t.note(Reason{Kind: Unexpected, Text: fmt.Sprintf("%s: the CRM took %q, which is not allowed; it must never send it", at, label(fields))})
	case err == nil:
		t.took(fields, false)
	case refused && (step.Refused || gone || t.gone()):
		// as it should be
	case refused:
		t.blame(Reason{Kind: Refused, Text: fmt.Sprintf("%s: the CRM refused %q: %s", at, label(fields), reasonOf(refusal))})
		return t.halt(true)
	case s.parent.Err() != nil:
		return err
	default:
		t.took(fields, true)
		text := fmt.Sprintf("%s: %q: %v", at, label(fields), err)
		if call, ok := errors.AsType[*desk.CallError](err); ok && call.Status == http.StatusNotFound {
			text += " (is the URL right?)"
		}
		t.blame(Reason{Kind: Desk, Text: text})
		return t.halt(true)
	}
	return nil
}

func reasonOf(r *desk.Refusal) string {
	if len(r.Rules) > 0 {
		return strings.Join(r.Rules, ", ") + ": " + r.Message
	}
	return r.Message
}

// watch waits until whoever plays the agent did what the step says: an event of that kind, whatever its words.
func (s *stage) watch(ctx context.Context, t *talk, step *Step, fields map[string]string, at string) error {
	if step.Refused {
		t.note(Reason{Kind: NotDone, Text: fmt.Sprintf("%s: not tried without a desk: %q, which is not allowed", at, label(fields))})
		return nil
	}
	kind := fields["eventType"]
	n := t.nextAct(kind)
	did := func() bool {
		have := 0
		for _, l := range t.trail.shown() {
			if l.EventType == kind {
				have++
			}
		}
		return have >= n
	}
	if did() {
		return nil
	}
	s.opts.Tell(fmt.Sprintf("%s: waiting for the CRM to send %q in conversation %s", at, label(fields), t.id))
	err := s.wait(ctx, func() bool { return did() || s.flooded() })
	if s.flooded() {
		return errStopped
	}
	if err != nil {
		t.blame(Reason{Kind: NotDone, Text: fmt.Sprintf("%s: the CRM did not send %q", at, label(fields))})
		return t.halt(false)
	}
	return nil
}

// await waits for what a step says.
func (s *stage) await(ctx context.Context, t *talk, w *Wait, at string) error {
	if w.Within > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(w.Within))
		defer cancel()
	}
	text := s.fill(w.Text, 1)
	met := func() bool {
		return len(t.trail.shown()) >= w.Lines &&
			t.trail.arrived() >= w.Requests &&
			(w.State == "" || s.came(t, w.State)) &&
			(w.Text == "" || t.shows(text))
	}
	if err := s.wait(ctx, func() bool { return met() || s.flooded() }); err != nil {
		t.blame(Reason{Kind: NotDone, Text: fmt.Sprintf("%s: waited for %s; there %s", at, w.describe(text), s.soFar(t))})
		return t.halt(false)
	}
	if s.flooded() {
		return errStopped
	}
	if w.Pause > 0 {
		pause, cancel := context.WithTimeout(ctx, time.Duration(w.Pause))
		defer cancel()
		<-pause.Done() // if the scenario's time is over, the next step finds out
	}
	return nil
}

func (t *talk) shows(text string) bool {
	for _, l := range t.trail.shown() {
		if l.Text == text {
			return true
		}
	}
	return false
}

// came reports whether the conversation is in a state, or was in this round.
func (r *run) came(t *talk, state State) bool {
	now := r.platform.State(t.id)
	return now.String() == string(state) || t.trail.came(now.Round, state)
}

func (w *Wait) describe(text string) string {
	var all []string
	if w.Lines > 0 {
		all = append(all, fmt.Sprintf("%d lines of the CRM", w.Lines))
	}
	if text != "" {
		all = append(all, fmt.Sprintf("the line %q", text))
	}
	if w.State != "" {
		all = append(all, "the state "+string(w.State))
	}
	if w.Requests > 0 {
		all = append(all, fmt.Sprintf("%d requests", w.Requests))
	}
	return strings.Join(all, " and ")
}

// soFar says where a conversation stands.
func (r *run) soFar(t *talk) string {
	return fmt.Sprintf("were %d lines of the CRM and %d requests, and the state was %s",
		len(t.trail.shown()), t.trail.arrived(), r.platform.State(t.id))
}

// fill puts the number of the repetition for {n} and that of the copy for {copy}.
func (s *stage) fill(text string, n int) string {
	return strings.NewReplacer("{n}", strconv.Itoa(n), "{copy}", strconv.Itoa(s.copy)).Replace(text)
}

func repeat[T any](v T, times int) []T {
	all := make([]T, times)
	for i := range all {
		all[i] = v
	}
	return all
}
