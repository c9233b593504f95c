package fakeapi_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// Letters as in play; besides, ! the CRM answers the oldest webhook with 200, ? with 500. The violations are written as
// the letter, with x if the client could not know better.
func TestWhatTheClientCouldNotKnow(t *testing.T) {
	for _, c := range []struct{ why, word, want string }{
		{"the agent writes while the visitor leaves", "E!SLM", "Mx"},
		{"again and again", "E!SLMMD", "Mx Mx Dx"},
		{"but not in every order", "E!SLDM", "Dx M"},
		{"what was wrong before is wrong now", "E!LM", "M"},
		{"the queue moves on while the visitor leaves", "E!QLQ", "Qx"},
		{"the visitor has left, and the CRM was told", "E!SL!M", "M"},
		{"the CRM was told, but failed", "E!SL?M", "Mx"},
		{"words do not tell", "E!SWL!M", "Mx"},
		{"words and leaving told", "E!SWL!!M", "M"},
		{"left and came again, the CRM knows neither", "E!SLEM", "Mx"},
		{"left and came again, the CRM knows the first", "E!SL!EM", "M"},
		{"left and came again, the CRM knows both", "E!SLE!!M", "M"},
		{"left and came again, the CRM missed the first: the second may be a repeat", "E!SLE?!M", "Mx"},
		{"left and came again, in order again", "E!SLE!!SM", ""},
		{"the CRM knew when it sent, before it answered", "ES!S", "S"},
		{"and in a second round", "E!SLE!S!S", "S"},
		{"came again after the end", "E!SDEM", "M"},
		{"the first round is no excuse", "EM", "M"},
		{"what is in order needs no excuse", "ESMD", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answers := make(chan int)
				s, other := newPair(t, nil)
				other.answer = func(r *http.Request, _ string) (*http.Response, error) {
					select {
					case code := <-answers:
						return status(code), nil
					case <-r.Context().Done():
						return nil, r.Context().Err()
					}
				}
				for _, letter := range c.word {
					switch letter {
					case '!':
						answers <- 200
					case '?':
						answers <- 500
					default:
						play(t, s, string(letter))
					}
					synctest.Wait()
				}
				var got []string
				for _, v := range s.Violations() {
					letter := map[string]string{"escalationSuccess": "S", "message": "M", "agentDisconnect": "D", "escalationQueueUpdate": "Q"}[v.EventType]
					if v.Unaware {
						letter += "x"
					}
					if strings.HasSuffix(v.String(), "; the client could not know") != v.Unaware {
						t.Errorf("reads %s", v)
					}
					got = append(got, letter)
				}
				if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// The request was under way when the CRM was told: the client could not take it back.
func TestRequestUnderWayCrossesTheWebhook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newPair(t, nil)
		play(t, s, "ES")
		body := make(chan string)
		done := make(chan struct{})
		go func() {
			defer close(done)
			serve(s, "", func(r *http.Request) { r.Body = slow(body) })
		}()
		synctest.Wait()
		play(t, s, "L")
		must(t, s.WaitWebhooks(t.Context(), 2))
		body <- message
		close(body)
		<-done
		if vs := s.Violations(); len(vs) != 1 || !vs[0].Unaware {
			t.Errorf("%v", vs)
		}
		play(t, s, "M")
		if vs := s.Violations(); len(vs) != 2 || vs[1].Unaware {
			t.Errorf("%v", vs)
		}
	})
}

// A request that begins while the CRM is being told, and arrives later, tells nothing about what the CRM has heard.
func TestRequestUnderWayTellsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, other := newPair(t, nil)
		play(t, s, "ES")
		synctest.Wait()
		body, done := make(chan string), make(chan struct{})
		other.answer = func(*http.Request, string) (*http.Response, error) {
			other.answer = nil
			go func() {
				defer close(done)
				serve(s, "", func(r *http.Request) { r.Body = slow(body) })
			}()
			synctest.Wait()
			return status(200), nil
		}
		play(t, s, "L")
		must(t, s.WaitWebhooks(t.Context(), 2))
		body <- message
		close(body)
		<-done
		play(t, s, "E")
		synctest.Wait()
		must(t, s.Next(fakeapi.Fault{AfterNext: true}))
		play(t, s, "QS")
		fakeapi.AssertClean(t, s)
	})
}

// What a client sends in a new round repeats nothing of the one before, whatever became of that.
func TestNothingIsRepeatedAcrossRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newPair(t, nil)
		must(t, s.Next(fakeapi.Fault{Status: 502, Process: fakeapi.ProcessAnyway}))
		for _, step := range "ESLES" {
			play(t, s, string(step))
			synctest.Wait()
		}
		fakeapi.AssertWidgetOnce(t, s, "c1", "John Smith joined", "John Smith joined")
	})
}

// Without a webhook, the one who calls Leave tells the client.
func TestNothingCrossesWhereNoWebhookIsSent(t *testing.T) {
	s := newServer(t, nil)
	play(t, s, "ESLM")
	if vs := s.Violations(); len(vs) != 1 || vs[0].Unaware {
		t.Errorf("%v", vs)
	}
}

// An event may be out of order where the client's own part of the story is in order, and no fault of it.
func TestStoriesThatTheClientCouldNotKnow(t *testing.T) {
	for _, c := range []struct {
		why  string
		lag  time.Duration
		tell func(*testing.T, *fakeapi.Server)
	}{
		{"an event takes effect when the visitor is back already", 5 * time.Second, func(t *testing.T, s *fakeapi.Server) {
			for _, step := range "SLES" {
				play(t, s, string(step))
				synctest.Wait()
			}
			time.Sleep(10 * time.Second)
		}},
		{"an event was meant for the round before", 0, func(t *testing.T, s *fakeapi.Server) {
			must(t, s.NextWebhook(fakeapi.WebhookFault{Delay: time.Second}))
			play(t, s, "LES")
			time.Sleep(2 * time.Second)
			play(t, s, "SMD")
		}},
		{"nobody told that the visitor left: the escalation may be a repeat", 0, func(t *testing.T, s *fakeapi.Server) {
			must(t, s.NextWebhook(fakeapi.WebhookFault{Drop: true}))
			play(t, s, "SLE")
			synctest.Wait()
			play(t, s, "MD")
		}},
		{"or it is none", 0, func(t *testing.T, s *fakeapi.Server) {
			must(t, s.NextWebhook(fakeapi.WebhookFault{Drop: true}))
			play(t, s, "SLE")
			synctest.Wait()
			play(t, s, "SMD")
		}},
		{"a repeated escalation after the end is taken for a new one", 0, func(t *testing.T, s *fakeapi.Server) {
			play(t, s, "F")
			must(t, s.Redeliver(t.Context(), 1))
			play(t, s, "F")
		}},
		{"what is sent again stands behind another event that comes late", 0, func(t *testing.T, s *fakeapi.Server) {
			must(t, s.Next(fakeapi.Fault{AfterNext: true}, fakeapi.Fault{Status: 502, Process: fakeapi.ProcessAnyway}))
			play(t, s, "QFF")
		}},
		{"a 200 that took its time is believed", 0, func(t *testing.T, s *fakeapi.Server) {
			must(t, s.Next(fakeapi.Fault{Delay: time.Second, Process: fakeapi.ProcessNever}))
			play(t, s, "SM")
		}},
	} {
		t.Run(c.why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newPair(t, &fakeapi.Config{Lag: c.lag})
				play(t, s, "E")
				synctest.Wait()
				c.tell(t, s)
				fakeapi.AssertClean(t, s)
			})
		})
	}
}
