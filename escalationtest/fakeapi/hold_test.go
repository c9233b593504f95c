package fakeapi_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

func TestHeldUntilReleased(t *testing.T) {
	for _, c := range []struct {
		why           string
		fault         fakeapi.Fault
		code          int // 0: the connection is cut
		before, after int // lines while held, and in the end
	}{
		{"processed when answered", fakeapi.Fault{}, 200, 0, 1},
		{"processed on arrival", fakeapi.Fault{Process: fakeapi.ProcessAnyway}, 200, 1, 1},
		{"never processed", fakeapi.Fault{Process: fakeapi.ProcessNever}, 200, 0, 0},
		{"a gateway's time-out, dropped", fakeapi.Fault{Status: 504}, 504, 0, 0},
		{"a gateway's time-out, processed", fakeapi.Fault{Status: 504, Process: fakeapi.ProcessAnyway}, 504, 1, 1},
		{"cut in the end", fakeapi.Fault{Cut: fakeapi.CutAfterBody}, 0, 0, 0},
	} {
		t.Run(c.why, func(t *testing.T) {
			ctx, s, h := bounded(t), startServer(t, nil), new(fakeapi.Hold)
			c.fault.Hold = h
			must(t, s.NextFor("c1", c.fault))
			got := postInBackground(ctx, s.URL(), message)
			must(t, h.Wait(ctx, 1))
			if rec := only(t, s); rec.End != fakeapi.Open || len(s.Widget("c1")) != c.before {
				t.Errorf("while held: %s, %d lines", rec.End, len(s.Widget("c1")))
			}
			if code, _, _, err := post(ctx, s.URL(), strings.Replace(failed, "c1", "c2", 1)); code != 200 {
				t.Errorf("another conversation is held up: %d %v", code, err)
			}
			h.Release()
			h.Release()
			if r := <-got; r.code != c.code || (r.err != nil) != (c.code == 0) {
				t.Errorf("answered %d %v", r.code, r.err)
			}
			if len(s.Widget("c1")) != c.after || s.Requests()[0].End == fakeapi.Open {
				t.Errorf("in the end: %s, %d lines", s.Requests()[0].End, len(s.Widget("c1")))
			}
			must(t, s.Next(fakeapi.Fault{Hold: h}))
			if code, _, _, err := post(ctx, s.URL(), strings.Replace(failed, "c1", "c3", 1)); code != 200 {
				t.Errorf("a released hold holds: %d %v", code, err)
			}
		})
	}
}

func TestHeldUntilTheClientIsGone(t *testing.T) {
	s, h := startServer(t, nil), new(fakeapi.Hold)
	must(t, s.Next(fakeapi.Fault{Hold: h}))
	ctx, leave := context.WithCancel(bounded(t))
	got := postInBackground(ctx, s.URL(), message)
	must(t, h.Wait(bounded(t), 1))
	leave()
	if r := <-got; !errors.Is(r.err, context.Canceled) {
		t.Errorf("%v", r.err)
	}
	must(t, s.WaitEnded(bounded(t), 1))
	if end := only(t, s).End; end != fakeapi.ClientGone {
		t.Errorf("ended as %s", end)
	}
	h.Release()
	if rec := only(t, s); rec.Processed {
		t.Error("processed although nobody was answered")
	}
}

// The copy that lands after its successors: the client gave up, went on, and only then the first request takes effect.
func TestLateCopyLandsAfterItsSuccessors(t *testing.T) {
	ctx, s, h := bounded(t), startServer(t, nil), new(fakeapi.Hold)
	_, _, _, err := post(ctx, s.URL(), success)
	must(t, err)
	must(t, s.NextFor("c1", fakeapi.Fault{Late: h, Hold: h}, fakeapi.Fault{Late: h, Cut: fakeapi.CutAfterBody}, fakeapi.Fault{Late: h, Status: 502}))

	giveUp, cancel := context.WithCancel(ctx)
	got := postInBackground(giveUp, s.URL(), message)
	must(t, h.Wait(ctx, 2)) // the event put off, and the client held
	cancel()
	<-got
	must(t, s.WaitEnded(ctx, 2))
	if end := s.Requests()[1].End; end != fakeapi.ClientGone {
		t.Errorf("ended as %s", end)
	}
	if _, _, _, err := post(ctx, s.URL(), strings.Replace(message, "Hello", "cut", 1)); err == nil {
		t.Error("not cut")
	}
	if code, _, _, _ := post(ctx, s.URL(), strings.Replace(message, "Hello", "502", 1)); code != 502 {
		t.Errorf("answered %d", code)
	}
	_, _, _, err = post(ctx, s.URL(), disconnect)
	must(t, err)
	if got := texts(s.Widget("c1")); got != "John Smith joined | The agent left" {
		t.Errorf("before: %s", got)
	}
	h.Release()
	want := "John Smith joined | The agent left | John Smith: Hello | John Smith: cut | John Smith: 502"
	if got := texts(s.Widget("c1")); got != want {
		t.Errorf("after: %s", got)
	}
	if vs := s.Violations(); len(vs) != 3 || vs[0].N != 2 || vs[0].After != "SD" {
		t.Errorf("violations: %v", vs)
	}
	must(t, s.Next(fakeapi.Fault{Late: h, Process: fakeapi.ProcessIfOK}))
	_, _, _, err = post(ctx, s.URL(), strings.Replace(failed, "c1", "c2", 1))
	must(t, err)
	if len(s.Widget("c2")) != 1 {
		t.Error("late for a hold that is already released must mean at once")
	}
}

// A request under way when the visitor leaves is no fault of the client.
func TestLateAfterTheVisitorLeft(t *testing.T) {
	s, h := newServer(t, nil), new(fakeapi.Hold)
	serve(s, success, nil)
	must(t, s.Next(fakeapi.Fault{Late: h}))
	serve(s, message, nil)
	s.VisitorLeft("c1")
	h.Release()
	if vs := s.Violations(); len(vs) != 0 || len(s.Widget("c1")) != 2 {
		t.Errorf("%v, %d lines", vs, len(s.Widget("c1")))
	}
	serve(s, message, nil)
	if vs := s.Violations(); len(vs) != 1 || vs[0].Reason != fakeapi.VisitorGone {
		t.Errorf("%v", vs)
	}
}

func TestHoldWaitEnds(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	cancel(cause)
	if err := new(fakeapi.Hold).Wait(ctx, 1); !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
	must(t, new(fakeapi.Hold).Wait(ctx, 0))
}
