package sandbox

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// A preset is a fault to be had with one click.
type preset struct {
	Name  string `json:"name"`
	Group string `json:"group"` // request, webhook or weather
	Label string `json:"label"`
	About string `json:"about"`

	request func(*faults) []fakeapi.Fault
	webhook func(*faults) []fakeapi.WebhookFault
}

// armedPreset is a preset and how many of its faults are still to happen.
type armedPreset struct {
	preset
	Armed int `json:"armed"`
}

// faultsView is what the page knows of the faults.
type faultsView struct {
	Seq          int64         `json:"seq"`
	Presets      []armedPreset `json:"presets"`
	Left         int           `json:"left"`
	WebhooksLeft int           `json:"webhooksLeft"`
	Chaos        any           `json:"chaos"`
}

// How long the presets that wait do so: longer than a client waits for an answer, and long enough to watch.
const (
	noAnswerFor = 20 * time.Second
	lateBy      = 5 * time.Second
)

func status(code int, process fakeapi.Process) func(*faults) []fakeapi.Fault {
	return func(*faults) []fakeapi.Fault { return []fakeapi.Fault{{Status: code, Process: process}} }
}

func cut(when fakeapi.Cut, process fakeapi.Process) func(*faults) []fakeapi.Fault {
	return func(*faults) []fakeapi.Fault { return []fakeapi.Fault{{Cut: when, Process: process}} }
}

var presets = []preset{
	{Name: "lost-answer", Group: "request", Label: "502, yet processed",
		About:   "The next request takes effect and is answered 502: the CRM cannot know which.",
		request: status(http.StatusBadGateway, fakeapi.ProcessAnyway)},
	{Name: "server-error", Group: "request", Label: "500, not processed",
		About:   "The next request is answered 500 and takes no effect: to the CRM it looks like the one above.",
		request: status(http.StatusInternalServerError, fakeapi.ProcessNever)},
	{Name: "outage", Group: "request", Label: "Three times 503",
		About: "The next three requests are answered 503.",
		request: func(*faults) []fakeapi.Fault {
			return slices.Repeat([]fakeapi.Fault{{Status: http.StatusServiceUnavailable}}, 3)
		}},
	{Name: "rate-limit", Group: "request", Label: "429, come back in 3 s",
		About: "The next request is answered 429 with Retry-After: 3.",
		request: func(*faults) []fakeapi.Fault {
			return []fakeapi.Fault{{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"3"}}}}
		}},
	{Name: "unauthorized", Group: "request", Label: "401, though the key is right",
		About:   "The next request is answered 401.",
		request: status(http.StatusUnauthorized, fakeapi.ProcessIfOK)},
	{Name: "cut-before", Group: "request", Label: "Cut before it was read",
		About:   "The connection of the next request is cut before its body was read.",
		request: cut(fakeapi.CutBeforeBody, fakeapi.ProcessIfOK)},
	{Name: "cut-after", Group: "request", Label: "Cut after it was processed",
		About:   "The next request takes effect, and its connection is cut without an answer.",
		request: cut(fakeapi.CutAfterBody, fakeapi.ProcessAnyway)},
	{Name: "no-answer", Group: "request", Label: "No answer for 20 s",
		About: "The next request takes effect at once and is answered after 20 seconds.",
		request: func(f *faults) []fakeapi.Fault {
			return []fakeapi.Fault{{Process: fakeapi.ProcessAnyway, Hold: f.hold(noAnswerFor)}}
		}},
	{Name: "late-copy", Group: "request", Label: "503, processed 5 s later",
		About: "The next request is answered 503 and takes effect five seconds later, as a copy does that was stuck on its way.",
		request: func(f *faults) []fakeapi.Fault {
			return []fakeapi.Fault{{Status: http.StatusServiceUnavailable, Late: f.hold(lateBy)}}
		}},
	{Name: "webhook-drop", Group: "webhook", Label: "Lose it",
		About:   "The next webhook is never sent.",
		webhook: func(*faults) []fakeapi.WebhookFault { return []fakeapi.WebhookFault{{Drop: true}} }},
	{Name: "webhook-double", Group: "webhook", Label: "Send it twice",
		About:   "The next webhook is sent twice, equal to the byte.",
		webhook: func(*faults) []fakeapi.WebhookFault { return []fakeapi.WebhookFault{{Copies: 1}} }},
	{Name: "webhook-delay", Group: "webhook", Label: "Delay it by 5 s",
		About:   "The next webhook, and the conversation's others behind it, are sent five seconds late.",
		webhook: func(*faults) []fakeapi.WebhookFault { return []fakeapi.WebhookFault{{Delay: lateBy}} }},
	{Name: "webhook-overtaken", Group: "webhook", Label: "Let the next overtake it",
		About: "The next webhook is sent after the one that follows it in the conversation, or after 20 seconds.",
		webhook: func(*faults) []fakeapi.WebhookFault {
			return []fakeapi.WebhookFault{{AfterNext: true, Delay: noAnswerFor}}
		}},
}

// faults orders faults from the platform and keeps account of those that have not happened yet.
type faults struct {
	platform *fakeapi.Server
	book     *book
	done     <-chan struct{} // closed when the sandbox ends
	running  sync.WaitGroup

	mu       sync.Mutex
	requests []string // names of what is armed, in order; empty names for what is no preset
	webhooks []string
}

// hold returns a Hold that lets go some time after it has caught something.
func (f *faults) hold(for_ time.Duration) *fakeapi.Hold {
	h := new(fakeapi.Hold)
	f.running.Go(func() {
		ctx, cancel := contextUntil(f.done)
		defer cancel()
		if h.Wait(ctx, 1) != nil {
			return
		}
		timer := time.NewTimer(for_)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-f.done:
		}
		h.Release()
	})
	return h
}

// arm orders the faults of a preset.
func (f *faults) arm(p preset) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.request != nil {
		return f.order(p.Name, p.request(f), nil)
	}
	return f.order(p.Name, nil, p.webhook(f))
}

// order passes faults on. The caller holds mu.
func (f *faults) order(name string, requests []fakeapi.Fault, webhooks []fakeapi.WebhookFault) error {
	f.settle(true)
	if err := f.platform.Next(requests...); err != nil {
		return err
	}
	if err := f.platform.NextWebhook(webhooks...); err != nil {
		return err
	}
	f.requests = append(f.requests, slices.Repeat([]string{name}, len(requests))...)
	f.webhooks = append(f.webhooks, slices.Repeat([]string{name}, len(webhooks))...)
	f.publish()
	return nil
}

// taken looks what has happened since: by a request, or by a webhook.
func (f *faults) taken(byRequest bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.settle(byRequest) {
		f.publish()
	}
}

// settle takes off the lists what the platform has dealt out. It tells only how many faults are left in all; those of the
// kind named first have gone first. The caller holds mu.
func (f *faults) settle(byRequest bool) (changed bool) {
	gone := len(f.requests) + len(f.webhooks) - f.platform.FaultsLeft()
	lists := []*[]string{&f.requests, &f.webhooks}
	if !byRequest {
		slices.Reverse(lists)
	}
	for _, list := range lists {
		n := min(max(gone, 0), len(*list))
		*list = (*list)[n:]
		gone -= n
		changed = changed || n > 0
	}
	return changed
}

// clear takes back all that has not happened.
func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.platform.ClearFaults()
	f.requests, f.webhooks = nil, nil
	f.publish()
}

// publish shows the page how things stand. The caller holds mu.
func (f *faults) publish() {
	view := faultsView{Left: len(f.requests), WebhooksLeft: len(f.webhooks)}
	for _, p := range presets {
		n := 0
		for _, name := range append(slices.Clone(f.requests), f.webhooks...) {
			if name == p.Name {
				n++
			}
		}
		view.Presets = append(view.Presets, armedPreset{p, n})
	}
	f.book.setFaults(view)
}
