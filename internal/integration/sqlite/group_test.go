package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/sqlitestore"
)

// gate stops the first statement with a prefix until open is called.
type gate struct{ reached, open chan struct{} }

func (p *tap) gate(prefix string) gate {
	g := gate{make(chan struct{}), make(chan struct{})}
	var once sync.Once
	p.fail(nil, func(s string) error {
		if strings.HasPrefix(s, prefix) {
			once.Do(func() {
				close(g.reached)
				p.mu.Unlock() // others go on meanwhile
				<-g.open
				p.mu.Lock()
			})
		}
		return nil
	})
	return g
}

// commits starts one Commit for each id and returns where their errors come.
func commits(s *sqlitestore.Store, ids ...string) []chan error {
	var answers []chan error
	for _, id := range ids {
		answer := make(chan error, 1)
		answers = append(answers, answer)
		go func() { answer <- s.Commit(context.Background(), opened(id)) }()
	}
	return answers
}

func names(prefix string, n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("%s%d", prefix, i))
	}
	return all
}

// bubble runs a test on every driver where synctest.Wait tells that nobody moves any more.
func bubble(t *testing.T, test func(t *testing.T, b backend)) {
	onEach(t, func(t *testing.T, b backend) {
		synctest.Test(t, func(t *testing.T) { test(t, b) })
	})
}

// TestCommitsShareTransactions: 64 commits that come while one is under way are committed as one, with one wait for the
// disk. The first one waited for nobody.
func TestCommitsShareTransactions(t *testing.T) {
	bubble(t, func(t *testing.T, b backend) {
		db, p := b.tapped(t, newPath(t))
		s := open(t, db, nil)
		before := p.count("COMMIT")
		g := p.gate("COMMIT")
		first := commits(s, "first")
		<-g.reached
		answers := commits(s, names("c", 64)...)
		synctest.Wait()
		close(g.open)
		for _, a := range append(answers, first...) {
			check(t, <-a)
		}
		if n := p.count("COMMIT") - before; n != 2 {
			t.Errorf("%d transactions for 65 commits, want 2", n)
		}
		for _, id := range append(names("c", 64), "first") {
			if r := revision(t, s, id); r != 1 {
				t.Errorf("%s: revision %d, want 1", id, r)
			}
		}
	})
}

// TestGroupKeepsFailuresApart: of three commits in one transaction one is in conflict and one breaks a constraint. The third
// is stored, and each learns what it is due.
func TestGroupKeepsFailuresApart(t *testing.T) {
	bubble(t, func(t *testing.T, b backend) {
		db, p := b.tapped(t, newPath(t))
		s := open(t, db, nil)
		check(t, s.Commit(t.Context(), opened("old")))
		broken := opened("broken")
		broken.Accepted = append(broken.Accepted, broken.Accepted[0]) // the same number twice

		g := p.gate("COMMIT")
		first := commits(s, "first")
		<-g.reached
		good, conflict, bad := make(chan error, 1), make(chan error, 1), make(chan error, 1)
		go func() { bad <- s.Commit(t.Context(), broken) }()
		go func() { conflict <- s.Commit(t.Context(), opened("old")) }()
		go func() { good <- s.Commit(t.Context(), opened("good")) }()
		synctest.Wait()
		close(g.open)
		check(t, <-first[0])
		check(t, <-good)
		if err := <-conflict; !errors.Is(err, store.ErrConflict) {
			t.Errorf("the stale change: %v, want ErrConflict", err)
		}
		if err := <-bad; err == nil || errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrFailed) {
			t.Errorf("the broken change: %v, want an error of its own", err)
		}
		for id, want := range map[string]uint64{"first": 1, "old": 1, "good": 1, "broken": 0} {
			if got := revision(t, s, id); got != want {
				t.Errorf("%s: revision %d, want %d", id, got, want)
			}
		}
	})
}

// TestOnlyOneOfAGroupWins: two commits of one revision in the same transaction.
func TestOnlyOneOfAGroupWins(t *testing.T) {
	bubble(t, func(t *testing.T, b backend) {
		db, p := b.tapped(t, newPath(t))
		s := open(t, db, nil)
		g := p.gate("COMMIT")
		first := commits(s, "first")
		<-g.reached
		answers := commits(s, "same", "same", "same")
		synctest.Wait()
		close(g.open)
		check(t, <-first[0])
		won := 0
		for _, a := range answers {
			switch err := <-a; {
			case err == nil:
				won++
			case !errors.Is(err, store.ErrConflict):
				t.Errorf("%v, want ErrConflict", err)
			}
		}
		if won != 1 {
			t.Errorf("%d commits of one revision succeeded", won)
		}
	})
}

// TestContextEndsTheWait: a commit that waits for its turn leaves with its context and stores nothing; one that has
// begun is carried to its end.
func TestContextEndsTheWait(t *testing.T) {
	bubble(t, func(t *testing.T, b backend) {
		db, p := b.tapped(t, newPath(t))
		s := open(t, db, nil)
		g := p.gate("COMMIT")
		ctx, cancel := context.WithCancel(t.Context())
		begun, waiting := make(chan error, 1), make(chan error, 1)
		go func() { begun <- s.Commit(ctx, opened("begun")) }()
		<-g.reached
		go func() { waiting <- s.Commit(ctx, opened("waiting")) }()
		other := commits(s, "other")
		synctest.Wait()
		cancel()
		if err := <-waiting; !errors.Is(err, context.Canceled) {
			t.Errorf("the waiting commit: %v, want context.Canceled", err)
		}
		close(g.open)
		check(t, <-begun)
		check(t, <-other[0])
		for id, want := range map[string]uint64{"begun": 1, "waiting": 0, "other": 1} {
			if got := revision(t, s, id); got != want {
				t.Errorf("%s: revision %d, want %d", id, got, want)
			}
		}
	})
}

// TestCloseWhileCommitsWait: what has begun is carried to its end, what waits is told that the store is closed.
func TestCloseWhileCommitsWait(t *testing.T) {
	bubble(t, func(t *testing.T, b backend) {
		path := newPath(t)
		db, p := b.tapped(t, path)
		s := open(t, db, nil)
		g := p.gate("COMMIT")
		first := commits(s, "first")
		<-g.reached
		closed := make(chan error, 1)
		go func() { closed <- s.Close() }()
		synctest.Wait()
		later := commits(s, "later")
		synctest.Wait()
		close(g.open)
		check(t, <-first[0])
		check(t, <-closed)
		if err := <-later[0]; !errors.Is(err, store.ErrClosed) {
			t.Errorf("%v, want ErrClosed", err)
		}
		if r := revision(t, open(t, db, nil), "first"); r != 1 {
			t.Errorf("revision %d, want 1", r)
		}
	})
}

// TestBurst: 64 conversations at once, each through its whole life, some of them at the same time as claims.
func TestBurst(t *testing.T) {
	onEach(t, func(t *testing.T, b backend) {
		db, p := b.tapped(t, newPath(t))
		s := open(t, db, nil)
		before := p.count("COMMIT")
		var wg sync.WaitGroup
		for _, id := range names("c", 64) {
			wg.Go(func() {
				for _, change := range []store.Change{opened(id), settled(id), ended(id)} {
					if err := s.Commit(t.Context(), change); err != nil {
						t.Errorf("%s: %v", id, err)
					}
					if _, _, err := s.Claim(t.Context(), 1, 0); err != nil {
						t.Errorf("claim: %v", err)
					}
				}
			})
		}
		wg.Wait()
		for _, id := range names("c", 64) {
			if r := revision(t, s, id); r != 3 {
				t.Errorf("%s: revision %d, want 3", id, r)
			}
		}
		t.Logf("%d transactions for %d commits and as many claims", p.count("COMMIT")-before, 3*64)
	})
}
