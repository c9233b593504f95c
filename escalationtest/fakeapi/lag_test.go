package fakeapi_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

func TestLagging(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var shown []string
		start := time.Now()
		s := newServer(t, &fakeapi.Config{Lag: 10 * time.Second, OnLine: func(l fakeapi.Shown) {
			shown = append(shown, fmt.Sprint(time.Since(start), " ", l.Line.EventType))
		}})
		s.BeginRound("c1")
		for _, event := range []string{queueUpdate, success, message} {
			if w := serve(s, event, nil); w.Code != 200 {
				t.Errorf("answered %d", w.Code)
			}
			time.Sleep(4 * time.Second)
		}
		if got := s.State("c1").Phase; got != fakeapi.Queued || s.Requests()[1].Processed {
			t.Errorf("after 12 seconds it is %s", got)
		}
		serve(s, strings.Replace(message, "text", "tixt", 1), nil) // fails a check: never takes effect
		serve(s, disconnect, nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		want := []string{"10s escalationQueueUpdate", "14s escalationSuccess", "18s message", "22s agentDisconnect"}
		if diff := cmp.Diff(want, shown); diff != "" {
			t.Error(diff)
		}
		if vs := s.Violations(); len(vs) != 0 || !s.Requests()[4].Processed {
			t.Errorf("%v", vs)
		}
	})
}

// A burst that is due at the same moment takes effect in the order of arrival, in every conversation.
func TestLagKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, &fakeapi.Config{Lag: time.Second})
		ids := []string{"c1", "c2", "c3"}
		for n := range 500 {
			for _, id := range ids {
				serve(s, strings.NewReplacer("c1", id, "Hello", fmt.Sprint(n)).Replace(message), nil)
			}
		}
		for _, id := range ids {
			must(t, s.WaitWidget(t.Context(), id, 500))
			for n, l := range s.Widget(id) {
				if want := fmt.Sprint("Agent: ", n); l.Text != want {
					t.Fatalf("%s: line %d is %s", id, n, l.Text)
				}
			}
		}
	})
}

// What a Fault says about the effect holds with a lag as well: only the time is another.
func TestLagAndFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, &fakeapi.Config{Lag: 10 * time.Second})
		hold := new(fakeapi.Hold)
		must(t, s.Next(
			fakeapi.Fault{Status: 500, Process: fakeapi.ProcessAnyway},
			fakeapi.Fault{Status: 500},
			fakeapi.Fault{Process: fakeapi.ProcessNever},
			fakeapi.Fault{Late: hold},
			fakeapi.Fault{},
			fakeapi.Fault{Status: 200}, // the failing check of the next one counts all the same
		))
		for _, text := range []string{"anyway", "500", "never", "late", "plain"} {
			serve(s, strings.Replace(message, "Hello", text, 1), nil)
		}
		serve(s, `{"platformConversationId":"c2","eventType":"message"}`, nil)
		time.Sleep(5 * time.Second)
		hold.Release()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if got := texts(s.Widget("c1")); got != "Agent: late | Agent: anyway | Agent: plain" {
			t.Error(got)
		}
		if diff := cmp.Diff([]string{"c1"}, s.Conversations()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestLaggingEventsEndWithClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shown := 0
		s := newServer(t, &fakeapi.Config{Lag: time.Second, OnLine: func(fakeapi.Shown) { shown++ }})
		serve(s, success, nil)
		waiting := make(chan error)
		go func() { waiting <- s.WaitWidget(t.Context(), "c1", 1) }()
		synctest.Wait()
		must(t, s.Close())
		if err := <-waiting; !errors.Is(err, fakeapi.ErrClosed) {
			t.Errorf("%v", err)
		}
		time.Sleep(time.Minute)
		if shown != 0 || len(s.Widget("c1")) != 0 || s.Requests()[0].Processed || s.State("c1").Live() {
			t.Error("an event took effect after Close")
		}
	})
}
