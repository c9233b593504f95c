package fakeapi_test

import (
	"errors"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// until asks again and again, letting others run, until the answer is yes or a deadline that a working server never meets.
func until(t *testing.T, yes func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !yes(); runtime.Gosched() {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<16)
			t.Fatalf("it never happened; goroutines:\n%s", buf[:runtime.Stack(buf, true)])
		}
	}
}

func TestCloseLeavesNoGoroutine(t *testing.T) {
	client.CloseIdleConnections()
	before := runtime.NumGoroutine()
	for range 5 {
		s, err := fakeapi.New("bot-1", "key-1", nil)
		must(t, err)
		must(t, s.Start())
		ctx, h := bounded(t), new(fakeapi.Hold)
		must(t, s.Always(fakeapi.Fault{Hold: h}))
		must(t, s.Next(fakeapi.Fault{}, fakeapi.Fault{Cut: fakeapi.CutAfterBody}, fakeapi.Fault{Late: h}))
		for range 3 {
			_, _, _, _ = post(ctx, s.URL(), success)
		}
		var held []<-chan result
		for range 4 {
			held = append(held, postInBackground(ctx, s.URL(), message))
		}
		must(t, h.Wait(ctx, 5))
		must(t, s.Close())
		for _, c := range held {
			if r := <-c; r.err == nil {
				t.Errorf("a held request was answered %d", r.code)
			}
		}
		for _, rec := range s.Requests()[3:] {
			if rec.End != fakeapi.ServerClosed || rec.Processed {
				t.Errorf("%s, processed %v", rec.End, rec.Processed)
			}
		}
		lines := len(s.Widget("c1"))
		h.Release()
		if len(s.Widget("c1")) != lines {
			t.Error("a late event took effect after Close")
		}
		must(t, s.Close())
	}
	client.CloseIdleConnections()
	until(t, func() bool { return runtime.NumGoroutine() <= before })
}

func TestAfterClose(t *testing.T) {
	s := startServer(t, nil)
	url := s.URL()
	serve(s, success, nil)
	must(t, s.Close())
	if w := serve(s, message, nil); w.Code != 503 {
		t.Errorf("answered %d", w.Code)
	}
	if _, _, _, err := post(bounded(t), url, message); err == nil {
		t.Error("still listening")
	}
	if len(s.Requests()) != 1 || len(s.Widget("c1")) != 1 || s.URL() != url {
		t.Error("the records are gone")
	}
	if err := s.WaitRequests(bounded(t), 2); !errors.Is(err, fakeapi.ErrClosed) {
		t.Errorf("%v", err)
	}
	must(t, s.WaitRequests(bounded(t), 1))
	if err := s.Start(); !errors.Is(err, fakeapi.ErrClosed) {
		t.Errorf("%v", err)
	}
}

func TestStartTwice(t *testing.T) {
	s := startServer(t, nil)
	if err := s.Start(); err == nil || errors.Is(err, fakeapi.ErrClosed) {
		t.Errorf("%v", err)
	}
}

func TestCloseFreesRequestsOfAnotherServer(t *testing.T) {
	s := newServer(t, nil)
	ts := httptest.NewServer(s)
	h := new(fakeapi.Hold)
	must(t, s.Next(fakeapi.Fault{Hold: h}))
	got := postInBackground(bounded(t), ts.URL, message)
	must(t, h.Wait(bounded(t), 1))
	must(t, s.Close())
	if r := <-got; r.err == nil {
		t.Errorf("answered %d", r.code)
	}
	ts.Close()
	if rec := only(t, s); rec.End != fakeapi.ServerClosed {
		t.Errorf("%s", rec.End)
	}
}

func TestCloseFreesRequestsOfARecorder(t *testing.T) {
	s := newServer(t, nil)
	h := new(fakeapi.Hold)
	must(t, s.Next(fakeapi.Fault{Hold: h}))
	code := make(chan int)
	go func() { code <- serve(s, message, nil).Code }()
	must(t, h.Wait(bounded(t), 1))
	must(t, s.Close())
	if got := <-code; got != 500 {
		t.Errorf("answered %d", got)
	}
	if rec := only(t, s); rec.End != fakeapi.ServerClosed || rec.Processed {
		t.Errorf("%s", rec.End)
	}
}
