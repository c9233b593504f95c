// Package storetest checks that an implementation of store.Store keeps the clauses S1 to S15. A test of the
// implementation calls [Run] with a [Harness] that opens it.
//
// # Guarantees
//
//   - Every failure begins with the clause that is broken, such as [S9].
//   - Every case gets a fresh [Subject]; no case depends on another.
//   - What a store cannot do is declared in Harness.Cannot and skips the cases that need it, with the declared
//     reason. Nothing is skipped by guessing.
//   - The suite sleeps nowhere: what needs time to pass moves the store's clock.
//   - It passes no judgement on error texts other than on what S4 forbids in them.
//
// The last case, "random", drives the store with random calls next to a model of it and shrinks what it finds. Its
// length is that of rapid: -rapid.checks and -rapid.steps.
package storetest

import (
	"testing"
	"time"

	"github.com/escalationkit/escalation/store"
)

// Ability is something that not every store can do.
type Ability uint8

const (
	// Closing: Subject.Close.
	Closing Ability = iota + 1
	// Reopening: Subject.Reopen.
	Reopening
	// Enlisting: Subject.Begin.
	Enlisting
	// Advancing: Subject.Advance.
	Advancing
)

var abilityNames = [...]string{"none", "be closed", "be opened anew", "enlist in a transaction", "have its clock moved"}

// String says what it is that the store can do.
func (a Ability) String() string {
	if int(a) >= len(abilityNames) {
		return "unknown"
	}
	return abilityNames[a]
}

// Harness opens stores of one kind and says what they can do.
type Harness struct {
	// Open returns a fresh subject with an empty store. It ends what it started through t.Cleanup. Required.
	Open func(t testing.TB) Subject
	// Cannot names each Ability that the store does not have, with the reason. What is not named must be set in
	// every Subject.
	Cannot map[Ability]string

	_ struct{}
}

// Subject is one store under test.
type Subject struct {
	// Store is what is tested. Required.
	Store store.Store
	// Close closes the store. It may be called while calls are under way, and by the suite only once.
	Close func() error
	// Reopen ends Store as a process does that is killed, and returns what the next process opens.
	Reopen func(t testing.TB) store.Store
	// Begin begins a transaction as a caller of the store does. The suite ends it, and calls nothing else that changes the
	// store until then.
	Begin func(t testing.TB) Transaction
	// Advance moves the store's clock, and stays in force over Reopen.
	Advance func(d time.Duration)

	_ struct{}
}

// Transaction is a transaction of a caller of the store.
type Transaction struct {
	Tx               store.Tx
	Commit, Rollback func() error

	_ struct{}
}

// Run checks the clauses, each case in a subtest.
func Run(t *testing.T, h Harness) {
	t.Helper()
	if h.Open == nil {
		t.Fatal("storetest: Harness.Open is nil")
	}
	for _, tc := range cases() {
		t.Run(tc.name, func(t *testing.T) {
			h.skip(t, tc.needs)
			tc.check(t, t, h.open(t))
		})
	}
	t.Run("random", func(t *testing.T) { h.random(t) })
}

// skip skips a case that needs what the store was declared unable to do.
func (h Harness) skip(t *testing.T, needs []Ability) {
	t.Helper()
	for _, need := range needs {
		if reason, declared := h.Cannot[need]; declared {
			t.Skipf("the store cannot %v: %s", need, reason)
		}
	}
}

// open opens a subject that can do what was declared, no more and no less.
func (h Harness) open(t testing.TB) Subject {
	t.Helper()
	s := h.Open(t)
	if s.Store == nil {
		t.Fatal("storetest: Subject.Store is required")
	}
	for ability, set := range map[Ability]bool{
		Closing: s.Close != nil, Reopening: s.Reopen != nil, Enlisting: s.Begin != nil, Advancing: s.Advance != nil,
	} {
		if _, cannot := h.Cannot[ability]; cannot == set {
			t.Fatalf("storetest: the store can %v: %v in the Subject, %v by Harness.Cannot", ability, set, !cannot)
		}
	}
	return s
}

// testCase is one subtest of the suite.
type testCase struct {
	name  string
	needs []Ability
	run   func(*check)
}

// check runs the case against a fresh subject.
func (tc testCase) check(t testing.TB, r reporter, s Subject) {
	r.Helper()
	c := &check{t: t, r: r, s: s}
	defer func() {
		if stopped := recover(); stopped != nil && stopped != any(stopCase) {
			panic(stopped)
		}
	}()
	tc.run(c)
}

func cases() []testCase {
	return []testCase{
		{"round trip", nil, roundTrip},
		{"one field", nil, oneField},
		{"nearly alike", nil, likeMost},
		{"opaque keys", nil, opaqueKeys},
		{"lookups", nil, lookups},
		{"life of an event", nil, lifeOfAnEvent},
		{"accepted and resolved at once", nil, resolvedAtOnce},
		{"inbox", nil, inbox},
		{"never committed", nil, neverCommitted},
		{"instants", nil, instants},
		{"bodies", nil, bodies},
		{"revisions", nil, revisions},
		{"seen as a whole", nil, seenAsAWhole},
		{"one commit wins", nil, oneWins},
		{"many write one conversation", nil, manyWriters},
		{"many write many conversations", nil, manyConversations},
		{"arguments stay the caller's", nil, argumentsKept},
		{"arguments are not written to", nil, argumentsWritten},
		{"results are the caller's", nil, resultsKept},
		{"context over before", nil, contextBefore},
		{"context over at any moment", nil, contextDuring},
		{"closed", []Ability{Closing}, closed},
		{"closed during calls", []Ability{Closing}, closedDuring},
		{"due now, later, never", nil, dueNow},
		{"due in order", []Ability{Advancing}, dueInOrder},
		{"lease", []Ability{Advancing}, lease},
		{"a commit ends the lease", []Ability{Advancing}, commitEndsLease},
		{"claims at once", nil, claimsAtOnce},
		{"next", []Ability{Advancing}, next},
		{"release", nil, release},
		{"release in pages", nil, releasePages},
		{"release of what was claimed", nil, releaseClaimed},
		{"held comes and goes", nil, heldComesAndGoes},
		{"history in pages", nil, historyPages},
		{"parked", nil, parked},
		{"survives", []Ability{Reopening}, survives},
		{"due survives", []Ability{Reopening, Advancing}, dueSurvives},
		{"enlisted", []Ability{Enlisting}, enlisted},
		{"enlisted and rolled back", []Ability{Enlisting}, rolledBack},
		{"conflict while enlisted", []Ability{Enlisting}, enlistedConflict},
		{"enlisted change survives", []Ability{Enlisting, Reopening}, enlistedSurvives},
	}
}
