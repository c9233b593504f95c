package storetest

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/store"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// The failures found below are wanted: they are no regressions to be kept, and nobody reads them.
	for name, value := range map[string]string{"rapid.nofailfile": "true", "rapid.shrinktime": "50ms"} {
		if err := flag.Set(name, value); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}

// honest is a store made of the model: slow, and able to do all that can be declared. The broken ones bend it.
type honest struct {
	mu     sync.Mutex
	m      *model
	closed bool
}

func (s *honest) lock(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return store.ErrClosed
	}
	return nil
}

func (s *honest) Load(ctx context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
	if err := s.lock(ctx); err != nil {
		return store.Snapshot{}, err
	}
	defer s.mu.Unlock()
	return s.m.load(key, q), nil
}

func (s *honest) Commit(ctx context.Context, c store.Change) error {
	if err := s.lock(ctx); err != nil {
		return err
	}
	defer s.mu.Unlock()
	return s.m.commit(c)
}

func (s *honest) Claim(ctx context.Context, limit int, lease time.Duration) ([]store.Key, time.Duration, error) {
	if err := s.lock(ctx); err != nil {
		return nil, 0, err
	}
	defer s.mu.Unlock()
	due := s.m.dueNow()
	due = due[:min(limit, len(due))]
	next := s.m.next(due)
	for _, key := range due {
		s.m.lend(key, lease)
	}
	return due, next, nil
}

func (s *honest) Release(ctx context.Context, bot string, all bool, limit int) (int, error) {
	if err := s.lock(ctx); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	keys := s.m.releasable(bot, all)
	keys = keys[:min(limit, len(keys))]
	for _, key := range keys {
		s.m.schedule(s.m.kept[key], 0)
	}
	return len(keys), nil
}

func (s *honest) History(ctx context.Context, key store.Key, after uint64, limit int) ([]store.Entry, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return s.m.history(key, after, limit), nil
}

func (s *honest) Parked(ctx context.Context, after store.Key, limit int) ([]store.Key, error) {
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	return s.m.parked(after, limit), nil
}

func (s *honest) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// honestTx works on a copy, which becomes the store's when the caller commits.
type honestTx struct{ m *model }

func (tx *honestTx) Load(ctx context.Context, key store.Key, q store.Query) (store.Snapshot, error) {
	return tx.m.load(key, q), ctx.Err()
}

func (tx *honestTx) Commit(ctx context.Context, c store.Change) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return tx.m.commit(c)
}

// subject is an honest store with all that can be declared, and room to bend it.
type subject struct {
	*honest
	Subject
}

func newSubject() *subject {
	s := &subject{honest: &honest{m: newModel()}}
	s.Subject = Subject{
		Store: s.honest,
		Close: s.honest.Close,
		Reopen: func(testing.TB) store.Store {
			s.honest.mu.Lock()
			defer s.honest.mu.Unlock()
			return s.Store
		},
		Begin: func(testing.TB) Transaction {
			tx := &honestTx{s.m.clone()}
			return Transaction{
				Tx: tx,
				Commit: func() error {
					s.honest.mu.Lock()
					defer s.honest.mu.Unlock()
					s.m = tx.m
					return nil
				},
				Rollback: func() error { return nil },
			}
		},
		Advance: func(d time.Duration) {
			s.honest.mu.Lock()
			defer s.honest.mu.Unlock()
			s.m.now += d
		},
	}
	return s
}

// recorded is a reporter that remembers.
type recorded struct {
	mu    sync.Mutex
	texts []string
}

func (r *recorded) Helper() {}

func (r *recorded) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.texts = append(r.texts, fmt.Sprintf(format, args...))
}

var clausePattern = regexp.MustCompile(`^\[(S(?:1[0-5]|[1-9]))\] `)

// blamed runs the written cases against stores and returns the clauses of their failures.
func blamed(t *testing.T, open func() Subject) map[string][]string {
	t.Helper()
	clauses := make(map[string][]string)
	for _, tc := range cases() {
		rec := &recorded{}
		tc.check(t, rec, open())
		for _, text := range rec.texts {
			found := clausePattern.FindStringSubmatch(text)
			if found == nil {
				t.Fatalf("%s: a failure does not begin with its clause: %s", tc.name, text)
			}
			clauses[found[1]] = append(clauses[found[1]], tc.name+": "+text)
		}
	}
	return clauses
}

func TestHonestStoreIsBlamedForNothing(t *testing.T) {
	for clause, texts := range blamed(t, func() Subject { return newSubject().Subject }) {
		t.Errorf("blamed for %s: %s", clause, strings.Join(texts, "\n"))
	}
}

func TestRun(t *testing.T) {
	Run(t, Harness{Open: func(testing.TB) Subject { return newSubject().Subject }})
}

func TestDeclaredInabilitySkipsWithItsReason(t *testing.T) {
	opened := 0
	passed := t.Run("suite", func(t *testing.T) {
		h := Harness{
			Open: func(testing.TB) Subject {
				opened++
				return Subject{Store: newSubject().honest}
			},
			Cannot: map[Ability]string{
				Closing: "it is never closed", Reopening: "nothing survives", Enlisting: "it has no transactions", Advancing: "its clock is the database's",
			},
		}
		for _, tc := range cases() { // Run without the random walks, which open many
			t.Run(tc.name, func(t *testing.T) {
				h.skip(t, tc.needs)
				tc.check(t, t, h.open(t))
			})
		}
	})
	needy := 0
	for _, tc := range cases() {
		needy += min(len(tc.needs), 1)
	}
	if want := len(cases()) - needy; !passed || needy != 12 || opened != want {
		t.Errorf("%d cases ran and %d need an ability, want %d and 12", opened, needy, want)
	}
}

// TestBrokenStores: each store breaks a clause, and the suite must name it, and no other.
func TestBrokenStores(t *testing.T) {
	for _, tc := range brokenStores() {
		t.Run(tc.name, func(t *testing.T) {
			got := blamed(t, func() Subject {
				s := newSubject()
				tc.bend(s)
				return s.Subject
			})
			clauses := slices.Sorted(maps.Keys(got))
			if want := slices.Sorted(slices.Values(tc.want)); !slices.Equal(clauses, want) {
				t.Errorf("blamed for %v, want %v (%s)", clauses, want, tc.why)
				for _, texts := range got {
					for _, text := range texts {
						t.Logf("%.300s", text)
					}
				}
			}
		})
	}
}

// TestEveryClauseHasABrokenStore: a clause that nothing breaks is a clause that nothing shows to be checked.
func TestEveryClauseHasABrokenStore(t *testing.T) {
	for n := 1; n <= 15; n++ {
		clause := fmt.Sprintf("S%d", n)
		if !slices.ContainsFunc(brokenStores(), func(b broken) bool { return slices.Contains(b.want, clause) }) {
			t.Errorf("no broken store is to be blamed for %s", clause)
		}
	}
}

// quietTB is what rapid reports to in place of a test.
type quietTB struct {
	testing.TB
	failed bool
	text   strings.Builder
}

func (q *quietTB) Helper()                           {}
func (q *quietTB) Log(args ...any)                   { fmt.Fprintln(&q.text, args...) }
func (q *quietTB) Logf(format string, args ...any)   { fmt.Fprintf(&q.text, format+"\n", args...) }
func (q *quietTB) Error(args ...any)                 { q.failed = true; q.Log(args...) }
func (q *quietTB) Errorf(format string, args ...any) { q.failed = true; q.Logf(format, args...) }
func (q *quietTB) Fatal(args ...any)                 { q.Error(args...) }
func (q *quietTB) Fatalf(format string, args ...any) { q.Errorf(format, args...) }
func (q *quietTB) Fail()                             { q.failed = true }
func (q *quietTB) FailNow()                          { q.failed = true }
func (q *quietTB) Failed() bool                      { return q.failed }

// TestRandomWalksFindBrokenStores: they find alone what no lookup by name or race is needed for, and name a clause. The
// fault that shows least does so in one walk of thirty, so that a hundred walks miss it once in thirty runs. There are thirty
// hundreds, of which a store needs the first, nearly always.
func TestRandomWalksFindBrokenStores(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: shrinking takes a while")
	}
	for _, tc := range brokenStores() {
		if tc.walks == "" {
			continue
		}
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			q := &quietTB{TB: t}
			h := Harness{Open: func(testing.TB) Subject {
				s := newSubject()
				tc.bend(s)
				return s.Subject
			}}
			for hundreds := 0; hundreds < 30 && !q.failed; hundreds++ {
				q.text.Reset()
				rapid.Check(q, func(rt *rapid.T) { h.walk(t, rt) })
			}
			named := func(clause string) bool { return strings.Contains(q.text.String(), "["+clause+"] ") }
			if !q.failed || !slices.ContainsFunc(strings.Fields(tc.walks), named) {
				t.Errorf("the walks blamed it: %v, want for %s (%s): %.600s", q.failed, tc.walks, tc.why, q.text.String())
			}
		})
	}
}
