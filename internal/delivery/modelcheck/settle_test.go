package modelcheck

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/delivery"
)

// TestWithoutSettleWait: send, time out, resend, acknowledged, send the next, then the first copy lands. The
// settle wait is there against this and nothing shorter.
func TestWithoutSettleWait(t *testing.T) {
	p := Policy(delivery.Options{})
	p.Settle, p.UnknownMin = 0, 0
	cfg, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Kinds = []events.Kind{events.KindEscalationSuccess, events.KindMessage}
	cfg.Budget = Budget{Accepts: 2, Opens: 1, Unknowns: 1, Faults: 1}
	r := Search(cfg)
	t.Log(r)
	if r.Violation == nil || r.Violation.Name != "I3" {
		t.Fatalf("got %v, want a violation of I3", r)
	}
	want := `
the visitor asks for an agent; round 1
accept 1: escalationSuccess
decide: send 1
record: attempt of 1 begun
write 1
1 times out
outcome of 1: unknown
decide: send 1
record: attempt of 1 begun
write 1
a copy of 1 lands
answer for 1: acknowledged
outcome of 1: acknowledged; 1 is acknowledged
accept 2: message
decide: send 2
record: attempt of 2 begun
write 2
a copy of 2 lands
a copy of 1 lands`
	if diff := cmp.Diff(strings.TrimSpace(want), strings.Join(r.Trace, "\n")); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
}

// TestSettleWaitIsTight: the wait must be longer than the longest delay, by however little.
func TestSettleWaitIsTight(t *testing.T) {
	cfg := small(config(t, delivery.Options{}))
	cfg.Late = int(cfg.Policy.Settle / Tick)
	if r := Search(cfg); r.Violation == nil || r.Violation.Name != "I3" {
		t.Errorf("copies as late as the settle wait is long: got %v, want a violation of I3", r)
	}
}
