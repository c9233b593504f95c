package linear_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/rules"
)

// system is what callers talk to.
type system interface {
	call(ctx context.Context, i input) (output, error)
}

var errUnexpected = errors.New("unexpected")

func (l *lives) call(ctx context.Context, i input) (output, error) {
	conv := l.alive().Conversation(i.Conversation)
	switch i.Verb {
	case open:
		return finished(conv.Open(ctx))
	case end:
		return finished(conv.VisitorEnded(ctx))
	case explain:
		return finished(conv.Explain(ctx, event(i.Kind)))
	case status:
		st, err := conv.Status(ctx)
		if err != nil {
			return finished(err)
		}
		return output{Answer: done, Round: st.Round, Accepted: st.Accepted.String(), Last: st.Last}, nil
	}
	var options []escalation.Option
	if i.Key != "" {
		options = append(options, escalation.WithKey(i.Key))
	}
	if i.Round != 0 {
		options = append(options, escalation.ForRound(i.Round))
	}
	r, err := conv.Accept(ctx, event(i.Kind), options...)
	if err != nil {
		return finished(err)
	}
	o := output{Answer: done, Number: r.Number, Round: r.Round}
	if r.Repeated {
		o.Answer = repeated
	}
	return o, nil
}

// errNothing: nothing was done.
var errNothing = errors.New("nothing was done")

// finished says what an error means.
func finished(err error) (output, error) {
	_, refusal := errors.AsType[*rules.Refusal](err)
	_, round := errors.AsType[*escalation.RoundError](err)
	_, key := errors.AsType[*escalation.KeyError](err)
	_, unanswered := errors.AsType[*escalation.UnansweredError](err)
	_, failed := errors.AsType[*escalation.StoreError](err)
	switch {
	case err == nil:
		return output{Answer: done}, nil
	case refusal:
		return output{Answer: refused}, nil
	case round:
		return output{Answer: otherRound}, nil
	case key:
		return output{Answer: otherKey}, nil
	case unanswered, failed:
		return output{}, nil
	case errors.Is(err, escalation.ErrClosed), errors.Is(err, context.DeadlineExceeded):
		return output{}, errNothing
	}
	return output{}, fmt.Errorf("%w: %w", errUnexpected, err)
}

// event has one body for each kind, so that a key repeats if the kind does.
func event(k events.Kind) events.Outbound {
	switch k {
	case events.KindEscalationQueueUpdate:
		return events.EscalationQueueUpdate{QueuePosition: "1"}
	case events.KindEscalationSuccess:
		return events.EscalationSuccess{Agent: "John"}
	case events.KindMessage:
		return events.Message{Text: "hello"}
	case events.KindEscalationFailed:
		return events.EscalationFailed{}
	}
	return events.AgentDisconnect{}
}

// callers is a number of callers side by side.
type callers struct {
	seed          uint64
	number, calls int
	conversations int
}

// talk lets them call, and returns what they did. Between two calls of the first caller something may happen to the system.
func (c callers) talk(t testing.TB, s system, happens func(rng *rand.Rand)) []porcupine.Operation {
	t.Helper()
	var mu sync.Mutex
	var all []porcupine.Operation
	start := time.Now()
	var group sync.WaitGroup
	for id := range c.number {
		rng := rand.New(rand.NewPCG(c.seed, uint64(id)))
		group.Go(func() {
			for range c.calls {
				if id == 0 && happens != nil {
					happens(rng)
				}
				i := draw(rng, c.conversations)
				ctx, cancel := context.WithCancel(context.Background())
				if rng.IntN(8) == 0 {
					ctx, cancel = context.WithTimeout(context.Background(), time.Duration(rng.IntN(100))*time.Microsecond)
				}
				began := time.Since(start)
				o, err := s.call(ctx, i)
				ended := time.Since(start)
				cancel()
				switch {
				case errors.Is(err, errNothing), o.Answer == unknown && (i.Verb == status || i.Verb == explain):
					continue
				case err != nil:
					t.Errorf("%+v: %v", i, err)
					return
				}
				op := porcupine.Operation{ClientId: id, Input: i, Call: int64(began), Output: o, Return: int64(ended)}
				if o.Answer == unknown {
					op.Return = math.MaxInt64
				}
				mu.Lock()
				all = append(all, op)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return all
}

// draw draws a call.
func draw(rng *rand.Rand, conversations int) input {
	i := input{Conversation: fmt.Sprint(rng.IntN(conversations))}
	kinds := events.OutboundKinds().Kinds()
	// The more messages the longer a round.
	kinds = append(kinds, events.KindMessage, events.KindMessage, events.KindEscalationSuccess)
	switch rng.IntN(12) {
	case 0, 1:
		i.Verb = open
	case 2:
		i.Verb = end
	case 3, 4, 5:
		i.Verb = status
	case 6:
		i.Verb, i.Kind = explain, kinds[rng.IntN(len(kinds))]
	default:
		i.Kind = kinds[rng.IntN(len(kinds))]
		if rng.IntN(3) == 0 {
			i.Key = fmt.Sprint("key-", rng.IntN(6))
		}
		if rng.IntN(6) == 0 {
			i.Round = 1 + rng.IntN(3)
		}
	}
	return i
}
