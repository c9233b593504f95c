package fakeapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// watched returns a config whose observers write down what they are told.
func watched(note func(string)) *fakeapi.Config {
	return &fakeapi.Config{
		OnRequest: func(r fakeapi.Record) { note(fmt.Sprintf("request %d %s %d %s", r.N, r.EventType, r.Status, r.End)) },
		OnAnswer:  func(r fakeapi.Record) { note(fmt.Sprintf("answer %d %d %s", r.N, r.Status, r.End)) },
		OnWebhook: func(r fakeapi.WebhookRecord) {
			note(fmt.Sprintf("webhook %d %s %d %v", r.N, r.EventType, r.Status, r.Dropped))
		},
		OnLine: func(l fakeapi.Shown) {
			note(fmt.Sprintf("line %s/%s %s: %s, wrong %v", l.BotID, l.ConversationID, l.Line.By, l.Line.Text, l.Violation != nil))
		},
	}
}

func TestObserversSeeEverythingInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		s, c := newPair(t, watched(func(what string) { seen = append(seen, what) }))
		c.answer = func(*http.Request, string) (*http.Response, error) { return status(204), nil }
		must(t, s.NextWebhook(fakeapi.WebhookFault{}, fakeapi.WebhookFault{Drop: true}))
		hold := new(fakeapi.Hold)
		must(t, s.Next(fakeapi.Fault{}, fakeapi.Fault{Cut: fakeapi.CutAfterBody}, fakeapi.Fault{Hold: hold}))
		step := func(do func()) { do(); synctest.Wait() }
		step(func() { must(t, s.Escalate("c1", "")) })
		step(func() { serve(s, message, nil) })
		step(func() { serve(s, success, nil) }) // a recorder cannot be cut
		step(func() { must(t, s.Write("c1", "Hi")) })
		step(func() { go serve(s, disconnect, nil) })
		step(hold.Release)
		want := []string{
			"webhook 1 widgetEscalate 204 false",
			"request 1 message 200 answered", "line bot-1/c1 crm: Agent: Hello, wrong true", "answer 1 200 answered",
			"request 2 escalationSuccess 0 severed", "answer 2 500 uncuttable",
			"line bot-1/c1 visitor: Hi, wrong false", "webhook 2 widgetMessage 0 true",
			"request 3 agentDisconnect 200 open", "line bot-1/c1 crm: The agent left, wrong true", "answer 3 200 answered",
		}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Error(diff)
		}
	})
}

func TestLineIsToldBeforeTheAnswerToAHeldRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := 0
		s := newServer(t, &fakeapi.Config{OnLine: func(fakeapi.Shown) { lines++ }})
		must(t, s.Next(fakeapi.Fault{Delay: time.Second}))
		w := &blockedWriter{ResponseRecorder: httptest.NewRecorder(), gate: make(chan struct{})}
		go s.ServeHTTP(w, request(t.Context(), "http://fake.test", success, nil))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if lines != 1 {
			t.Errorf("%d lines told before the answer leaves", lines)
		}
		close(w.gate)
	})
}

// A whole conversation carried on by an observer: all but Close and Redeliver may be called from one.
func TestObserversMayCallTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *fakeapi.Server
		late := new(fakeapi.Hold)
		cfg := &fakeapi.Config{
			OnLine: func(l fakeapi.Shown) {
				late.Release() // the one that is being released, too
				switch {
				case l.Line.EventType == "escalationSuccess":
					must(t, s.Write("c1", "Good morning"))
				case l.Line.EventType == "message":
					must(t, s.Leave("c1"))
				}
			},
			OnWebhook: func(r fakeapi.WebhookRecord) {
				if r.EventType == "widgetEndSession" && r.Round < 3 {
					must(t, s.Escalate("c1", ""))
				}
			},
			OnAnswer: func(fakeapi.Record) {
				s.Requests()
				s.Webhooks()
				s.Widget("c1")
				s.State("c1")
				s.Conversations()
				s.Violations()
				must(t, s.Next(fakeapi.Fault{}))
				s.ClearFaults()
				must(t, s.SetKey("bot-2", "key"))
			},
		}
		s, _ = newPair(t, cfg)
		must(t, s.Next(fakeapi.Fault{Late: late}))
		serve(s, queueUpdate, nil)
		late.Release()
		for range 3 {
			serve(s, success, nil)
			synctest.Wait()
			serve(s, message, nil)
			synctest.Wait()
		}
		if st := s.State("c1"); st != (fakeapi.State{Phase: fakeapi.Left, Round: 3}) || len(s.Violations()) != 0 {
			t.Errorf("%+v %v", st, s.Violations())
		}
	})
}

// Many sources at once, and slow observers: still one call at a time, and none is lost.
func TestObserversAreCalledOneAtATime(t *testing.T) {
	const conversations, each = 8, 50
	synctest.Test(t, func(t *testing.T) {
		running, counts := 0, map[string]int{}
		s, _ := newPair(t, watched(func(what string) {
			if running++; running != 1 {
				t.Error("two calls at once")
			}
			counts[strings.Fields(what)[0]]++
			time.Sleep(time.Millisecond) // of the bubble's clock: all others run meanwhile
			running--
		}))
		var wg sync.WaitGroup
		for i := range conversations {
			id := fmt.Sprint("c", i)
			wg.Go(func() {
				must(t, s.Escalate(id, ""))
				for range each {
					must(t, s.Write(id, "Hi"))
					serve(s, strings.Replace(message, "c1", id, 1), nil)
				}
			})
		}
		wg.Wait()
		must(t, s.WaitWebhooks(t.Context(), conversations*(each+1)))
		must(t, s.Close())
		const all = conversations * each
		want := map[string]int{"request": all, "answer": all, "line": 2 * all, "webhook": all + conversations}
		if diff := cmp.Diff(want, counts); diff != "" {
			t.Error(diff)
		}
	})
}

// What others do meanwhile is told too, but a request does not wait for that.
func TestAnswerDoesNotWaitForWhatHappenedLater(t *testing.T) {
	for _, onAnswer := range []func(fakeapi.Record){nil, func(fakeapi.Record) {}} {
		synctest.Test(t, func(t *testing.T) {
			gate, lines := make(chan struct{}), 0
			s := newServer(t, &fakeapi.Config{
				OnRequest: func(fakeapi.Record) { <-gate },
				OnAnswer:  onAnswer,
				OnLine:    func(fakeapi.Shown) { time.Sleep(time.Hour); lines++ },
			})
			must(t, s.Next(fakeapi.Fault{Process: fakeapi.ProcessNever})) // it shows nothing itself
			answered := make(chan struct{})
			begun := time.Now()
			go func() {
				defer close(answered)
				serve(s, success, nil)
			}()
			synctest.Wait()
			for range 3 {
				must(t, s.Write("c1", "Hi")) // and the bot replies
			}
			close(gate)
			<-answered
			if took := time.Since(begun); took != 0 {
				t.Errorf("it took %v", took)
			}
			must(t, s.Close())
			if lines != 6 {
				t.Errorf("%d lines told", lines)
			}
		})
	}
}

// An observer that fails a test ends its goroutine: the next ones are called all the same.
func TestObserverThatDoesNotReturn(t *testing.T) {
	var seen []int
	s := newServer(t, &fakeapi.Config{OnRequest: func(r fakeapi.Record) {
		seen = append(seen, r.N)
		if r.N == 1 {
			panic(http.ErrAbortHandler)
		}
	}})
	func() {
		defer func() { _ = recover() }()
		serve(s, success, nil)
	}()
	serve(s, message, nil)
	if diff := cmp.Diff([]int{1, 2}, seen); diff != "" {
		t.Error(diff)
	}
}
