package escalation

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// turn is the application of some ops to a conversation: the record as it will be, and what has to be stored for
// it. Nothing of it is known to anybody before it was committed.
type turn struct {
	client *Client
	lane   *lane
	now    time.Time
	record
	before struct { // of the record as it is stored
		pending []store.Event
		seq     uint64
	}
	change change // but for what before and the record tell
	dirty  bool   // there is something to commit
	fresh  bool   // it begins with what was loaded, not with what this process committed last

	keyed     *store.Entry   // see op.query
	delivered *store.Message // likewise

	observations []Observation
	resolved     []resolved
	after        []func() // to be called after the commit, the lane's mutex held
	step         delivery.Step
	permit       delivery.Pass // of the attempt that begins, or why none may: then At is set
	claimed      bool          // the conversation's turn has come again
	room         bool          // there is room for an attempt: another one of the conversation has just ended
	dueIn        time.Duration // as committed
}

// change is what a turn adds to store.Change as it goes. The rest is made at its end: a turn is made for every commit, and
// should be small.
type change struct {
	Accepted []store.Entry
	Replaced *store.Body
	Repair   *store.Repaired
	Received []store.Message
	Taken    []uint64
}

// resolved is an event with its outcome and the error of its last attempt.
type resolved struct {
	store.Resolved
	err error
}

// newTurn begins with what is stored.
func (c *Client) newTurn(l *lane, r record, s store.Snapshot) *turn {
	t := &turn{
		client: c, lane: l, now: c.now(), record: r,
		keyed: s.Keyed, delivered: s.Delivered,
		dueIn: store.Never,
	}
	t.before.pending, t.before.seq = r.Lane.Pending, r.Seq
	return t
}

// set takes over what the machine made of the lane, and records what was resolved on the way. status and err are
// those of the last attempt.
func (t *turn) set(l store.Lane, resolutions []store.Resolution, status int, err error) {
	before := t.Lane
	t.Lane, t.dirty = l, true
	if l.Round != before.Round {
		t.Queue, t.Inbox.TookEscalate, t.Inbox.TookEnd = store.Queue{}, false, false
	}
	for _, r := range resolutions {
		out := store.Outcome{Result: r.Result, Cause: r.Cause, Marked: r.Marked, At: t.now}
		if r.Event.Attempts > 0 {
			out.Status = status
		}
		t.resolved = append(t.resolved, resolved{store.Resolved{Event: r.Event, Outcome: out}, err})
		t.bodies = slices.DeleteFunc(slices.Clone(t.bodies), func(b body) bool { return b.number == r.Event.Number })
		o := Observation{
			Occasion: Resolved, Kind: r.Event.Kind, Number: r.Event.Number, Round: r.Event.Round,
			From: t.stateOf(r.Event.Round), To: t.stateOf(r.Event.Round),
			Outcome: out, Attempts: r.Event.Attempts, MayBeDuplicate: r.MayBeDuplicate(),
		}
		if r.Event.Round == before.Round && before.Round == l.Round {
			o.From = before.Acknowledged
		}
		t.observe(o)
	}
	if l.Parked() && !before.Parked() {
		t.observe(Observation{Occasion: Parked, Kind: l.Pending[0].Kind, Number: l.Park.Number, Park: l.Park})
	}
}

// observe numbers an observation, and completes what it says about where the conversation stands.
func (t *turn) observe(o Observation) {
	o.Bot, o.ConversationID = t.lane.key.Bot, t.lane.key.Conversation
	if o.Round == 0 {
		o.Round = t.Lane.Round
	}
	if o.From == 0 && o.To == 0 {
		o.From, o.To = t.Lane.Acknowledged, t.Lane.Acknowledged
	}
	if o.Occasion != Refused && o.Round > 0 {
		t.Seq++
		t.dirty = true
	}
	if o.Seq = t.Seq; t.client.hears(o) {
		t.observations = append(t.observations, o)
	}
}

// recover counts an attempt as unknown that is recorded and not under way here: an earlier process began it, or the
// commit that began it was thought to have failed.
func (t *turn) recover() {
	if !t.Lane.Attempting() || t.lane.attempting == t.Lane.Pending[0].Number {
		return
	}
	head := t.Lane.Pending[0]
	l, resolutions := t.client.machine.Recover(t.Lane, t.now)
	t.observe(Observation{
		Occasion: Attempted, Kind: head.Kind, Number: head.Number, Round: head.Round, Attempts: head.Attempts,
		Result: transport.Result{Class: transport.Unknown, Err: errInterrupted},
	})
	t.set(l, resolutions, 0, errInterrupted)
}

// outcome takes what became of an attempt of this process.
func (t *turn) outcome(attempted store.Event, r transport.Result) {
	t.room = true
	t.after = append(t.after, func() { t.lane.attempting, t.lane.last = 0, r })
	if !t.Lane.Attempting() || t.Lane.Pending[0].Number != attempted.Number || t.Lane.Pending[0].Attempts != attempted.Attempts {
		return // it was settled by somebody else
	}
	head := t.Lane.Pending[0]
	l, resolutions := t.client.machine.Outcome(t.Lane, r, rand.Float64(), t.now)
	o := Observation{
		Occasion: Attempted, Kind: head.Kind, Number: head.Number, Round: head.Round, Attempts: head.Attempts,
		From: t.stateOf(head.Round), Result: r,
	}
	o.To = o.From
	if head.Round == t.Lane.Round {
		o.To = l.Acknowledged
	}
	t.observe(o)
	t.set(l, resolutions, r.Status, r.Err)
}

// advance asks the machine what to do now, and gets a permit if that is an attempt.
func (t *turn) advance() {
	t.step = delivery.Step{}
	if len(t.Lane.Pending) == 0 || t.Lane.Parked() || t.Lane.Attempting() {
		return
	}
	p := t.client.askGates(t.lane.key.Bot, t.now)
	if allows(p) && !t.mayBegin() {
		t.client.cancel(p)
		return // asked again as soon as there is room
	}
	l, step, resolutions := t.client.machine.Next(t.Lane, p.Gate, t.now)
	t.step, t.permit = step, p
	if allows(p) && step.Do != delivery.Send {
		t.giveBack(p)
	}
	if step.Do == delivery.Send || !sameLane(l, t.Lane) {
		t.set(l, resolutions, 0, nil)
	}
	if e := step.Event; step.Do == delivery.Send {
		t.observe(Observation{Occasion: Attempting, Kind: e.Kind, Number: e.Number, Round: e.Round, Attempts: e.Attempts})
	}
}

// mayBegin reports whether one more attempt may begin, and registers it.
func (t *turn) mayBegin() bool {
	if t.room {
		return t.client.closing.Err() == nil
	}
	return t.client.beginAttempt(t.claimed)
}

// giveBack returns a permit with which no attempt began.
func (t *turn) giveBack(p delivery.Pass) {
	t.client.cancel(p)
	if !t.room {
		t.client.endAttempt()
	}
}

// sameLane compares all that a store keeps of a lane.
func sameLane(a, b store.Lane) bool {
	return slices.Equal(a.Pending, b.Pending) && a.NotBefore.Equal(b.NotBefore) && a.Held.Equal(b.Held) &&
		a.Round == b.Round && a.Accepted == b.Accepted && a.Acknowledged == b.Acknowledged && a.Last == b.Last &&
		a.Broken == b.Broken && a.MaybeOver == b.MaybeOver && a.Park == b.Park
}

// finish makes the change that leads from the record before to the one after.
func (t *turn) finish() store.Change {
	c := store.Change{
		Key: t.lane.key, Conversation: t.Conversation, Accepted: t.change.Accepted, Replaced: t.change.Replaced,
		Repair: t.change.Repair, Received: t.change.Received, Taken: t.change.Taken, Due: t.due(),
	}
	t.dueIn = c.Due.After
	pending := func(number uint64) (store.Event, bool) {
		i, ok := slices.BinarySearchFunc(t.Lane.Pending, number, func(e store.Event, n uint64) int {
			return cmp.Compare(e.Number, n)
		})
		if !ok {
			return store.Event{}, false
		}
		return t.Lane.Pending[i], true
	}
	for i := range c.Accepted {
		if e, ok := pending(c.Accepted[i].Number); ok {
			c.Accepted[i].Event = e
		}
	}
	for _, old := range t.before.pending {
		if e, ok := pending(old.Number); ok && e != old {
			c.Changed = append(c.Changed, e)
		}
	}
	for _, r := range t.resolved {
		if i := slices.IndexFunc(c.Accepted, func(e store.Entry) bool { return e.Number == r.Event.Number }); i >= 0 {
			c.Accepted[i].Event, c.Accepted[i].Outcome = r.Event, r.Outcome
			continue
		}
		c.Resolved = append(c.Resolved, r.Resolved)
	}
	return c
}

// due says when the conversation wants to be claimed. While something of it is under way here the claim is a
// precaution: it is for the case that this process ends.
func (t *turn) due() store.Due {
	out := store.Due{After: store.Never}
	sooner := func(after time.Duration, held bool) {
		after = max(after, 0)
		if rest := after % time.Microsecond; rest > 0 && after < store.Never-time.Microsecond {
			after += time.Microsecond - rest // as precise as now: not a moment too soon
		}
		out.After, out.Held = min(out.After, after), out.Held || held
	}
	switch {
	case len(t.Lane.Pending) == 0 || t.Lane.Parked():
	case t.Lane.Attempting():
		sooner(lease, true)
	case t.step.Do == delivery.Wait:
		sooner(t.step.At.Sub(t.now), true) // it has to hear of it if its bot is paused meanwhile
	case t.step.Do == delivery.Hold:
		if t.step.At.IsZero() {
			out.Held = true
		} else {
			sooner(t.step.At.Sub(t.now), true)
		}
	default:
		sooner(0, false)
	}
	if len(t.inbox) > 0 && t.client.config.OnInbound != nil {
		if wait := t.Inbox.NotBefore.Sub(t.now); wait > 0 {
			sooner(wait, false)
		} else {
			sooner(lease, true)
		}
	}
	return out
}
