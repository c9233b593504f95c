package webhook_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/webhook"
)

const idHeader = "X-Delivery-Id"

// ledger is an OnceReceiver as the clauses want it: what it commits it commits once.
type ledger struct {
	mu        sync.Mutex
	down      error // of the store
	calls     []string
	committed []events.Envelope
	known     map[[3]string]bool
}

func (l *ledger) Receive(ctx context.Context, env events.Envelope) error {
	return l.take(env, "", "Receive")
}

func (l *ledger) ReceiveOnce(ctx context.Context, env events.Envelope, id string) error {
	return l.take(env, id, "ReceiveOnce "+id)
}

func (l *ledger) take(env events.Envelope, id, call string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, call)
	name := [3]string{env.BotID, env.ConversationID, id}
	if l.down != nil || l.known[name] {
		return l.down
	}
	l.committed = append(l.committed, env)
	if id != "" {
		if l.known == nil {
			l.known = map[[3]string]bool{}
		}
		l.known[name] = true
	}
	return nil
}

func TestDeliveryID(t *testing.T) {
	longest := strings.Repeat("x", 256)
	cases := []struct {
		why     string
		values  []string
		want    string // the id that the receiver gets
		problem string // that the log names; empty: none
	}{
		{"a UUID", []string{"7d3f1f0e-8a55-4f0e-9a43-1b1e8a3f0c11"}, "7d3f1f0e-8a55-4f0e-9a43-1b1e8a3f0c11", ""},
		{"one byte", []string{"7"}, "7", ""},
		{"opaque: quotes and all punctuation belong to it", []string{`"!~,;=/%00"`}, `"!~,;=/%00"`, ""},
		{"opaque: capitals are kept, as Base64 needs them", []string{"aBcD=="}, "aBcD==", ""},
		{"256 bytes are not too long", []string{longest}, longest, ""},
		{"257 bytes are; never cut, as two ids may begin alike", []string{longest + "x"}, "", "too long"},
		{"not sent", nil, "", "missing"},
		{"sent empty", []string{""}, "", "missing"},
		{"two values: nobody can say which one counts", []string{"a", "b"}, "", "repeated"},
		{"two equal values: repeated, as for the verifiers", []string{"a", "a"}, "", "repeated"},
		{"an empty one beside it", []string{"", "a"}, "", "repeated"},
		{"two values that a proxy has joined", []string{"a, b"}, "", "malformed"},
		{"a space", []string{" "}, "", "malformed"},
		{"a tab, which a header may hold", []string{"a\tb"}, "", "malformed"},
		{"a NUL, which some stores refuse", []string{"a\x00"}, "", "malformed"},
		{"a line end, which could write log lines", []string{"a\nb"}, "", "malformed"},
		{"DEL is not visible", []string{"a\x7f"}, "", "malformed"},
		{"not UTF-8, which some stores refuse", []string{"\xff\xfe"}, "", "malformed"},
		{"UTF-8, but not ASCII: two spellings may look the same", []string{"é"}, "", "malformed"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			needReason(t, c.why)
			var recv ledger
			log, out := logger()
			h := must(webhook.NewHandler(&recv, webhook.NoVerification(), &webhook.Config{DeliveryIDHeader: idHeader, Logger: log}))(t)
			for range 3 {
				if res, body := serve(h, post(bodyMessage, header(idHeader, c.values...))); res.StatusCode != 200 || body != `{}` {
					t.Errorf("the visitor's words were refused: %d %s", res.StatusCode, body)
				}
			}
			call := "ReceiveOnce " + c.want
			if diff := cmp.Diff([]string{call, call, call}, recv.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if c.problem == "" {
				if out.String() != "" {
					t.Errorf("log: %s", out)
				}
				return
			}
			want := `problem="?` + c.problem + `"?\n`
			if n := strings.Count(out.String(), "\n"); n != 1 || !regexp.MustCompile(want).MatchString(out.String()) {
				t.Errorf("want one line that matches %s, got:\n%s", want, out)
			}
			for _, v := range c.values {
				if len(v) > 1 && strings.Contains(out.String(), v) {
					t.Errorf("the value was logged: %s", out)
				}
			}
		})
	}
}

// A handler that was not told of a header knows no ids, whatever the receiver could do with them.
func TestNoDeliveryIDByDefault(t *testing.T) {
	var recv ledger
	log, out := logger()
	h := must(webhook.NewHandler(&recv, webhook.NoVerification(), &webhook.Config{Logger: log}))(t)
	serve(h, post(bodyMessage, header(idHeader, "d-1")))
	serve(h, post(bodyMessage, header("", "d-1")))
	if diff := cmp.Diff([]string{"Receive", "Receive"}, recv.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if out.String() != "" {
		t.Errorf("log: %s", out)
	}
}

// The first delivery fails, its repeat is taken in, the repeat of that changes nothing.
func TestRepeatedDelivery(t *testing.T) {
	recv := ledger{down: errors.New("store is down")}
	h := must(webhook.NewHandler(&recv, webhook.NoVerification(), &webhook.Config{DeliveryIDHeader: "x-delivery-ID", Logger: quiet()}))(t)
	elsewhere := strings.Replace(bodyMessage, "123456789", "987654321", 1)
	steps := []struct {
		why, body, id     string
		down              bool
		status, committed int
	}{
		{"the store is down: the sender has to come back", bodyMessage, "d-1", true, 503, 0},
		{"still down", bodyMessage, "d-1", true, 503, 0},
		{"the same delivery after the repair: what was refused is no repeat", bodyMessage, "d-1", false, 200, 1},
		{"its 200 was lost and it comes again", bodyMessage, "d-1", false, 200, 1},
		{"again while the store is down: nobody can look the id up", bodyMessage, "d-1", true, 503, 1},
		{"the same words, said once more", bodyMessage, "d-2", false, 200, 2},
		{"another conversation may use the same id", elsewhere, "d-1", false, 200, 3},
		{"without an id nothing is a repeat", bodyMessage, "", false, 200, 4},
		{"nor is the next one", bodyMessage, "", false, 200, 5},
	}
	for _, s := range steps {
		needReason(t, s.why)
		recv.down = nil
		if s.down {
			recv.down = errors.New("store is down")
		}
		res, _ := serve(h, post(s.body, header(idHeader, s.id)))
		if res.StatusCode != s.status || len(recv.committed) != s.committed {
			t.Fatalf("%s: got %d and %d committed, want %d and %d", s.why, res.StatusCode, len(recv.committed), s.status, s.committed)
		}
	}
}

// Only what was verified and is an event of ours has its id looked at: a stranger can neither hand one
// over nor use up the one line of the log.
func TestDeliveryIDOfVerifiedEventsOnly(t *testing.T) {
	var recv ledger
	log, out := logger()
	v := must(webhook.SharedSecret(secretHeader, "alpha"))(t)
	h := must(webhook.NewHandler(&recv, v, &webhook.Config{DeliveryIDHeader: idHeader, Logger: log}))(t)
	signed := header(secretHeader, "alpha")
	cases := []struct {
		why    string
		req    *http.Request
		status int
	}{
		{"not verified, with an id", post(bodyMessage, header(idHeader, "d-1")), 401},
		{"not verified, without one", post(bodyMessage), 401},
		{"not an event", post(`{}`, signed), 400},
		{"an event of another API", post(foreignBodies["sendMessage"], signed), 200},
		{"not a POST", post(bodyMessage, signed, func(r *http.Request) { r.Method = "GET" }), 405},
	}
	for _, c := range cases {
		needReason(t, c.why)
		if res, _ := serve(h, c.req); res.StatusCode != c.status {
			t.Errorf("%s: got %d, want %d", c.why, res.StatusCode, c.status)
		}
	}
	if len(recv.calls) != 0 || strings.Contains(out.String(), "delivery id") {
		t.Errorf("calls %q, log:\n%s", recv.calls, out)
	}
	serve(h, post(bodyMessage, signed))
	if n := strings.Count(out.String(), "no usable delivery id"); n != 1 || len(recv.calls) != 1 {
		t.Errorf("after a verified event without an id: %d lines, calls %q", n, recv.calls)
	}
}

// Nothing of an answer is written before the receiver has committed the event.
func TestAnswerComesAfterTheCommit(t *testing.T) {
	for _, cfg := range []*webhook.Config{nil, {DeliveryIDHeader: idHeader}} {
		w := &firstWrite{ResponseRecorder: httptest.NewRecorder()}
		committed := false
		recv := webhook.OnceReceiverFunc(func(context.Context, events.Envelope, string) error {
			if w.begun {
				t.Error("the answer was begun before the commit")
			}
			committed = true
			return nil
		})
		h := must(webhook.NewHandler(recv, webhook.NoVerification(), cfg))(t)
		h.ServeHTTP(w, post(bodyMessage, header(idHeader, "d-1")))
		if !committed || !w.begun || w.Code != 200 {
			t.Errorf("committed %v, answered %v with %d", committed, w.begun, w.Code)
		}
	}
}

// firstWrite notes that an answer was begun.
type firstWrite struct {
	*httptest.ResponseRecorder
	begun bool
}

func (w *firstWrite) WriteHeader(status int) {
	w.begun = true
	w.ResponseRecorder.WriteHeader(status)
}

func (w *firstWrite) Write(p []byte) (int, error) {
	w.begun = true
	return w.ResponseRecorder.Write(p)
}

// An OnceReceiverFunc may stand where no header is named: its id is then empty. [R8]
func TestOnceReceiverFunc(t *testing.T) {
	var got []string
	f := webhook.OnceReceiverFunc(func(_ context.Context, env events.Envelope, id string) error {
		got = append(got, env.Event.Kind().String()+" "+id)
		return nil
	})
	for _, cfg := range []*webhook.Config{nil, {DeliveryIDHeader: idHeader}} {
		h := must(webhook.NewHandler(f, webhook.NoVerification(), cfg))(t)
		serve(h, post(bodyEnd, header(idHeader, "d-1")))
	}
	if diff := cmp.Diff([]string{"widgetEndSession ", "widgetEndSession d-1"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whatever stands in the header, the event is taken in, and an id is passed on whole or not at all.
func FuzzDeliveryID(f *testing.F) {
	for _, v := range []string{"", "d-1", "a b", "é", "\xff", "a\x00", strings.Repeat("x", 256), strings.Repeat("x", 257)} {
		f.Add(v, "", false)
		f.Add(v, v, true)
	}
	usable := regexp.MustCompile(`\A[\x21-\x7e]{1,256}\z`)
	f.Fuzz(func(t *testing.T, value, second string, twice bool) {
		var recv ledger
		h := must(webhook.NewHandler(&recv, webhook.NoVerification(), &webhook.Config{DeliveryIDHeader: idHeader, Logger: quiet()}))(t)
		values, want := []string{value}, "ReceiveOnce "
		if twice {
			values = append(values, second)
		} else if usable.MatchString(value) {
			want += value
		}
		res, _ := serve(h, post(bodyMessage, header(idHeader, values...)))
		if diff := cmp.Diff([]string{want}, recv.calls); res.StatusCode != 200 || diff != "" {
			t.Fatalf("%q: %d, calls (-want +got):\n%s", values, res.StatusCode, diff)
		}
	})
}
