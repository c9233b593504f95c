package sandbox

import (
	"net/http"
	"slices"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// A preset is a fault to be had with one click.
type preset struct {
	Name  string `json:"name"`
	Group string `json:"group"` // request and webhook happen once, weather stays
	Label string `json:"label"`
	About string `json:"about"`

	// One of these, by the group.
	request func(*faults) []fakeapi.Fault
	webhook []fakeapi.WebhookFault
	weather *chaosOrder
}

// How long what waits does so: longer than a client waits for an answer, and long enough to watch.
const (
	noAnswerFor = 20 * time.Second
	lateBy      = 5 * time.Second
)

func once(f fakeapi.Fault) func(*faults) []fakeapi.Fault {
	return func(*faults) []fakeapi.Fault { return []fakeapi.Fault{f} }
}

var presets = []preset{
	{Name: "lost-answer", Group: "request", Label: "502, yet processed",
		About:   "It takes effect and is answered 502: the CRM cannot know that it did.",
		request: once(fakeapi.Fault{Status: http.StatusBadGateway, Process: fakeapi.ProcessAnyway})},
	{Name: "server-error", Group: "request", Label: "500, not processed",
		About:   "It is answered 500 and takes no effect: to the CRM this looks like the one before.",
		request: once(fakeapi.Fault{Status: http.StatusInternalServerError, Process: fakeapi.ProcessNever})},
	{Name: "outage", Group: "request", Label: "Three times 503, come back in 1 s",
		About: "Three requests are answered 503 with Retry-After: 1, so that the CRM knows that none took effect.",
		request: func(*faults) []fakeapi.Fault {
			return slices.Repeat([]fakeapi.Fault{{Status: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {"1"}}}}, 3)
		}},
	{Name: "rate-limit", Group: "request", Label: "429, come back in 3 s",
		About:   "It is answered 429 with Retry-After: 3.",
		request: once(fakeapi.Fault{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"3"}}})},
	{Name: "unauthorized", Group: "request", Label: "401, though the key is right",
		About:   "It is answered 401.",
		request: once(fakeapi.Fault{Status: http.StatusUnauthorized})},
	{Name: "cut-before", Group: "request", Label: "Cut before it was read",
		About:   "The connection is cut before the body was read.",
		request: once(fakeapi.Fault{Cut: fakeapi.CutBeforeBody})},
	{Name: "cut-answer", Group: "request", Label: "Cut in the answer",
		About:   "It takes effect, and its answer ends in the middle.",
		request: once(fakeapi.Fault{Cut: fakeapi.CutInAnswer})},
	{Name: "cut-after", Group: "request", Label: "Cut after it was processed",
		About:   "It takes effect, and the connection is cut without an answer.",
		request: once(fakeapi.Fault{Cut: fakeapi.CutAfterBody, Process: fakeapi.ProcessAnyway})},
	{Name: "no-answer", Group: "request", Label: "No answer for 20 s",
		About:   "It takes effect at once and is answered after 20 seconds.",
		request: once(fakeapi.Fault{Process: fakeapi.ProcessAnyway, Delay: noAnswerFor})},
	{Name: "late-copy", Group: "request", Label: "503, processed 5 s later",
		About: "It is answered 503 and takes effect five seconds later, as a copy does that was stuck on its way.",
		request: func(f *faults) []fakeapi.Fault {
			return []fakeapi.Fault{{Status: http.StatusServiceUnavailable, Late: f.hold(lateBy)}}
		}},

	{Name: "webhook-drop", Group: "webhook", Label: "Lose it",
		About:   "It is never sent.",
		webhook: []fakeapi.WebhookFault{{Drop: true}}},
	{Name: "webhook-double", Group: "webhook", Label: "Send it twice",
		About:   "It is sent twice, equal to the byte.",
		webhook: []fakeapi.WebhookFault{{Copies: 1}}},
	{Name: "webhook-delay", Group: "webhook", Label: "Delay it by 5 s",
		About:   "It is sent five seconds late, and the conversation's others wait behind it.",
		webhook: []fakeapi.WebhookFault{{Delay: lateBy}}},
	{Name: "webhook-overtaken", Group: "webhook", Label: "Let the next overtake it",
		About:   "It is sent after the one that follows it in the conversation, or after 20 seconds.",
		webhook: []fakeapi.WebhookFault{{AfterNext: true, Delay: noAnswerFor}}},

	{Name: "rough", Group: "weather", Label: "Rough",
		About: "One request in five fails in one way or another, and one webhook in ten is late or comes twice.",
		weather: &chaosOrder{1, scenario.Chaos{
			TooMany: 0.03, Unavailable: 0.05, ErrorAfterProcessing: 0.04, CutBefore: 0.02, CutInAnswer: 0.01, CutAfter: 0.02,
			Slow: 0.03, RetryAfter: 0.5, DelayWebhook: 0.05, DoubleWebhook: 0.05, MaxDelay: scenario.Duration(2 * time.Second),
		}}},
	{Name: "storm", Group: "weather", Label: "Storm",
		About: "Every second request fails, and every third webhook is lost, late, doubled or overtaken.",
		weather: &chaosOrder{1, scenario.Chaos{
			Unauthorized: 0.05, TooMany: 0.08, Unavailable: 0.1, ServerError: 0.06, ErrorAfterProcessing: 0.08, CutBefore: 0.04,
			CutInAnswer: 0.03, CutAfter: 0.04, Late: 0.02, RetryAfter: 0.5,
			DropWebhook: 0.03, DelayWebhook: 0.1, DoubleWebhook: 0.1, ReorderWebhook: 0.1, MaxDelay: scenario.Duration(3 * time.Second),
		}}},
}
