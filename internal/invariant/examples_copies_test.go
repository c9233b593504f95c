package invariant_test

import (
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

var copyExamples = []example{
	{"5 arrives twice in one attempt", ids{invariant.I4}, func(h *hand) { h.arrived("1a", "2a", "3u", "3a", "4r", "5a", "5a") }},
	{"5 arrives twice, and the other attempt is recorded as not sent", ids{invariant.I4}, func(h *hand) {
		h.set(5, func(e *store.Event) { e.Attempts, e.Free = 2, 1 })
		h.arrived("1a", "2a", "3u", "3a", "4r", "5u", "5a")
	}},
	{"4 was taken in once and then rejected, and nothing is recorded as unknown", ids{invariant.I4}, func(h *hand) {
		h.set(4, func(e *store.Event) { e.Attempts, e.Free = 2, 1 })
		h.arrived("1a", "2a", "3u", "3a", "4u", "4r", "5a")
	}},
	{"6 arrived before an attempt was recorded", ids{invariant.I4}, func(h *hand) {
		h.arrived("1a", "2a", "3u", "3a", "4r", "5a", "6u")
	}},
	{"at the first read 3 had arrived twice in one attempt", ids{invariant.I4}, func(h *hand) { h.c.Reads[0].Arrived = 4 }},
	{"the caller was not told that 3 may be twice", ids{invariant.I4}, func(h *hand) {
		h.w.Knows |= invariant.Results
		h.c.Results = []invariant.Reported{{Number: 3, Result: store.Acknowledged, Attempts: 2}}
	}},
	{"the caller was told that 5 may be twice", ids{invariant.I4}, func(h *hand) {
		h.w.Knows |= invariant.Results
		h.c.Results = []invariant.Reported{{Number: 5, Result: store.Acknowledged, Attempts: 1, MayBeDuplicate: true}}
	}},
	{"5 is asked to come back, and comes back", nil, func(h *hand) {
		h.set(5, func(e *store.Event) { e.Attempts, e.Free = 2, 1 })
		h.arrived("1a", "2a", "3u", "3a", "4r", "5l", "5a")
	}},
	{"5 comes with an old key and in the same attempt with a new one", nil, func(h *hand) {
		h.arrived("1a", "2a", "3u", "3a", "4r", "5k", "5a")
	}},
	{"the same without a new key", ids{invariant.I4}, func(h *hand) { h.arrived("1a", "2a", "3u", "3a", "4r", "5s", "5a") }},
	{"6 arrived, and its attempt is under way", nil, func(h *hand) {
		h.set(6, func(e *store.Event) { e.Attempts, e.Begun = 1, true })
		h.arrived("1a", "2a", "3u", "3a", "4r", "5a", "6a")
	}},
	{"a copy of 3 never arrived", nil, func(h *hand) { h.arrived("1a", "2a", "3a", "4r", "5a"); h.c.Reads[0].Arrived = 2 }},

	{"5 is acknowledged and never arrived", ids{invariant.I6}, func(h *hand) { h.arrived("1a", "2a", "3u", "3a", "4r") }},
	{"5 is acknowledged and got a 500", ids{invariant.I6}, func(h *hand) { h.arrived("1a", "2a", "3u", "3a", "4r", "5u") }},
	{"5 is acknowledged and was rejected", ids{invariant.I6}, func(h *hand) { h.arrived("1a", "2a", "3u", "3a", "4r", "5r") }},
	{"3 is acknowledged and both answers were lost", ids{invariant.I6}, func(h *hand) { h.arrived("1a", "2a", "3u", "3u", "4r", "5a") }},
	{"an operator says that 5 arrived", nil, func(h *hand) {
		h.entry(5).Outcome.Marked, h.entry(5).Repairs = true, []store.Repair{{Verb: "mark acknowledged"}}
		h.arrived("1a", "2a", "3u", "3a", "4r")
	}},
	{"3 was acknowledged at once, and that answer lost", nil, func(h *hand) { h.arrived("1a", "2a", "3a", "3a", "4r", "5a") }},
}
