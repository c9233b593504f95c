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
	"github.com/escalationkit/escalation/transport"
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
// it takes the request for repeatable. Each text must arrive once, and the caller must learn that it may have.
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
			s, seen := fronted(t, c.setup)
			conversations := make([]*escalation.Conversation, talks)
			for i := range conversations {
				conversations[i] = s.connect(t, fmt.Sprint(i)) // one after the other: one connection serves all
			}
			if n := opened(seen); n != 1 {
				t.Fatalf("%d connections before the break, want one that is reused", n)
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

// say sends texts in order; those with odd numbers are cut off.
func say(t *testing.T, v *escalation.Conversation, talk, texts int) {
	for n := range texts {
		_, err := v.Send(bounded(t), events.Message{Text: fmt.Sprintf("%d-%d", talk, n)})
		class := transport.Acknowledged
		if sendErr, ok := err.(*escalation.SendError); ok {
			class = sendErr.Class
		}
		want := transport.Acknowledged
		if n%2 == 1 {
			want = transport.Unknown
		}
		if class != want {
			t.Errorf("text %d-%d: %v (%v), want %v", talk, n, class, err, want)
		}
	}
}

// opened counts the connections opened so far.
func opened(seen <-chan connEvent) (n int) {
	for {
		select {
		case e := <-seen:
			if e.state == http.StateNew {
				n++
			}
		default:
			return n
		}
	}
}
