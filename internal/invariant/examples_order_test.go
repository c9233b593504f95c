package invariant_test

import (
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

type ids = []invariant.ID

// The first invariant named is the one that the example is about; the others cannot hold either.
var orderExamples = []example{
	{"number 6 was never given out, 7 was", ids{invariant.I1}, func(h *hand) {
		h.set(6, func(e *store.Event) { e.Number = 7 })
		h.lane().Pending[0].Number, h.lane().Last, h.c.Calls[5].Number = 7, 7, 7
	}},
	{"a number was given out for nothing", ids{invariant.I1}, func(h *hand) { h.lane().Last = 7 }},
	{"pending events stand in another order", ids{invariant.I1}, func(h *hand) {
		h.more()
		p := h.lane().Pending
		p[0], p[1] = p[1], p[0]
	}},
	{"a call that began later has the lower number", ids{invariant.I1}, func(h *hand) {
		a, b := &h.c.Calls[4], &h.c.Calls[5]
		a.Began, a.Ended, b.Began, b.Ended = b.Began, b.Ended, a.Began, a.Ended
	}},
	{"two calls at the same time, the later with the lower number", nil, func(h *hand) {
		h.c.Calls[4].Began, h.c.Calls[4].Ended = sec(51), sec(52)
	}},
	{"one call begins in the very instant in which the other ended", nil, func(h *hand) {
		h.c.Calls[4].Began, h.c.Calls[4].Ended = sec(55), sec(56)
	}},
	{"a repeat of an early call comes late", nil, func(h *hand) {
		again := h.c.Calls[0]
		again.Repeated, again.Began, again.Ended = true, sec(90), sec(91)
		h.c.Calls = append(h.c.Calls, again)
	}},

	{"5 arrives first, then 4", ids{invariant.I2, invariant.I3}, func(h *hand) { h.arrived("1a", "2a", "3u", "3a", "5a", "4r") }},
	{"5 arrived while 4 is still pending", ids{invariant.I2}, func(h *hand) {
		h.result(4, 0)
		h.lane().Pending = append([]store.Event{h.entry(4).Event}, h.lane().Pending...)
	}},
	{"a second agent joins", ids{invariant.I2}, func(h *hand) { h.kind(4, events.KindEscalationSuccess) }},
	{"a failure arrives while an agent talks", ids{invariant.I2}, func(h *hand) { h.kind(4, events.KindEscalationFailed) }},
	{"an agent leaves who never came", ids{invariant.I2}, func(h *hand) {
		h.kind(1, events.KindAgentDisconnect)
		h.c.Reads[0].Entries[0].Kind = events.KindAgentDisconnect
	}},
	{"an agent leaves twice", ids{invariant.I2}, func(h *hand) {
		h.kind(4, events.KindAgentDisconnect)
		h.kind(5, events.KindAgentDisconnect)
		h.result(4, store.Acknowledged)
		h.arrived("1a", "2a", "3u", "3a", "4a", "5a")
		h.result(6, store.Cancelled)
		h.lane().Acknowledged, h.lane().Accepted = fsm.Ended, fsm.Ended
	}},
	{"4 never arrived and is recorded as too old", nil, func(h *hand) {
		h.result(4, store.Expired)
		h.set(4, func(e *store.Event) { e.Attempts = 0 })
		h.arrived("1a", "2a", "3u", "3a", "5a")
	}},
	{"a second agent takes over, and the switch is on", nil, func(h *hand) {
		h.w.AgentTransfer = true
		h.kind(4, events.KindEscalationSuccess)
	}},
	{"the visitor waits again, and the switch is on", nil, func(h *hand) {
		h.w.BackToQueue = true
		h.kind(4, events.KindEscalationQueueUpdate)
	}},

	{"the first copy of 3 lands after 4", ids{invariant.I3}, func(h *hand) {
		h.arrived("1a", "2a", "3a", "4r", "3u", "5a")
	}},
	{"a copy of the first event lands last", ids{invariant.I3}, func(h *hand) {
		h.set(1, func(e *store.Event) { e.Attempts, e.Unknown, e.Spent = 2, 1, 1 })
		h.c.Reads[0].Entries[0] = *h.entry(1)
		h.arrived("1a", "2a", "3u", "3a", "4r", "5a", "1u")
	}},
	{"a refused attempt at 4 comes after 5", ids{invariant.I3}, func(h *hand) {
		h.set(4, func(e *store.Event) { e.Attempts, e.Free = 2, 1 })
		h.arrived("1a", "2a", "3u", "3a", "4r", "5a", "4l")
	}},
	{"an attempt at 4 begins after one at 5", ids{invariant.I3}, func(h *hand) {
		h.log(invariant.Note{What: invariant.Begun, Number: 4, Round: 1}, invariant.Note{What: invariant.Ended, Number: 4, Class: invariant.NotSent})
		h.only(invariant.Log)
	}},
	{"both copies of 3 land just before 4", nil, func(h *hand) { h.arrived("1a", "2a", "3a", "3u", "4r", "5a") }},
	{"an attempt at 5 begins again", nil, func(h *hand) {
		h.set(5, func(e *store.Event) { e.Attempts, e.Free = 2, 1 })
		h.log()
		last := len(h.c.Log) - 2
		h.c.Log = append(h.c.Log[:last:last], append([]invariant.Note{
			{What: invariant.Begun, Number: 5, Round: 1}, {What: invariant.Ended, Number: 5, Class: invariant.NotSent}}, h.c.Log[last:]...)...)
	}},

	{"messages, and the success was skipped", ids{invariant.I5}, func(h *hand) {
		h.skippedSuccess()
		h.lane().Acknowledged, h.lane().Accepted = fsm.Queued, fsm.Queued
	}},
	{"a message after the agent left", ids{invariant.I5}, func(h *hand) {
		h.kind(4, events.KindAgentDisconnect)
		h.result(4, store.Acknowledged)
		h.arrived("1a", "2a", "3u", "3a", "4a", "5a")
		h.result(6, store.Cancelled)
		h.lane().Acknowledged, h.lane().Accepted = fsm.Ended, fsm.Ended
	}},
	{"the success arrives after the message", ids{invariant.I2, invariant.I3, invariant.I5}, func(h *hand) {
		h.arrived("1a", "3u", "3a", "2a", "4r", "5a")
		h.c.Reads[0].Arrived = 2
	}},
	{"the platform answered the success with 500 only", ids{invariant.I5, invariant.I6}, func(h *hand) {
		h.arrived("1a", "2u", "3u", "3a", "4r", "5a")
	}},
	{"a message in a round that the widget has not opened", ids{invariant.I5}, func(h *hand) {
		h.w.Knows |= invariant.Rounds
		h.c.Turns = []invariant.Turn{{After: 1, Round: 1}}
	}},
	{"an operator said that the success was there", nil, func(h *hand) {
		h.skippedSuccess()
		h.entry(2).Outcome = store.Outcome{Result: store.Acknowledged, Marked: true}
	}},
	{"the round is opened before the first arrival", nil, func(h *hand) {
		h.w.Knows |= invariant.Rounds
		h.c.Turns = []invariant.Turn{{Round: 1}}
	}},
}

// more accepts a seventh event.
func (h *hand) more() {
	e := store.Entry{Event: store.Event{Number: 7, Round: 1, Kind: events.KindMessage}, AcceptedAt: sec(7), Body: body(7)}
	h.r.Entries = append(h.r.Entries, e)
	h.lane().Pending = append(h.lane().Pending, e.Event)
	h.lane().Last = 7
	h.c.Calls = append(h.c.Calls, invariant.Call{Answer: invariant.Granted, Began: sec(60), Ended: sec(65), Kind: e.Kind, Body: body(7), Number: 7, Round: 1})
}

// skippedSuccess: the success was never attempted, and an operator skipped it.
func (h *hand) skippedSuccess() {
	h.c.Reads = h.c.Reads[1:]
	h.r = &h.c.Reads[0]
	h.result(2, store.Skipped)
	h.set(2, func(e *store.Event) { e.Attempts = 0 })
	h.entry(2).Repairs = []store.Repair{{Verb: "skip"}}
	h.arrived("1a", "3u", "3a", "4r", "5a")
}
