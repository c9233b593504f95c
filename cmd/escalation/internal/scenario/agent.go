package scenario

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
)

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
	err = s.try(ctx, t, step, body)
	refusal, refused := errors.AsType[*desk.Refusal](err)
	switch {
	case err == nil && step.Refused:
		t.misled()
		t.note(Reason{Kind: Unexpected, Text: fmt.Sprintf("%s: the CRM took %q, which is not allowed; it must never send it", at, label(fields))})
	case err == nil:
		t.took(fields, true)
	case refused && (step.Refused || t.gone()):
		// as it should be
	case refused:
		t.refused(Reason{Kind: Refused, Text: fmt.Sprintf("%s: the CRM refused %q: %s", at, label(fields), reasonOf(refusal))})
		return t.halt(true)
	case s.parent.Err() != nil:
		return err
	default:
		t.took(fields, false)
		text := fmt.Sprintf("%s: %q: %v", at, label(fields), err)
		if call, ok := errors.AsType[*desk.CallError](err); ok && call.Status == http.StatusNotFound {
			text += " (is the URL right?)"
		}
		t.blame(Reason{Kind: Desk, Text: text})
		return t.halt(true)
	}
	return nil
}

// soon is how long a CRM may refuse what its agent may do: it may have answered a webhook that it has not looked at yet, or wait
// for the answer to what it sent last.
const (
	soon  = 5 * time.Second
	again = 100 * time.Millisecond
)

// try lets the agent act, and act again after a refusal that may be about to pass.
func (s *stage) try(ctx context.Context, t *talk, step *Step, body []byte) error {
	for began := time.Now(); ; {
		err := s.desk.Act(ctx, body)
		if _, refused := errors.AsType[*desk.Refusal](err); !refused || step.Refused || t.gone() || time.Since(began) >= soon {
			return err
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return err
		}
	}
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
