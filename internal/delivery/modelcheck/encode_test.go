package modelcheck

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
)

// TestEncodingKnowsEveryField: a field that the lane gains has to be encoded, or the search would take
// different states for one.
func TestEncodingKnowsEveryField(t *testing.T) {
	want := map[reflect.Type][]string{
		reflect.TypeFor[store.Lane]():  {"Round", "Accepted", "Acknowledged", "Last", "Pending", "NotBefore", "Held", "Broken", "MaybeOver", "Park"},
		reflect.TypeFor[store.Event](): {"Number", "Round", "Kind", "Deadline", "Attempts", "Unknown", "Spent", "Free", "Begun"},
		reflect.TypeFor[store.Park]():  {"Number", "Reason", "Cause"},
	}
	for typ, names := range want {
		var got []string
		for f := range typ.Fields() {
			got = append(got, f.Name)
		}
		if diff := cmp.Diff(names, got); diff != "" {
			t.Errorf("%v (-encoded +there):\n%s", typ, diff)
		}
	}
}

// TestForgettingThePastChangesNothing: long walks, one in which the instants that are over are kept and one
// that goes through the encoding after every step, stay together, and nobody writes to a lane it was given.
// The walks go deeper than the searches, with many faults at once.
func TestForgettingThePastChangesNothing(t *testing.T) {
	cfg := config(t, delivery.Options{})
	cfg.Budget = Budget{
		Accepts: 6, Opens: 3, Ends: 2, Repairs: 4, Unknowns: 5, Free: 4, Rejects: 3, Scopes: 3, Gates: 4, Crashes: 4, Faults: 9,
	}
	c := &checker{cfg}
	calm, lost := c.restBounds()
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 1))
		kept := c.start()
		for step := range 150 {
			before := kept.encode(nil)
			forgot := decode(before)
			todo := c.actions(&forgot, nil)
			a := todo[random.IntN(len(todo))]
			next := kept
			movedA, vA := c.do(&next, a)
			movedB, vB := c.do(&forgot, a)
			if vA != nil || vB != nil || movedA != movedB || !bytes.Equal(next.encode(nil), forgot.encode(nil)) {
				t.Fatalf("seed %d, step %d, %v: with the past: %v %v, without: %v %v", seed, step, opNames[a.op], movedA, vA, movedB, vB)
			}
			if !bytes.Equal(before, kept.encode(nil)) {
				t.Fatalf("seed %d, step %d, %v: the state before was written to", seed, step, opNames[a.op])
			}
			if movedA {
				kept = next
			}
			if v := c.judgeState(&kept, calm, lost); v != nil {
				t.Fatalf("seed %d, step %d: %s: %s", seed, step, v.Name, v.What)
			}
		}
	}
}

// TestReadIsTheExpression: the monitors' reading of all short words is that of the regular expression.
func TestReadIsTheExpression(t *testing.T) {
	letters := map[byte]events.Kind{
		'Q': events.KindEscalationQueueUpdate, 'S': events.KindEscalationSuccess, 'M': events.KindMessage,
		'F': events.KindEscalationFailed, 'D': events.KindAgentDisconnect,
	}
	prefix := regexp.MustCompile(`^Q*(F|SM*D?)?$`)
	connected, over := regexp.MustCompile(`^Q*SM*$`), regexp.MustCompile(`^Q*(F|SM*D)$`)
	var walk func(word string, s fsm.State)
	walk = func(word string, s fsm.State) {
		if connected.MatchString(word) != (s == fsm.Connected) || over.MatchString(word) != s.Terminal() || live(s) == s.Terminal() {
			t.Errorf("%q is read as %v", word, s)
		}
		for letter, k := range letters {
			longer := word + string(letter)
			next, legal := read(s, k)
			if legal != prefix.MatchString(longer) {
				t.Errorf("%q: legal: %v", longer, legal)
			}
			if legal && len(longer) < 6 {
				walk(longer, next)
			}
		}
	}
	walk("", fsm.Pending)
}
