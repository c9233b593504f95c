package fakeapi_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// said names the webhooks that arrived: E for the escalation, the visitor's words, L for the leaving.
func said(c *crm) string {
	var out []string
	for _, body := range c.got() {
		switch {
		case strings.Contains(body, "widgetEscalate"):
			out = append(out, "E")
		case strings.Contains(body, "widgetEndSession"):
			out = append(out, "L")
		default:
			_, text, _ := strings.Cut(body, `"text":"`)
			out = append(out, strings.TrimSuffix(text, `"}}`))
		}
	}
	return strings.Join(out, " ")
}

// The visitor escalates, writes 1, 2 and 3, and leaves; the faults are dealt in this order.
func TestWebhookFaults(t *testing.T) {
	type f = fakeapi.WebhookFault
	hold, open := new(fakeapi.Hold), new(fakeapi.Hold)
	open.Release()
	for _, c := range []struct {
		why    string
		faults []f
		// What arrived at once, after three seconds, and when the hold was released and more time went by.
		first, then, last string
	}{
		{"none", nil, "E 1 2 3 L", "", ""},
		{"a zero fault is none", []f{{}, {}}, "E 1 2 3 L", "", ""},
		{"dropped", []f{{}, {Drop: true}, {}, {Drop: true}}, "E 2 L", "", ""},
		{"all dropped", []f{{Drop: true}, {Drop: true}, {Drop: true}, {Drop: true}, {Drop: true}}, "", "", ""},
		{"delayed: the rest waits", []f{{}, {Delay: 3 * time.Second}}, "E", "1 2 3 L", ""},
		{"delayed one after the other", []f{{}, {Delay: 3 * time.Second}, {}, {Delay: time.Second}}, "E", "1 2", "3 L"},
		{"held: the rest waits", []f{{}, {}, {Hold: hold}}, "E 1", "", "2 3 L"},
		{"held by an open hold", []f{{}, {}, {Hold: open}}, "E 1 2 3 L", "", ""},
		{"held, then delayed", []f{{}, {}, {Hold: hold, Delay: time.Second}}, "E 1", "", "2 3 L"},
		{"an open hold and a delay", []f{{}, {}, {Hold: open, Delay: 3 * time.Second}}, "E 1", "2 3 L", ""},
		{"doubled", []f{{Copies: 1}, {}, {Copies: 2}}, "E E 1 2 2 2 3 L", "", ""},
		{"held and doubled", []f{{}, {Hold: hold, Copies: 1}}, "E", "", "1 1 2 3 L"},
		{"overtaken by the next", []f{{}, {AfterNext: true}}, "E 2 1 3 L", "", ""},
		{"and doubled", []f{{}, {AfterNext: true, Copies: 1}}, "E 2 1 1 3 L", "", ""},
		{"overtaken by one that is doubled", []f{{}, {AfterNext: true}, {Copies: 1}}, "E 2 2 1 3 L", "", ""},
		{"two in a row", []f{{}, {AfterNext: true}, {AfterNext: true}}, "E 3 2 1 L", "", ""},
		{"the first", []f{{AfterNext: true}}, "1 E 2 3 L", "", ""},
		{"overtaken by one that is dropped", []f{{}, {AfterNext: true}, {Drop: true}}, "E 1 3 L", "", ""},
		{"overtaken by one that is delayed", []f{{}, {AfterNext: true}, {Delay: 3 * time.Second}}, "E", "2 1 3 L", ""},
		{"nothing comes that could overtake it", []f{{}, {}, {}, {}, {AfterNext: true}}, "E 1 2 3", "", ""},
		{"but it waits no longer than said", []f{{}, {}, {}, {}, {AfterNext: true, Delay: 3 * time.Second}}, "E 1 2 3", "L", ""},
		{"or held", []f{{}, {}, {}, {}, {AfterNext: true, Hold: hold}}, "E 1 2 3", "", "L"},
		{"once overtaken it waits no more", []f{{}, {AfterNext: true, Delay: time.Hour, Hold: hold}}, "E 2 1 3 L", "", ""},
	} {
		t.Run(c.why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, other := newPair(t, nil)
				faults := append([]f(nil), c.faults...)
				for i := range faults { // a hold serves one case only
					if faults[i].Hold == hold {
						faults[i].Hold = new(fakeapi.Hold)
					}
				}
				must(t, s.NextWebhookFor("c2", f{Drop: true})) // of no concern here
				must(t, s.NextWebhook(faults[:min(1, len(faults))]...))
				must(t, s.NextWebhookFor("c1", faults[min(1, len(faults)):]...))
				must(t, s.Escalate("c1", ""))
				for i := range 3 {
					must(t, s.Write("c1", fmt.Sprint(i+1)))
				}
				must(t, s.Leave("c1"))
				if got := s.FaultsLeft(); got != 1 {
					t.Errorf("%d faults left", got)
				}
				want := c.first
				check := func(when string) {
					t.Helper()
					synctest.Wait()
					if got := said(other); got != strings.TrimSpace(want) {
						t.Errorf("%s: %q, want %q", when, got, want)
					}
				}
				check("at once")
				time.Sleep(3 * time.Second)
				want += " " + c.then
				check("after three seconds")
				for _, fault := range faults {
					if fault.Hold != nil {
						fault.Hold.Release()
					}
				}
				time.Sleep(time.Minute)
				want = strings.TrimSpace(want) + " " + c.last
				check("in the end")
				for _, r := range s.Webhooks() {
					if sent := !r.Sent.IsZero(); r.Dropped == sent && r.Ended || r.Ended && sent != (r.Status == 200) {
						t.Errorf("%+v", r)
					}
				}
			})
		})
	}
}

func TestCopiesAreRecordedAsSuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newPair(t, nil)
		must(t, s.NextWebhook(fakeapi.WebhookFault{Copies: 2, Delay: time.Second}))
		must(t, s.Escalate("c1", ""))
		must(t, s.Write("c1", "Hi"))
		must(t, s.WaitWebhooks(t.Context(), 4))
		var got []string
		for _, r := range s.Webhooks() {
			got = append(got, fmt.Sprint(r.N, " of ", r.Of, " ", r.EventType))
		}
		want := []string{"1 of 1 widgetEscalate", "2 of 2 widgetMessage", "3 of 1 widgetEscalate", "4 of 1 widgetEscalate"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWebhookFaultsAreChecked(t *testing.T) {
	s, c := newPair(t, nil)
	for _, f := range []fakeapi.WebhookFault{
		{Drop: true, Copies: 1}, {Drop: true, AfterNext: true}, {Delay: -1}, {Copies: -1}, {Copies: 101},
	} {
		for _, err := range []error{s.NextWebhook(fakeapi.WebhookFault{}, f), s.NextWebhookFor("c1", fakeapi.WebhookFault{}, f)} {
			if err == nil || !strings.HasPrefix(err.Error(), "fault 2: fakeapi: ") {
				t.Errorf("%+v: %v", f, err)
			}
		}
	}
	if s.FaultsLeft() != 0 {
		t.Error("a refused call has changed something")
	}
	must(t, s.NextWebhook(fakeapi.WebhookFault{Drop: true}))
	must(t, s.NextWebhookFor("c1", fakeapi.WebhookFault{Drop: true}))
	must(t, s.NextWebhookFor("c1"))
	s.ClearFaults()
	must(t, s.Escalate("c1", ""))
	must(t, s.WaitWebhooks(bounded(t), 1))
	if got := said(c); got != "E" {
		t.Errorf("%q", got)
	}
}

// Other conversations do not wait for one that is held back.
func TestHeldWebhookHoldsUpItsConversationOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newPair(t, nil)
		hold := new(fakeapi.Hold)
		for i := range 100 { // more than there are senders
			must(t, s.NextWebhookFor(fmt.Sprint(i), fakeapi.WebhookFault{Hold: hold}))
			must(t, s.Escalate(fmt.Sprint(i), ""))
		}
		must(t, hold.Wait(t.Context(), 100))
		must(t, s.Escalate("c1", ""))
		must(t, s.Write("1", "behind the one held"))
		synctest.Wait()
		if got := len(c.got()); got != 1 {
			t.Errorf("%d webhooks while the others are held", got)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := hold.Wait(ended, 101); err == nil {
			t.Error("a webhook is held twice")
		}
		hold.Release()
		must(t, s.WaitWebhooks(t.Context(), 102))
	})
}

// First the Hold, then the Delay.
func TestHeldThenDelayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := newPair(t, nil)
		hold := new(fakeapi.Hold)
		must(t, s.NextWebhook(fakeapi.WebhookFault{Hold: hold, Delay: time.Second}))
		must(t, s.Escalate("c1", ""))
		for _, step := range []struct {
			why  string
			do   func()
			want string
		}{
			{"held", func() { time.Sleep(time.Hour) }, ""},
			{"released, but delayed", hold.Release, ""},
			{"and delayed", func() { time.Sleep(time.Second) }, "E"},
		} {
			step.do()
			synctest.Wait()
			if got := said(c); got != step.want {
				t.Errorf("%s: %q", step.why, got)
			}
		}
	})
}
