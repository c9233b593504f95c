package scenario

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

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
		return s.platform.NextWebhookFor(t.id, repeat(step.Webhook.Platform(), step.times())...)
	case step.Redeliver != "":
		return s.redeliver(ctx, t, step, at)
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
		faults[i] = step.Fault.Platform(s.holds.after)
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
			t.leave(s.owed(t))
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
		if err := s.answeredTo(ctx, t, due, at); err != nil {
			return err
		}
		if step.Visitor == Escalate && slices.ContainsFunc(t.trail.delivered(), refusedBy) {
			return t.halt(true) // the CRM knows nothing of the conversation
		}
	}
	return nil
}

// redeliver sends the newest webhook of a type once more, and waits until the CRM has answered it.
func (s *stage) redeliver(ctx context.Context, t *talk, step *Step, at string) error {
	newest := 0
	for _, w := range s.platform.Webhooks() {
		if w.ConversationID == t.id && w.EventType == string(step.Redeliver) {
			newest = w.N
		}
	}
	if newest == 0 {
		return fmt.Errorf("the platform keeps no %s of %s any more", step.Redeliver, t.id)
	}
	for range step.times() {
		due := t.postedAgain()
		if err := s.platform.Redeliver(ctx, newest); errors.Is(err, fakeapi.ErrClosed) {
			return err
		}
		// What else may have gone wrong stands in the webhook's record.
		if err := s.answeredTo(ctx, t, due, at); err != nil {
			return err
		}
	}
	return nil
}

// timeEnough is how long a CRM may take to send what it took where nothing goes wrong. It is generous: some look for what is to
// be sent only every few seconds.
const timeEnough = 10 * time.Second

// owed returns until when an event must have been taken to be demanded, though the visitor leaves now. It is the zero time if
// something went wrong or is under way, which excuses what is missing.
func (r *run) owed(t *talk) time.Time {
	limit := time.Now().Add(-timeEnough)
	if now := t.trail.standing(); now.open || now.failed || !r.sc.calm() || now.last.After(limit) {
		return time.Time{}
	}
	return limit
}

// answeredTo waits until as many webhooks of the conversation were answered, or the CRM is to blame.
func (s *stage) answeredTo(ctx context.Context, t *talk, due int, at string) error {
	if err := s.delivered(ctx, t, due); err != nil {
		t.blame(Reason{Kind: Webhook, Text: fmt.Sprintf("%s: a webhook was not answered in time", at)})
		return t.halt(true)
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
