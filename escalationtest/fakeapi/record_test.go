package fakeapi_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

func TestRecord(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	s := newServer(t, &fakeapi.Config{Now: func() time.Time { now = now.Add(time.Second); return now }})
	serve(s, success, header("User-Agent", "crm/1"))
	serve(s, message, header("Authorization", "secret-canary"))
	rs := s.Requests()
	if len(rs) != 2 {
		t.Fatalf("%d records", len(rs))
	}
	r := rs[0]
	if r.N != 1 || !r.Time.Equal(time.Date(2030, 1, 2, 3, 4, 6, 0, time.UTC)) || r.Method != "POST" || r.Path != fakeapi.Path ||
		r.BotID != "bot-1" || r.ConversationID != "c1" || r.EventType != "escalationSuccess" || string(r.Body) != success ||
		r.Fields["agent"] != "John Smith" || len(r.Fields) != 3 || r.Header.Get("User-Agent") != "crm/1" {
		t.Errorf("%+v", r)
	}
	if got := fmt.Sprintf("%+v", rs); strings.Contains(got, "key-1") || strings.Contains(got, "canary") {
		t.Errorf("a record shows a key: %s", got)
	}
	if rs[1].N != 2 || !rs[1].Time.After(r.Time) || rs[1].Status != 401 {
		t.Errorf("%+v", rs[1])
	}
	if got := s.Conversation("c1"); len(got) != 2 || got[1].N != 2 {
		t.Errorf("conversation: %+v", got)
	}
	if got := s.Conversation("c2"); got != nil || s.Widget("c2") != nil {
		t.Errorf("unknown conversation: %+v", got)
	}
	if got := rs[1].Problems[0].String(); got != `header Authorization holds a wrong key` {
		t.Errorf("problem reads %s", got)
	}
}

func TestEnds(t *testing.T) {
	var all []string
	for e := fakeapi.Open; e <= fakeapi.Uncuttable+1; e++ {
		all = append(all, e.String())
	}
	if got := strings.Join(all, ", "); got != "open, answered, severed, client gone, server closed, uncuttable, unknown end" {
		t.Error(got)
	}
	if got := fakeapi.Reason(0).String(); got != "unknown reason" {
		t.Error(got)
	}
}

func TestWaits(t *testing.T) {
	s := newServer(t, nil)
	done := make(chan error, 2)
	go func() { done <- s.WaitRequests(bounded(t), 2) }()
	go func() { done <- s.WaitWidget(bounded(t), "c1", 1) }()
	serve(s, `x`, nil)
	serve(s, success, nil)
	must(t, <-done)
	must(t, <-done)
	must(t, s.WaitEnded(bounded(t), 2))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.WaitRequests(ctx, 3); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "2 of 3 requests") {
		t.Errorf("%v", err)
	}
	go func() { done <- s.WaitWidget(bounded(t), "c1", 9) }()
	must(t, s.Close())
	if err := <-done; !errors.Is(err, fakeapi.ErrClosed) {
		t.Errorf("%v", err)
	}
}

func TestObserverSeesEveryRecordBeforeItsAnswer(t *testing.T) {
	var s *fakeapi.Server
	var seen []fakeapi.Record
	s = newServer(t, &fakeapi.Config{OnRequest: func(r fakeapi.Record) {
		if len(s.Requests()) < r.N { // the server's methods may be called
			t.Errorf("record %d is not there yet", r.N)
		}
		seen = append(seen, r)
	}})
	must(t, s.Next(fakeapi.Fault{Status: 500}))
	serve(s, success, nil)
	if len(seen) != 1 || seen[0].Status != 500 || seen[0].End != fakeapi.Answered || seen[0].Processed {
		t.Fatalf("%+v", seen)
	}
	serve(s, success, nil)
	if len(seen) != 2 || !seen[1].Processed {
		t.Fatalf("%+v", seen)
	}
	h := new(fakeapi.Hold)
	must(t, s.Next(fakeapi.Fault{Hold: h}))
	done := make(chan struct{})
	go func() { defer close(done); serve(s, message, nil) }()
	must(t, h.Wait(bounded(t), 1))
	if len(seen) != 3 || seen[2].End != fakeapi.Open || seen[2].Status != 200 {
		t.Errorf("%+v", seen)
	}
	h.Release()
	<-done
	if len(seen) != 3 {
		t.Errorf("seen %d times", len(seen))
	}
}

// Bursts into the same conversations from many clients, with faults of all kinds, while everything is read and changed.
func TestManyAtOnce(t *testing.T) {
	const clients, each = 16, 25
	var observed []int
	s := startServer(t, &fakeapi.Config{OnRequest: func(r fakeapi.Record) { observed = append(observed, r.N) }})
	ctx, h := bounded(t), new(fakeapi.Hold)
	must(t, s.Next(fakeapi.Fault{Status: 500}, fakeapi.Fault{Cut: fakeapi.CutBeforeBody}, fakeapi.Fault{Late: h}, fakeapi.Fault{Hold: h}))
	for i := range 4 {
		id := fmt.Sprintf("c%d", i)
		must(t, s.NextFor(id, fakeapi.Fault{Status: 503, Process: fakeapi.ProcessAnyway}, fakeapi.Fault{Cut: fakeapi.CutAfterBody}))
	}
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			body := strings.Replace(message, "c1", fmt.Sprintf("c%d", i%4), 1)
			for range each {
				_, _, _, _ = post(ctx, s.URL(), body)
				s.Violations()
				s.FaultsLeft()
				s.Widget("c1")
				if err := s.SetKey("bot-2", "key"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	must(t, h.Wait(ctx, 2))
	h.Release()
	wg.Wait()
	rs := s.Requests()
	if len(rs) != clients*each || len(observed) != clients*each {
		t.Fatalf("%d records, %d observed, want %d", len(rs), len(observed), clients*each)
	}
	processed, lines := 0, 0
	for i, r := range rs {
		if r.N != i+1 || observed[i] != i+1 {
			t.Fatalf("place %d: record %d, observed %d", i+1, r.N, observed[i])
		}
		if r.Processed {
			processed++
		}
	}
	for i := range 4 {
		lines += len(s.Widget(fmt.Sprintf("c%d", i)))
	}
	// Lost: the 500, the cut before the body, and for each conversation one cut after it.
	if processed != lines || processed != clients*each-6 || s.FaultsLeft() != 0 {
		t.Errorf("%d processed, %d lines, %d faults left", processed, lines, s.FaultsLeft())
	}
	if got := len(s.Violations()); got != processed {
		t.Errorf("%d violations for %d messages without an agent", got, processed)
	}
}
