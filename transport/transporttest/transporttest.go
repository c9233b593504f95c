// Package transporttest checks that an implementation of transport.Transport keeps the clauses T1
// to T10. A test of the implementation calls [Run] with a [Harness] that opens the transport next
// to a remote end which the suite can command.
//
// # Guarantees
//
//   - Every failure begins with the clause that is broken, such as [T4].
//   - Every case gets a fresh [Subject]; no case depends on another.
//   - What the remote cannot do is declared in Harness.Cannot and skips the cases that need it,
//     with the declared reason. Nothing is skipped by guessing.
//   - Nothing of HTTP is assumed: a queue or an RPC will do.
//   - The suite passes no judgement on error texts other than on what T8 forbids in them.
//
// # Writing a harness
//
// Open starts a remote that does what it was last told through Subject.Arrange, for whatever event
// it gets, and that calls Log.Add for every request before it answers. Where the protocol lets a
// refusal carry text, the remote should put the request's body into it: that is how careless error
// texts are found.
package transporttest

import (
	"testing"
	"time"

	"github.com/escalationkit/escalation/transport"
)

// Harness opens transports of one kind and says what their remote can do.
type Harness struct {
	// Open returns a fresh subject. It ends what it started through t.Cleanup. Required.
	Open func(t testing.TB) Subject
	// Cannot names each Behaviour that the remote cannot show, with the reason. Acknowledge cannot
	// be among them.
	Cannot map[Behaviour]string
	// Patience is how long an answer that is due may take before the case fails. Default: 30 s, so that a busy machine is not
	// taken for a broken transport.
	Patience time.Duration

	_ struct{}
}

// Subject is one transport under test and its remote.
type Subject struct {
	// Transport is what is tested. Required.
	Transport transport.Transport
	// Arrange tells the remote how to meet every request from now on. Before the first call it
	// acknowledges. The suite never calls it while a Send is under way. Required.
	Arrange func(Behaviour)
	// Log is what the remote writes down. Required.
	Log *Log
	// BotID is the bot that the suite's requests name. Default: "bot-1".
	BotID string
	// Secrets are texts that no Result may show besides those of the requests: the keys.
	Secrets []string

	_ struct{}
}

// Run checks the clauses, each case in a subtest.
func Run(t *testing.T, h Harness) {
	t.Helper()
	if h.Open == nil {
		t.Fatal("transporttest: Harness.Open is nil")
	}
	if reason, declared := h.Cannot[Acknowledge]; declared {
		t.Fatalf("transporttest: a remote that cannot acknowledge (%s) shows nothing", reason)
	}
	for _, tc := range cases() {
		t.Run(tc.name, func(t *testing.T) {
			for _, need := range tc.needs {
				if reason, declared := h.Cannot[need]; declared {
					t.Skipf("the remote cannot %v: %s", need, reason)
				}
			}
			s := h.Open(t)
			if s.Transport == nil || s.Arrange == nil || s.Log == nil {
				t.Fatal("transporttest: Subject.Transport, Arrange and Log are required")
			}
			tc.run(newCheck(t, s, h.Patience))
		})
	}
}

// testCase is one subtest of the suite.
type testCase struct {
	name  string
	needs []Behaviour
	run   func(*check)
}

func cases() []testCase {
	all := []testCase{
		{"acknowledged", nil, acknowledged},
		{"exact bytes", nil, exactBytes},
		{"unreachable", []Behaviour{Unreachable}, unreachable},
		{"broken answer", []Behaviour{Break}, brokenAnswer},
		{"context done before", nil, doneBefore},
		{"context ends during", []Behaviour{Stall}, endsDuring},
		{"burst", nil, burst},
		{"burst with cancelled contexts", nil, cancelledBurst},
		{"no waiting for one another", []Behaviour{Stall}, independent},
		{"body is borrowed", nil, borrowed},
		{"body is read-only", nil, readOnly},
	}
	for _, b := range []Behaviour{RefuseScope, RefuseLater, Reject} {
		all = append(all, testCase{b.String(), []Behaviour{b}, func(c *check) { refused(c, b) }})
	}
	return all
}
