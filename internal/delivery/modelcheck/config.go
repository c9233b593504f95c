package modelcheck

import (
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// Core is what the model drives: the methods of *delivery.Machine, so that a test can put a broken one in its
// place.
type Core interface {
	Accept(l store.Lane, k events.Kind, now time.Time) (store.Lane, store.Event, error)
	Open(l store.Lane) (store.Lane, []store.Resolution)
	End(l store.Lane) (store.Lane, []store.Resolution)
	Recover(l store.Lane, now time.Time) (store.Lane, []store.Resolution)
	Next(l store.Lane, gate delivery.Gate, now time.Time) (store.Lane, delivery.Step, []store.Resolution)
	Outcome(l store.Lane, r transport.Result, draw float64, now time.Time) (store.Lane, []store.Resolution)
	Repair(l store.Lane, v store.Verb, number uint64, kind events.Kind, now time.Time) (store.Lane, []store.Resolution, error)
}

var _ Core = (*delivery.Machine)(nil)

// Budget bounds how often each thing happens in one behaviour; each is at most 15.
type Budget struct {
	Accepts  uint8 // by the host, of any kind; at most 6
	Opens    uint8 // widgetEscalate, when no round is open at the platform
	Ends     uint8 // widgetEndSession
	Unknowns uint8 // time-outs
	Free     uint8 // not sent, refused for now
	Rejects  uint8
	Scopes   uint8 // the key is refused
	Gates    uint8 // scope or breaker closed by what happens elsewhere
	Crashes  uint8
	Repairs  uint8
	Faults   uint8 // of time-outs, refusals, rejections, closed gates and crashes taken together
}

// Config is one search. Core and Policy belong together; no age in the policy is above 11 ticks.
type Config struct {
	Core   Core
	Policy delivery.Policy
	Kinds  []events.Kind // what the host tries
	Budget Budget
	// Late is for how many ticks after the answer was given up a copy may still land.
	Late int
	// Limit ends the search at this number of states; 0 is none.
	Limit int
	// WriteFirst makes the process write before it records that an attempt began: a fault for self-tests.
	WriteFirst bool
	// Forgetful makes the process take up work after a restart without Recover: a fault for self-tests.
	Forgetful bool
}

// Tick is the unit of time of the model.
const Tick = time.Second

// Policy returns the default policy with its figures scaled to a few ticks; the reactions are untouched.
func Policy(o delivery.Options) delivery.Policy {
	p := delivery.DefaultPolicy(o)
	ages := map[events.Kind]time.Duration{events.KindMessage: 4 * Tick, events.KindEscalationQueueUpdate: 2 * Tick}
	for k, kp := range p.Kinds {
		kp.MaxAge = 6 * Tick
		if age, ok := ages[k]; ok {
			kp.MaxAge = age
		}
		kp.Unknowns = min(kp.Unknowns, 2)
		p.Kinds[k] = kp
	}
	p.Settle, p.UnknownMin, p.UnknownMax = 2*Tick, 2*Tick, 4*Tick
	p.FreeMin, p.FreeMax = 2*Tick, 4*Tick
	return p
}

// Default returns a search of the real core over the default table under all faults at once.
func Default() (Config, error) {
	return New(Policy(delivery.Options{}))
}

// New returns the default search under another policy.
func New(p delivery.Policy) (Config, error) {
	m, err := delivery.New(fsm.Default(), p)
	return Config{
		Core: m, Policy: p, Late: 1, Kinds: events.OutboundKinds().Kinds(),
		Budget: Budget{
			Accepts: 2, Opens: 2, Ends: 1, Repairs: 2,
			Unknowns: 2, Free: 2, Rejects: 1, Scopes: 1, Gates: 1, Crashes: 2, Faults: 1,
		},
	}, err
}
