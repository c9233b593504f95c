package invariant_test

import (
	"slices"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

var recordExamples = []example{
	{"something arrives that is of no event", ids{invariant.I12}, func(h *hand) { h.arrived("1a", "2a", "3u", "3a", "4r", "5a", "9r") }},
	{"4 is rejected, and the platform never said so", ids{invariant.I12}, func(h *hand) {
		h.arrived("1a", "2a", "3u", "3a", "4l", "5a")
	}},
	{"4 is rejected without an attempt", ids{invariant.I12}, func(h *hand) {
		h.set(4, func(e *store.Event) { e.Attempts = 0 })
		h.arrived("1a", "2a", "3u", "3a", "5a")
	}},
	{"3 had one attempt, which was unknown and acknowledged", ids{invariant.I12}, func(h *hand) {
		h.set(3, func(e *store.Event) { e.Attempts = 1 })
		h.arrived("1a", "2a", "3a", "4r", "5a")
	}},
	{"more unknown attempts spent than there were", ids{invariant.I12}, func(h *hand) { h.set(3, func(e *store.Event) { e.Spent = 2 }) }},
	{"4 is there without its body", ids{invariant.I12}, func(h *hand) {
		h.only(invariant.Record)
		h.entry(4).Body = nil
	}},
	{"skipped without a repair", ids{invariant.I12}, func(h *hand) { h.result(6, store.Skipped) }},
	{"stranded by a later event", ids{invariant.I12}, func(h *hand) {
		h.result(6, store.Stranded)
		h.entry(6).Outcome.Cause = 6
	}},
	{"a message is superseded", ids{invariant.I12}, func(h *hand) { h.result(6, store.Superseded); h.entry(6).Outcome.Cause = 5 }},
	{"the acknowledged state is that of no acknowledged event", ids{invariant.I12}, func(h *hand) {
		h.lane().Acknowledged, h.lane().Accepted = fsm.Queued, fsm.Queued
	}},
	{"events, and no round", ids{invariant.I12}, func(h *hand) {
		h.only(invariant.Record)
		h.c.Reads = h.c.Reads[1:]
		h.r = &h.c.Reads[0]
		h.r.Conversation.Lane = store.Lane{Last: 1}
		h.r.Entries = h.r.Entries[:1]
		h.r.Entries[0].Round = 0
	}},
	{"the lane counts another number of attempts than the history", ids{invariant.I12}, func(h *hand) { h.lane().Pending[0].Deadline = sec(99) }},
	{"an acknowledged event is blamed", ids{invariant.I12}, func(h *hand) { h.lane().Broken = 5 }},
	{"the log has an attempt more than the record", ids{invariant.I12}, func(h *hand) {
		h.log(invariant.Note{What: invariant.Begun, Number: 6, Round: 1})
	}},
	{"the record has an attempt more than the log", ids{invariant.I12}, func(h *hand) {
		h.set(6, func(e *store.Event) { e.Attempts, e.Free = 1, 1 })
		h.log()
	}},
	{"the log has an outcome as unknown, and the record not", ids{invariant.I12}, func(h *hand) {
		h.log()
		h.c.Log[9].Class = invariant.Unknown
	}},
	{"the log has an answer that the platform never gave", ids{invariant.I12}, func(h *hand) {
		h.set(4, func(e *store.Event) { e.Attempts = 2 })
		h.log()
		h.c.Log = slices.Insert(h.c.Log, 8, invariant.Note{What: invariant.Begun, Number: 4, Round: 1},
			invariant.Note{What: invariant.Ended, Number: 4, Class: invariant.RefusedScope})
	}},
	{"what was not sent arrived", ids{invariant.I12}, func(h *hand) {
		h.set(4, func(e *store.Event) { e.Attempts, e.Free = 2, 1 })
		h.arrived("1a", "2a", "3u", "3a", "4l", "4r", "5a")
		h.log()
		h.c.Log = slices.Insert(h.c.Log, 8, invariant.Note{What: invariant.Begun, Number: 4, Round: 1},
			invariant.Note{What: invariant.Ended, Number: 4, Class: invariant.NotSent})
	}},
	{"two attempts at a time", ids{invariant.I12}, func(h *hand) {
		h.log()
		h.c.Log[1], h.c.Log[2] = h.c.Log[2], h.c.Log[1]
	}},
	{"two attempts are missing in the log after one kill", ids{invariant.I12}, func(h *hand) {
		h.set(6, func(e *store.Event) { e.Attempts, e.Unknown, e.Spent = 2, 2, 2 })
		h.log(invariant.Note{What: invariant.Killed})
	}},
	{"the log agrees", nil, func(h *hand) { h.log() }},
	{"a kill hid the last attempt from the log", nil, func(h *hand) {
		h.set(6, func(e *store.Event) { e.Attempts, e.Unknown, e.Spent = 1, 1, 1 })
		h.log(invariant.Note{What: invariant.Killed})
	}},
	{"a kill hid the end of an attempt, and the next process counted it as unknown", nil, func(h *hand) {
		h.set(6, func(e *store.Event) { e.Attempts, e.Unknown, e.Spent = 1, 1, 1 })
		h.log(invariant.Note{What: invariant.Begun, Number: 6, Round: 1}, invariant.Note{What: invariant.Killed},
			invariant.Note{What: invariant.Ended, Number: 6, Class: invariant.Unknown})
	}},
	{"a kill hid that 5 is acknowledged", nil, func(h *hand) {
		h.log()
		h.c.Log[len(h.c.Log)-1] = invariant.Note{What: invariant.Killed}
	}},
	{"without the kill it is not hidden", ids{invariant.I12}, func(h *hand) {
		h.log()
		h.c.Log = h.c.Log[:len(h.c.Log)-1]
	}},
	{"a queue update is superseded by the next", nil, func(h *hand) {
		h.c.Reads = h.c.Reads[1:]
		h.r = &h.c.Reads[0]
		h.kind(2, events.KindEscalationQueueUpdate)
		h.kind(3, events.KindEscalationSuccess)
		h.result(1, store.Superseded)
		h.set(1, func(e *store.Event) { e.Attempts = 0 })
		h.entry(1).Outcome.Cause = 2
		h.arrived("2a", "3u", "3a", "4r", "5a")
	}},
	{"the round is cut off by the visitor", nil, func(h *hand) {
		h.lane().Acknowledged, h.lane().Accepted = fsm.Ended, fsm.Ended
		h.result(6, store.Cancelled)
	}},
}
