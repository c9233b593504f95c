package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// A faultOrder is what POST /api/faults takes: exactly one of its parts.
type faultOrder struct {
	Preset string
	Off    bool // of a preset: switch it off
	Clear  bool

	Next    *requestOrder
	Webhook *webhookOrder
	Times   int // of Next and Webhook. Default: 1

	Chaos *chaosOrder
}

// A chaosOrder is a Chaos in the words of scenario files.
type chaosOrder struct {
	fakeapi.Chaos
	MaxDelay string `json:"maxDelay,omitempty"` // instead of nanoseconds
}

// A requestOrder is a fault of a request, in the words of scenario files.
type requestOrder struct {
	Status      int
	RetryAfter  string
	Process     *bool
	Cut         string
	Delay, Late string
}

// A webhookOrder is a fault of a webhook, in the words of scenario files.
type webhookOrder struct {
	Drop      bool
	Delay     string
	Copies    int
	AfterNext bool
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
	_, _, view := s.book.overview()
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
		fault, err := o.Next.fault(f)
		if err != nil {
			return err
		}
		return f.order("", slices.Repeat([]fakeapi.Fault{fault}, times), nil)
	case o.Webhook != nil:
		delay, err := duration("delay", o.Webhook.Delay)
		if err != nil {
			return err
		}
		fault := fakeapi.WebhookFault{Drop: o.Webhook.Drop, Delay: delay, Copies: o.Webhook.Copies, AfterNext: o.Webhook.AfterNext}
		return f.order("", nil, slices.Repeat([]fakeapi.WebhookFault{fault}, times))
	}
	chaos := o.Chaos.Chaos
	delay, err := duration("maxDelay", o.Chaos.MaxDelay)
	if err != nil {
		return err
	}
	chaos.MaxDelay = delay
	return f.setChaos("", &chaos)
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

// fault returns what is ordered. One Hold serves all the times that a late one is ordered.
func (o *requestOrder) fault(f *faults) (fakeapi.Fault, error) {
	out := fakeapi.Fault{Status: o.Status}
	if o.RetryAfter != "" {
		out.Header = http.Header{"Retry-After": {o.RetryAfter}}
	}
	switch {
	case o.Process == nil:
	case *o.Process:
		out.Process = fakeapi.ProcessAnyway
	default:
		out.Process = fakeapi.ProcessNever
	}
	cuts := map[string]fakeapi.Cut{
		"": fakeapi.NoCut, "before-body": fakeapi.CutBeforeBody, "after-body": fakeapi.CutAfterBody, "in-answer": fakeapi.CutInAnswer,
	}
	cut, known := cuts[o.Cut]
	if !known {
		return out, errors.New("cut must be before-body, after-body or in-answer")
	}
	out.Cut = cut
	delay, err := duration("delay", o.Delay)
	late, err2 := duration("late", o.Late)
	if err := errors.Join(err, err2); err != nil {
		return out, err
	}
	out.Delay = delay
	if late > 0 {
		out.Late = f.hold(late)
	}
	return out, nil
}

// duration reads a length of time such as "1.5s"; empty is none.
func duration(what, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%s must be a length of time such as \"1.5s\"", what)
	}
	return d, nil
}

// faultsTaken is called when the visitor did something that may have taken a fault of a webhook.
func (s *Sandbox) faultsTaken() { s.faults.taken(false) }
