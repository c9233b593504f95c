package invariant_test

import (
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

var stateExamples = []example{
	{"accepted is ended, and nothing pending ends it", ids{invariant.I8}, func(h *hand) { h.lane().Accepted = fsm.Ended }},
	{"the end is pending, and accepted is connected", ids{invariant.I8}, func(h *hand) { h.kind(6, events.KindAgentDisconnect) }},
	{"accepted was queued at the first read", ids{invariant.I8}, func(h *hand) { h.c.Reads[0].Conversation.Lane.Accepted = fsm.Queued }},
	{"a pending success counts although an agent is there", ids{invariant.I8}, func(h *hand) {
		h.kind(6, events.KindEscalationSuccess)
		h.lane().Accepted = fsm.Pending
	}},
	{"the end is pending, and accepted is ended", nil, func(h *hand) {
		h.kind(6, events.KindAgentDisconnect)
		h.lane().Accepted = fsm.Ended
	}},
	{"a stranded failure is pending and changes nothing", nil, func(h *hand) { h.kind(6, events.KindEscalationFailed) }},

	{"what is under way in the round before changes nothing in this one", nil, func(h *hand) {
		h.kind(6, events.KindEscalationFailed)
		h.lane().Round, h.lane().Acknowledged, h.lane().Accepted = 2, fsm.Pending, fsm.Pending
		h.set(6, func(e *store.Event) { e.Attempts, e.Begun = 1, true })
	}},

	{"the revision is lower than before", ids{invariant.I9}, func(h *hand) { h.r.Conversation.Revision = 7 }},
	{"the number of observations is lower than before", ids{invariant.I9}, func(h *hand) { h.r.Conversation.Seq = 7 }},
	{"the head was 6 and is 4, which had a result", ids{invariant.I9, invariant.I7, invariant.I2}, func(h *hand) {
		h.again()
		h.result(4, 0)
		h.lane().Pending = append([]store.Event{h.entry(4).Event}, h.lane().Pending...)
	}},
	{"more was accepted in the same revision", ids{invariant.I9}, func(h *hand) { h.r.Conversation.Revision, h.r.Conversation.Seq = 8, 8 }},
	{"3 was accepted at another time", ids{invariant.I9}, func(h *hand) { h.entry(3).AcceptedAt = sec(30) }},
	{"webhooks are counted from the start again", ids{invariant.I9}, func(h *hand) { h.c.Reads[0].Conversation.Inbox.Last = 1 }},
	{"the same read twice", nil, func(h *hand) { h.again(); h.r.Conversation.Revision-- }},

	{"6 waits in a round that is over", ids{invariant.I10}, func(h *hand) { h.lane().Acknowledged, h.lane().Accepted = fsm.Ended, fsm.Ended }},
	{"6 waits in the round before", ids{invariant.I10}, func(h *hand) {
		h.lane().Round, h.lane().Acknowledged, h.lane().Accepted = 2, fsm.Pending, fsm.Pending
	}},
	{"7 was attempted while 6 is the head", ids{invariant.I10}, func(h *hand) {
		h.more()
		h.set(7, func(e *store.Event) { e.Attempts, e.Free = 1, 1 })
	}},
	{"an attempt is under way in a parked conversation", ids{invariant.I10}, func(h *hand) {
		h.park(store.HeadUnknown, 0)
		h.set(6, func(e *store.Event) { e.Attempts, e.Begun = 1, true })
	}},
	{"6 was parked, and was attempted without a repair", ids{invariant.I10}, func(h *hand) {
		h.park(store.HeadTooOld, 0)
		h.again()
		h.lane().Park, h.r.Parked = store.Park{}, false
		h.set(6, func(e *store.Event) { e.Attempts, e.Free = 1, 1 })
	}},
	{"5 was acknowledged, and was attempted again", ids{invariant.I10}, func(h *hand) {
		h.again()
		h.set(5, func(e *store.Event) { e.Attempts++ })
	}},
	{"two arrivals after the end", ids{invariant.I10}, func(h *hand) { h.turn(4) }},
	{"the log begins 6 after the end", ids{invariant.I10}, func(h *hand) {
		h.log(invariant.Note{What: invariant.Closed, Round: 1}, invariant.Note{What: invariant.Begun, Number: 6, Round: 1})
		h.only(invariant.Log)
	}},
	{"the log begins 6 while it is parked", ids{invariant.I10}, func(h *hand) {
		h.log(invariant.Note{What: invariant.Parked, Number: 6}, invariant.Note{What: invariant.Begun, Number: 6, Round: 1})
		h.only(invariant.Log)
	}},
	{"one arrival after the end", nil, func(h *hand) { h.turn(5) }},
	{"6 is under way in a round that is over", nil, func(h *hand) {
		h.lane().Acknowledged, h.lane().Accepted = fsm.Ended, fsm.Ended
		h.set(6, func(e *store.Event) { e.Attempts, e.Begun = 1, true })
	}},
	{"6 is under way, and another round has begun", nil, func(h *hand) {
		h.lane().Round, h.lane().Acknowledged, h.lane().Accepted = 2, fsm.Pending, fsm.Pending
		h.set(6, func(e *store.Event) { e.Attempts, e.Begun = 1, true })
	}},
	{"6 was parked, repaired and attempted", nil, func(h *hand) {
		h.park(store.HeadTooOld, 0)
		h.again()
		h.lane().Park, h.r.Parked = store.Park{}, false
		h.entry(6).Repairs = []store.Repair{{Verb: "retry"}}
		h.set(6, func(e *store.Event) { e.Attempts, e.Free = 1, 1 })
	}},
	{"the log begins 6 after a repair", nil, func(h *hand) {
		h.log(invariant.Note{What: invariant.Parked, Number: 6}, invariant.Note{What: invariant.Repaired, Number: 6}, invariant.Note{What: invariant.Begun, Number: 6, Round: 1})
		h.only(invariant.Log)
	}},

	{"all is calm, and 6 is pending", ids{invariant.I11}, func(h *hand) { h.w.Calm = true }},
	{"parked for a reason that does not exist", ids{invariant.I11}, func(h *hand) { h.park(9, 0) }},
	{"parked at an event that is not the head", ids{invariant.I11}, func(h *hand) { h.park(store.HeadUnknown, 0); h.lane().Park.Number = 5 }},
	{"stranded, and nothing is to blame", ids{invariant.I11}, func(h *hand) { h.park(store.HeadStranded, 0) }},
	{"stranded by an event behind it", ids{invariant.I11}, func(h *hand) { h.park(store.HeadStranded, 7) }},
	{"parked, and not listed", ids{invariant.I11}, func(h *hand) { h.park(store.HeadTooOld, 0); h.r.Parked = false }},
	{"listed, and not parked", ids{invariant.I11}, func(h *hand) { h.r.Parked = true }},
	{"all is calm, and a webhook waits for the host", ids{invariant.I11}, func(h *hand) {
		h.w.Calm = true
		h.result(6, store.Expired)
		h.webhook(true, "")
		h.waiting()
	}},
	{"all is calm and drained", nil, func(h *hand) { h.w.Calm = true; h.result(6, store.Expired) }},
	{"all is calm and parked", nil, func(h *hand) { h.w.Calm = true; h.park(store.HeadTooOld, 0) }},
	{"stranded by 4", nil, func(h *hand) { h.park(store.HeadStranded, 4) }},
}

// turn ends the round after that many arrivals.
func (h *hand) turn(after int) {
	h.w.Knows |= invariant.Rounds
	h.c.Turns = []invariant.Turn{{Round: 1}, {After: after, Round: 1, Ended: true}}
}
