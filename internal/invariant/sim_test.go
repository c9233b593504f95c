package invariant_test

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"time"

	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// sim drives the real core for one conversation through a store in memory, a network and kills, and keeps the account that a
// suite would keep. What it gives is legal by construction, as far as the core is right.
type sim struct {
	t    *rapid.T
	m    *delivery.Machine
	now  time.Time
	c    invariant.Conversation
	conv store.Conversation
	all  []store.Entry
	wait []store.Message // webhooks that the host has not taken
	late []flight        // copies held up on the way

	under  bool            // an attempt of this process is under way
	answer transport.Class // what it will hear
	unique int
	told   map[uint64]bool
}

type flight struct {
	body   []byte
	answer invariant.Class
	until  time.Time
}

const settle = 5 * time.Second

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func newSim(t *rapid.T) (*sim, invariant.World) {
	w := invariant.World{
		Knows:         invariant.All,
		AgentTransfer: rapid.Bool().Draw(t, "transfer"), BackToQueue: rapid.Bool().Draw(t, "requeue"),
	}
	var on []fsm.Switch
	if w.AgentTransfer {
		on = append(on, fsm.AgentTransfer)
	}
	if w.BackToQueue {
		on = append(on, fsm.BackToQueue)
	}
	table, err := fsm.Compile(fsm.Rows(), on...)
	if err != nil {
		t.Fatal(err)
	}
	m, err := delivery.New(table, delivery.DefaultPolicy(delivery.Options{
		HoldMessages: rapid.Bool().Draw(t, "hold"), HaltOnRejected: rapid.Bool().Draw(t, "halt"),
	}))
	if err != nil {
		t.Fatal(err)
	}
	s := &sim{t: t, m: m, now: start, told: map[uint64]bool{}}
	s.c.Key = store.Key{Bot: "bot", Conversation: "c"}
	return s, w
}

// legalWorld draws a legal world.
func legalWorld(t *rapid.T) invariant.World {
	s, w := newSim(t)
	if rapid.IntRange(0, 9).Draw(t, "opened") > 0 { // nearly always, or little happens
		s.open()
		s.tick()
	}
	steps := rapid.IntRange(5, 80).Draw(t, "steps")
	for range steps {
		s.act()
		s.tick()
	}
	if rapid.Bool().Draw(t, "calm") {
		s.calm()
		w.Calm = true
	}
	s.read()
	w.Conversations = []invariant.Conversation{s.c}
	return w
}

func (s *sim) act() {
	switch s.pick("act", 30, 34, 4, 2, 4, 3, 5, 3, 6, 3) {
	case 0:
		s.deliver()
	case 1:
		s.accept()
	case 2:
		s.open()
	case 3:
		s.end()
	case 4:
		s.visitorSays()
	case 5:
		s.hostTakes()
	case 6:
		s.repair()
	case 7:
		s.kill()
	case 8:
		s.pass(rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, settle, 20 * time.Second, time.Minute, 11 * time.Minute, time.Hour}).Draw(s.t, "time"))
	case 9:
		s.read()
	}
}

// pick draws a number below the count of weights.
func (s *sim) pick(label string, weights ...int) int {
	var all []int
	for i, w := range weights {
		all = append(all, slices.Repeat([]int{i}, w)...)
	}
	return rapid.SampledFrom(all).Draw(s.t, label)
}

func (s *sim) chance(label string, oneIn int) bool {
	return rapid.IntRange(1, oneIn).Draw(s.t, label) == oneIn
}

func (s *sim) tick() { s.now = s.now.Add(time.Microsecond) }

// pass lets time pass; copies on their way land before theirs is over.
func (s *sim) pass(d time.Duration) {
	till := s.now.Add(d)
	for _, f := range s.late {
		if !f.until.After(till) && f.until.After(s.now) {
			s.now = f.until
		}
		if !f.until.After(till) {
			s.arrive(f.body, f.answer, false)
		}
	}
	s.late = slices.DeleteFunc(s.late, func(f flight) bool { return !f.until.After(till) })
	s.now = till
}

// commit stores a lane and results.
func (s *sim) commit(l store.Lane, done []store.Resolution) {
	was := s.conv.Lane
	for _, e := range l.Pending {
		s.all[e.Number-1].Event = e
	}
	for _, d := range done {
		e := &s.all[d.Event.Number-1]
		e.Event = d.Event
		e.Outcome = store.Outcome{Result: d.Result, Cause: d.Cause, Marked: d.Marked, At: s.now}
		if d.Result == store.Acknowledged {
			e.Body = nil
		}
	}
	s.conv.Lane = l
	s.conv.Revision++
	s.conv.Seq++
	if l.Parked() && !was.Parked() {
		s.note(invariant.Note{What: invariant.Parked, Number: l.Park.Number})
	}
}

func (s *sim) note(n invariant.Note) {
	n.At = s.now
	s.c.Log = append(s.c.Log, n)
}

func (s *sim) body(k events.Kind) []byte {
	s.unique++
	u := strconv.Itoa(s.unique)
	e := map[events.Kind]events.Outbound{
		events.KindEscalationQueueUpdate: events.EscalationQueueUpdate{WaitingTime: u},
		events.KindEscalationSuccess:     events.EscalationSuccess{Agent: u},
		events.KindMessage:               events.Message{Text: u},
		events.KindEscalationFailed:      events.EscalationFailed{},
		events.KindAgentDisconnect:       events.AgentDisconnect{},
	}[k]
	body, err := events.Request{ConversationID: "c", Event: e}.Encode()
	if err != nil {
		s.t.Fatal(err)
	}
	return body
}

func (s *sim) accept() {
	kinds := []events.Kind{events.KindEscalationQueueUpdate, events.KindEscalationSuccess, events.KindMessage,
		events.KindEscalationFailed, events.KindAgentDisconnect}
	for range rapid.IntRange(1, 4).Draw(s.t, "burst") {
		kind := kinds[s.pick("kind", 4, 4, 6, 1, 1)]
		call := invariant.Call{Began: s.now, Kind: kind, Body: s.body(kind)}
		if s.chance("keyed", 3) {
			call.CallerKey = "key" + strconv.Itoa(s.unique)
		}
		s.tick()
		l, e, err := s.m.Accept(s.conv.Lane, kind, s.now)
		switch {
		case err != nil:
			call.Answer, call.Ended = invariant.Refused, s.now
		case s.chance("kill before the commit", 20):
			s.c.Calls = append(s.c.Calls, call)
			s.kill()
			return
		default:
			entry := store.Entry{Event: e, AcceptedAt: s.now, CallerKey: call.CallerKey, Body: call.Body}
			if call.CallerKey != "" {
				entry.Digest = sha256.Sum256(call.Body)
			}
			s.all = append(s.all, entry)
			s.commit(l, nil)
			if s.chance("kill before the answer", 20) {
				s.c.Calls = append(s.c.Calls, call)
				s.kill()
				if call.CallerKey != "" && s.chance("again", 2) {
					call.Began = s.now
					s.tick()
					call.Answer, call.Number, call.Round, call.Repeated, call.Ended = invariant.Granted, e.Number, e.Round, true, s.now
					s.c.Calls = append(s.c.Calls, call)
				}
				return
			}
			call.Answer, call.Number, call.Round, call.Ended = invariant.Granted, e.Number, e.Round, s.now
		}
		s.c.Calls = append(s.c.Calls, call)
		s.tick()
	}
}

// deliver takes the next step of the delivery.
func (s *sim) deliver() {
	if s.under {
		s.outcome()
		return
	}
	gate := []delivery.Gate{delivery.Open, delivery.ScopeClosed, delivery.BreakerOpen}[s.pick("gate", 14, 1, 1)]
	l, step, done := s.m.Next(s.conv.Lane, gate, s.now)
	s.commit(l, done)
	switch step.Do {
	case delivery.Send:
		s.begin(step.Event)
	case delivery.Wait, delivery.Hold:
		if !step.At.IsZero() && step.At.After(s.now) && s.chance("until then", 2) {
			s.pass(step.At.Sub(s.now))
		}
	}
}

func (s *sim) begin(e store.Event) {
	s.under = true
	if s.chance("kill before the note", 25) {
		s.kill()
		return
	}
	s.note(invariant.Note{What: invariant.Begun, Number: e.Number, Round: e.Round})
	if s.chance("kill before the write", 25) {
		s.kill()
		return
	}
	body := s.all[e.Number-1].Body
	switch s.pick("network", 10, 2, 2, 2, 2, 1, 2, 2, 2) {
	case 0:
		s.answer = transport.Acknowledged
		s.arrive(body, invariant.Acknowledged, false)
	case 1: // taken in, the answer is lost
		s.answer = transport.Unknown
		s.arrive(body, invariant.Acknowledged, false)
	case 2: // 500
		s.answer = transport.Unknown
		s.arrive(body, invariant.Unknown, false)
	case 3: // never arrives
		s.answer = transport.Unknown
	case 4: // held up
		s.answer = transport.Unknown
		s.late = append(s.late, flight{body, invariant.Acknowledged, s.now.Add(settle - time.Millisecond)})
	case 5:
		s.answer = transport.Acknowledged
		s.arrive(body, invariant.RefusedScope, true)
		s.arrive(body, invariant.Acknowledged, false)
	case 6:
		s.answer = rapid.SampledFrom([]transport.Class{transport.RefusedScope, transport.RefusedLater}).Draw(s.t, "refused")
		s.arrive(body, invariant.Class(s.answer), false)
	case 7:
		s.answer = transport.Rejected
		s.arrive(body, invariant.Rejected, false)
	case 8:
		s.answer = transport.NotSent
	}
	if s.answer == transport.Acknowledged && s.chance("at once", 2) {
		s.outcome()
	}
}

func (s *sim) arrive(body []byte, answer invariant.Class, keyRefused bool) {
	s.c.Trace = append(s.c.Trace, invariant.Arrival{At: s.now, Body: slices.Clone(body), Answer: answer, KeyRefused: keyRefused})
}

func (s *sim) outcome() {
	n := s.conv.Lane.Pending[0].Number
	s.under = false
	if s.chance("kill before the record", 25) {
		s.kill()
		return
	}
	l, done := s.m.Outcome(s.conv.Lane, transport.Result{Class: s.answer}, 0.5, s.now)
	if s.chance("kill before the note", 25) {
		s.commitUnseen(l, done)
		s.kill()
		return
	}
	s.note(invariant.Note{What: invariant.Ended, Number: n, Class: invariant.Class(s.answer)})
	s.commit(l, done)
	s.tell(done)
}

// commitUnseen is a commit that the log hears nothing of.
func (s *sim) commitUnseen(l store.Lane, done []store.Resolution) {
	before := len(s.c.Log)
	s.commit(l, done)
	s.c.Log = s.c.Log[:before]
}

func (s *sim) tell(done []store.Resolution) {
	for _, d := range done {
		if s.chance("nobody waits", 4) {
			continue
		}
		s.c.Results = append(s.c.Results, invariant.Reported{At: s.now, Number: d.Event.Number, Result: d.Result,
			Attempts: d.Event.Attempts, MayBeDuplicate: d.MayBeDuplicate()})
	}
}
