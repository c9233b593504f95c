package escalation_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/store"
)

// TestCloseWithADeadStore (G17): Close returns in time, and says that an outcome was not recorded.
func TestCloseWithADeadStore(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", true)
		r.line.meanwhile(func(context.Context, sent) { r.faults.down(true) })
		r.accept(v, text("a"))
		time.Sleep(10 * time.Second)
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		var unknown *escalation.CloseError
		if err := r.client.Close(ctx); !errors.As(err, &unknown) || unknown.Unknown != 1 {
			r.Errorf("Close says %v", err)
		}
		if took := time.Since(began); took > 5*time.Second {
			r.Errorf("it took %v", took)
		}
	})
}

// TestSecondWriter: a conversation that somebody else changes between each load and each commit, as transactions of the
// host do. Every Accept gets its own number, everything is sent once and in order.
func TestSecondWriter(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v := r.open("c", true)
		turns := 0
		r.faults.fail(func(c storeCall) error {
			if c.Change == nil {
				return nil
			}
			if turns++; turns%2 == 0 {
				return nil
			}
			s, err := r.mem.Load(r.Context(), c.Change.Key, store.Query{})
			if err != nil {
				return err
			}
			return r.mem.Commit(r.Context(), store.Change{Key: c.Change.Key, Conversation: s.Conversation})
		}, nil)
		numbers := make(chan uint64, 40)
		for i := range 40 {
			go func() {
				receipt, err := v.Accept(context.Background(), text("%d", i))
				if err != nil {
					t.Error(err)
				}
				numbers <- receipt.Number
			}()
		}
		seen := map[uint64]bool{}
		for range 40 {
			seen[<-numbers] = true
		}
		if len(seen) != 40 || seen[1] || !seen[2] || !seen[41] {
			r.Errorf("numbers %v", seen)
		}
		time.Sleep(time.Minute)
		if got := r.line.texts("c"); len(got) != 41 {
			r.Errorf("%d attempts", len(got))
		}
		if s := r.status(v); s.Pending != 0 {
			r.Errorf("%+v", s)
		}
	})
}

// TestBlockedCommit: a commit that takes long delays neither other conversations nor callers that give up; who gave up is told
// that nobody knows, and the key tells later.
func TestBlockedCommit(t *testing.T) {
	inBubble(t, nil, func(r *rig) {
		v, other := r.open("c", true), r.open("other", true)
		r.faults.mu.Lock()
		r.faults.slow = func(c storeCall) time.Duration {
			if c.Change != nil && c.Change.Key.Conversation == "c" {
				return time.Minute
			}
			return 0
		}
		r.faults.mu.Unlock()
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		var unanswered *escalation.UnansweredError
		if _, err := v.Accept(ctx, text("a"), escalation.WithKey("k")); !errors.As(err, &unanswered) || !errors.Is(err, context.DeadlineExceeded) {
			r.Errorf("Accept says %v", err)
		}
		if _, err := other.Send(r.Context(), text("b")); err != nil || time.Since(r.start) != time.Second {
			r.Errorf("%v after %v", err, time.Since(r.start))
		}
		receipt, err := v.Accept(r.Context(), text("a"), escalation.WithKey("k"))
		if err != nil || !receipt.Repeated || receipt.Number != 2 {
			r.Errorf("%+v, %v", receipt, err)
		}
		time.Sleep(10 * time.Minute)
		r.equal("attempts", []string{"escalationSuccess", "a"}, r.line.texts("c"))
	})
}
