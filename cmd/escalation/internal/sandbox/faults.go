package sandbox

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// armedPreset is a preset and how many of its faults are still to happen, or 1 for weather that is on.
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
	Chaos        *chaosOrder   `json:"chaos"`
}

// faults orders faults from the platform and keeps account of those that have not happened yet.
type faults struct {
	platform *fakeapi.Server
	book     *book
	done     chan struct{} // closed by stop
	running  sync.WaitGroup

	mu       sync.Mutex
	stopped  bool
	cleared  chan struct{} // closed by clear and stop; nil while nothing is held for it
	requests []string      // names of what is armed, in order; empty names for what is no preset
	webhooks []string
	weather  string // name of the preset that is on
	chaos    *chaosOrder
}

// stop lets go of everything that is held.
func (f *faults) stop() {
	f.mu.Lock()
	if !f.stopped {
		f.stopped = true
		close(f.done)
		f.letGo()
	}
	f.mu.Unlock()
	f.running.Wait()
}

// letGo ends the wait of Holds for something to catch. The caller holds mu.
func (f *faults) letGo() {
	if f.cleared != nil {
		close(f.cleared)
		f.cleared = nil
	}
}

// hold returns a Hold that lets go some time after it has caught something. The caller holds mu.
func (f *faults) hold(d time.Duration) *fakeapi.Hold {
	h := new(fakeapi.Hold)
	if f.stopped {
		return h
	}
	if f.cleared == nil {
		f.cleared = make(chan struct{})
	}
	cleared := f.cleared
	f.running.Go(func() {
		defer h.Release()
		ctx, cancel := contextUntil(cleared)
		defer cancel()
		if h.Wait(ctx, 1) != nil {
			return
		}
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-f.done:
		}
	})
	return h
}

// arm orders the faults of a preset.
func (f *faults) arm(p preset) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case p.weather != nil:
		return f.setChaos(p.Name, p.weather)
	case p.request != nil:
		return f.order(p.Name, p.request(f), nil)
	}
	return f.order(p.Name, nil, p.webhook)
}

// disarm switches weather off. What happens once cannot be taken back by itself.
func (f *faults) disarm(p preset) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.weather == nil {
		return errors.New("what happens once can only be cleared together with the rest")
	}
	if f.weather != p.Name {
		return nil
	}
	return f.setChaos("", nil)
}

// setChaos lets c disturb everything; nil ends it. The caller holds mu.
func (f *faults) setChaos(name string, c *chaosOrder) error {
	var chaos *fakeapi.Chaos
	if c != nil {
		chaos = c.Platform(c.Seed)
	}
	if err := f.platform.SetChaos(chaos); err != nil {
		return err
	}
	f.weather, f.chaos = name, c
	f.publish()
	return nil
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
	f.letGo()
	f.requests, f.webhooks, f.weather, f.chaos = nil, nil, "", nil
	f.publish()
}

// publish shows the page how things stand. The caller holds mu.
func (f *faults) publish() {
	view := faultsView{Left: len(f.requests), WebhooksLeft: len(f.webhooks), Chaos: f.chaos}
	for _, p := range presets {
		n := 0
		if p.Name == f.weather {
			n = 1
		}
		for _, name := range append(slices.Clone(f.requests), f.webhooks...) {
			if name == p.Name {
				n++
			}
		}
		view.Presets = append(view.Presets, armedPreset{p, n})
	}
	f.book.setFaults(view)
}
