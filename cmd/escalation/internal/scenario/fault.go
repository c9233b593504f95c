package scenario

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// Platform returns the fault as the platform takes it. Where it is late, hold is to return a Hold that lets go that long
// after it has caught something.
func (f *Fault) Platform(hold func(time.Duration) *fakeapi.Hold) fakeapi.Fault {
	out := fakeapi.Fault{Status: f.Status, Cut: cuts[f.Cut], Delay: time.Duration(f.Delay), AfterNext: f.AfterNext}
	if f.RetryAfter != "" {
		out.Header = http.Header{"Retry-After": {f.RetryAfter}}
	}
	switch {
	case f.Process == nil:
	case *f.Process:
		out.Process = fakeapi.ProcessAnyway
	default:
		out.Process = fakeapi.ProcessNever
	}
	if f.Late > 0 {
		out.Late = hold(time.Duration(f.Late))
	}
	return out
}

// Valid reports whether c is one of the cuts, or none.
func (c Cut) Valid() bool {
	_, known := cuts[c]
	return known
}

var cuts = map[Cut]fakeapi.Cut{
	"":            fakeapi.NoCut,
	CutBeforeBody: fakeapi.CutBeforeBody,
	CutAfterBody:  fakeapi.CutAfterBody,
	CutInAnswer:   fakeapi.CutInAnswer,
}

// Platform returns the fault as the platform takes it.
func (f *WebhookFault) Platform() fakeapi.WebhookFault {
	return fakeapi.WebhookFault{Drop: f.Drop, Delay: time.Duration(f.Delay), Copies: f.Copies, AfterNext: f.AfterNext}
}

// Platform returns the chaos as the platform takes it.
func (c *Chaos) Platform(seed uint64) *fakeapi.Chaos {
	return &fakeapi.Chaos{
		Seed:         seed,
		Unauthorized: c.Unauthorized, TooMany: c.TooMany, Unavailable: c.Unavailable, ServerError: c.ServerError,
		ErrorAfterProcessing: c.ErrorAfterProcessing, CutBefore: c.CutBefore, CutInAnswer: c.CutInAnswer, CutAfter: c.CutAfter,
		Late: c.Late, Slow: c.Slow, RetryAfter: c.RetryAfter,
		DropWebhook: c.DropWebhook, DelayWebhook: c.DelayWebhook, DoubleWebhook: c.DoubleWebhook, ReorderWebhook: c.ReorderWebhook,
		MaxDelay: time.Duration(c.MaxDelay),
	}
}

// tryOut reports what the platform has against faults and chaos, without disturbing anything.
func tryOut(try func(*fakeapi.Server) error) error {
	s, err := fakeapi.New("bot", "key", nil)
	if err != nil {
		return err
	}
	return errors.Join(try(s), s.Close())
}

// holds are the Holds of a run: each lets go of what it caught after a stated time.
type holds struct {
	mu   sync.Mutex
	all  []*fakeapi.Hold
	end  context.Context // of the run
	stop context.CancelFunc
	busy sync.WaitGroup
}

func (h *holds) after(d time.Duration) *fakeapi.Hold {
	hold := new(fakeapi.Hold)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.end == nil {
		h.end, h.stop = context.WithCancel(context.Background())
	}
	h.all = append(h.all, hold)
	end := h.end
	h.busy.Go(func() {
		if hold.Wait(end, 1) != nil {
			return
		}
		late, cancel := context.WithTimeout(end, d)
		defer cancel()
		<-late.Done()
		hold.Release()
	})
	return hold
}

// releaseAll lets go of everything, and of what would be caught later.
func (h *holds) releaseAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stop != nil {
		h.stop()
	}
	for _, hold := range h.all {
		hold.Release()
	}
	h.busy.Wait()
}
