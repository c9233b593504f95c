package sqlitestore_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/sqlitestore"
)

func change(id int) store.Change {
	return store.Change{Key: store.Key{Bot: "b", Conversation: fmt.Sprint(id)}, Due: store.Due{After: store.Never}}
}

// gate stops the first of a statement until open is closed.
func (f *fake) gate(statement string) (reached, open chan struct{}) {
	reached, open = make(chan struct{}), make(chan struct{})
	var once sync.Once
	f.onEach(func(s string) error {
		if s == statement {
			once.Do(func() { close(reached); <-open })
		}
		return nil
	})
	return reached, open
}

// TestBatchesAreBounded: of 300 commits that wait, no transaction takes more than 256, so that the first does not wait
// for the last.
func TestBatchesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fit(t)
		s := open(t, f.db(t))
		before := f.count("COMMIT")
		reached, release := f.gate("COMMIT")
		var wg sync.WaitGroup
		commit := func(n int) {
			wg.Go(func() {
				if err := s.Commit(t.Context(), change(n)); err != nil {
					t.Error(err)
				}
			})
		}
		commit(0)
		<-reached
		for n := range 300 {
			commit(n + 1)
		}
		synctest.Wait()
		close(release)
		wg.Wait()
		if n := f.count("COMMIT") - before; n != 3 {
			t.Errorf("%d transactions for 1 + 300 commits, want 1 + 2", n)
		}
	})
}

// TestLoneCommit: nobody else is there, so it waits for nothing but the disk.
func TestLoneCommit(t *testing.T) {
	f := fit(t)
	s := open(t, f.db(t))
	f.mu.Lock()
	f.seen = nil
	f.mu.Unlock()
	if err := s.Commit(t.Context(), change(1)); err != nil {
		t.Fatal(err)
	}
	var verbs []string
	for _, text := range f.seen {
		verb, _, _ := strings.Cut(text, " ")
		verbs = append(verbs, verb)
	}
	if diff := cmp.Diff([]string{"BEGIN", "INSERT", "COMMIT"}, verbs); diff != "" {
		t.Errorf("statements (-want +got):\n%s", diff)
	}
}

// TestContextEndsTheWaitForBegin: another process has the write lock. Who waits behind the one that asks for it may leave.
func TestContextEndsTheWaitForBegin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fit(t)
		s := open(t, f.db(t))
		reached, release := f.gate("BEGIN IMMEDIATE")
		asks, waits := make(chan error, 1), make(chan error, 1)
		go func() { asks <- s.Commit(t.Context(), change(1)) }()
		<-reached
		ctx, cancel := context.WithCancel(t.Context())
		go func() { waits <- s.Commit(ctx, change(2)) }()
		synctest.Wait()
		cancel()
		if err := <-waits; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
		close(release)
		if err := <-asks; err != nil {
			t.Error(err)
		}
		const insert = "INSERT INTO escalation_conversation"
		inserted := 0
		for _, text := range f.seen {
			if strings.HasPrefix(text, insert) {
				inserted++
			}
		}
		if inserted != 1 {
			t.Errorf("%d changes were written, want 1", inserted)
		}
	})
}

// TestBegunIsCarriedToItsEnd: the contexts of a whole batch end while it is committed. Each commit waits for its own end, whoever
// writes for it.
func TestBegunIsCarriedToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := fit(t)
		s := open(t, f.db(t))
		first, release := f.gate("COMMIT")
		ctx, cancel := context.WithCancel(t.Context())
		answers := make(chan error, 3)
		commit := func(n int) { answers <- s.Commit(ctx, change(n)) }
		go commit(1)
		<-first
		go commit(2)
		go commit(3)
		synctest.Wait()
		second, end := f.gate("COMMIT")
		close(release)
		<-second
		cancel()
		synctest.Wait()
		close(end)
		for range 3 {
			if err := <-answers; err != nil {
				t.Error(err)
			}
		}
	})
}

// TestErrorsOfTransactions: which of them end the store.
func TestErrorsOfTransactions(t *testing.T) {
	cause := errors.New("no")
	for _, c := range []struct {
		why   string
		fails []string // prefixes of statements
		with  error
		ends  bool
	}{
		{"busy: nothing has begun", []string{"BEGIN IMMEDIATE"}, cause, false},
		{"taken back", []string{"INSERT"}, cause, false},
		{"taken back by SQLite itself: a transaction can begin", []string{"INSERT", "ROLLBACK 1"}, cause, false},
		{"it cannot be said that nothing is open", []string{"INSERT", "ROLLBACK", "BEGIN "}, cause, true},
		{"what is stored is in doubt", []string{"COMMIT"}, cause, true},
		{"the writer's connection is gone", []string{"BEGIN IMMEDIATE"}, driver.ErrBadConn, true},
	} {
		f := fit(t)
		s := open(t, f.db(t))
		rollbacks := 0
		f.onEach(func(text string) error {
			if text == "ROLLBACK" {
				rollbacks++
				text = fmt.Sprintf("ROLLBACK %d", rollbacks)
			}
			if text == "BEGIN" {
				text = "BEGIN "
			}
			for _, prefix := range c.fails {
				if strings.HasPrefix(text, prefix) && !(prefix == "BEGIN " && text == "BEGIN IMMEDIATE") {
					return c.with
				}
			}
			return nil
		})
		err := s.Commit(t.Context(), change(1))
		if err == nil || errors.Is(err, store.ErrFailed) != c.ends {
			t.Errorf("%s: got %v; ErrFailed is wanted: %v", c.why, err, c.ends)
		}
		if c.with == cause && !errors.Is(err, cause) {
			t.Errorf("%s: got %v, want the cause", c.why, err)
		}
		f.onEach(nil)
		if err := s.Commit(t.Context(), change(1)); errors.Is(err, store.ErrFailed) != c.ends || (err == nil) == c.ends {
			t.Errorf("%s: then %v; ErrFailed is wanted: %v", c.why, err, c.ends)
		}
	}
}

// TestOddDurations: the longest due can be, and what is nearly Never.
func TestOddDurations(t *testing.T) {
	f := fit(t)
	s := open(t, f.db(t))
	for _, d := range []store.Due{{After: store.Never - 1}, {After: -1}, {After: 1}} {
		c := change(1)
		c.Due = d
		if err := s.Commit(t.Context(), c); err != nil {
			t.Errorf("%v: %v", d.After, err)
		}
	}
}

var _ store.Store = (*sqlitestore.Store)(nil)
