package integration_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// eager is a RoundTripper of a careless host: it marks every request as safe to repeat, for net/http to act on.
type eager struct{ *http.Transport }

func (e eager) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Idempotency-Key", "1")
	return e.Transport.RoundTrip(r)
}

// TestBrokenReusedConnectionDoublesNothing: net/http posts again by itself on a kept connection that breaks, if
// it takes the request for repeatable. Where a person is to decide about a message that may have arrived, each
// text must arrive once.
func TestBrokenReusedConnectionDoublesNothing(t *testing.T) {
	pool := &http.Transport{}
	defer pool.CloseIdleConnections()
	for _, c := range []struct {
		why   string
		setup setup
	}{
		{"the transport's own client", setup{}},
		{"a client that marks requests as repeatable", setup{network: httptransport.Config{Client: &http.Client{Transport: eager{pool}}}}},
	} {
		t.Run(c.why, func(t *testing.T) {
			const talks, texts = 8, 5
			c.setup.client.HoldMessages = true
			s, seen := fronted(t, c.setup)
			conversations := make([]*escalation.Conversation, talks)
			for i := range conversations {
				conversations[i] = s.connect(t, fmt.Sprint(i)) // one after the other: one connection serves all
			}
			// A machine that stands still for long enough lets a connection's idle time pass.
			if n, now := opened(seen); n == talks || now != 1 {
				t.Fatalf("%d connections before the break, %d of them open; want one that is reused", n, now)
			}
			// Every other message of a burst is taken in and its connection broken.
			cut := fakeapi.Fault{Cut: fakeapi.CutAfterBody, Process: fakeapi.ProcessAnyway}
			for i := range conversations {
				check(t, s.api.NextFor(fmt.Sprint(i), fakeapi.Fault{}, cut, fakeapi.Fault{}, cut, fakeapi.Fault{}))
			}
			var all sync.WaitGroup
			for i, v := range conversations {
				all.Go(func() { say(t, v, i, texts) })
			}
			all.Wait()
			for i, v := range conversations {
				want := []string{"John joined"}
				for n := range texts {
					want = append(want, fmt.Sprintf("John: %d-%d", i, n))
				}
				s.wantWidget(t, fmt.Sprint(i), want...)
				wantState(t, v, fsm.Connected)
			}
			if got, want := len(s.api.Requests()), talks*(1+texts); got != want {
				t.Errorf("%d requests, want %d: one for each event", got, want)
			}
		})
	}
}

// say sends texts in order; those with odd numbers are cut off, and somebody sees them in the widget all the same.
func say(t *testing.T, v *escalation.Conversation, talk, texts int) {
	for n := range texts {
		result, err := v.Send(bounded(t), events.Message{Text: fmt.Sprintf("%d-%d", talk, n)})
		if n%2 == 0 {
			if err != nil || result.Attempts != 1 {
				t.Errorf("text %d-%d: %+v, %v; want it acknowledged at once", talk, n, result, err)
			}
			continue
		}
		sendErr, ok := err.(*escalation.SendError)
		if !ok || sendErr.Park.Reason != store.HeadUnknown || !sendErr.MayHaveArrived || sendErr.Attempts != 1 {
			t.Errorf("text %d-%d: %v, want it parked after one attempt, because it may have arrived", talk, n, err)
			return
		}
		seen := escalation.Repair{Verb: escalation.MarkAcknowledged, Number: sendErr.Number, By: "Ann", Why: "the visitor has seen it"}
		if err := v.Repair(bounded(t), seen); err != nil {
			t.Error(err)
		}
	}
}

// opened counts the connections opened so far, and those of them that are open.
func opened(seen <-chan connEvent) (n, now int) {
	for {
		select {
		case e := <-seen:
			switch e.state {
			case http.StateNew:
				n, now = n+1, now+1
			case http.StateClosed:
				now--
			}
		default:
			return n, now
		}
	}
}
