package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// A faultOrder is what POST /api/faults takes: exactly one of its parts.
type faultOrder struct {
	Preset string
	Off    bool // of a preset: switch it off
	Clear  bool

	Next    *scenario.Fault
	Webhook *scenario.WebhookFault
	Times   int // of Next and Webhook. Default: 1

	Chaos *chaosOrder
}

// A chaosOrder is a chaos as in scenario files, with its seed.
type chaosOrder struct {
	Seed uint64 `json:"seed"`
	scenario.Chaos
}

// maxTimes bounds how many faults one order makes.
const maxTimes = 1000

func (s *Sandbox) postFaults(w http.ResponseWriter, r *http.Request) {
	var order faultOrder
	if !decode(w, r, &order) {
		return
	}
	if err := s.faults.obey(order); err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	_, _, view, _ := s.book.overview()
	reply(w, http.StatusOK, view)
}

func (f *faults) obey(o faultOrder) error {
	parts := 0
	for _, given := range []bool{o.Preset != "", o.Clear, o.Next != nil, o.Webhook != nil, o.Chaos != nil} {
		if given {
			parts++
		}
	}
	switch {
	case parts != 1:
		return errors.New("exactly one of preset, next, webhook, chaos and clear is wanted")
	case o.Times < 0 || o.Times > maxTimes:
		return fmt.Errorf("times must be from 1 to %d", maxTimes)
	case o.Clear:
		f.clear()
		return nil
	case o.Preset != "":
		return f.preset(o.Preset, o.Off)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	times := max(o.Times, 1)
	switch {
	case o.Next != nil:
		if !o.Next.Cut.Valid() {
			return errors.New("cut must be before-body, after-body or in-answer")
		}
		// One Hold serves all the times that a late one is ordered.
		return f.order("", slices.Repeat([]fakeapi.Fault{o.Next.Platform(f.hold)}, times), nil)
	case o.Webhook != nil:
		return f.order("", nil, slices.Repeat([]fakeapi.WebhookFault{o.Webhook.Platform()}, times))
	}
	return f.setChaos("", o.Chaos)
}

func (f *faults) preset(name string, off bool) error {
	i := slices.IndexFunc(presets, func(p preset) bool { return p.Name == name })
	switch {
	case i < 0:
		return errors.New("there is no such preset")
	case off:
		return f.disarm(presets[i])
	}
	return f.arm(presets[i])
}

// faultsTaken is called when the visitor did something that may have taken a fault of a webhook.
func (s *Sandbox) faultsTaken() { s.faults.taken(false) }
