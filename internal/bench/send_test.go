package main

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// recorder keeps what a server saw.
type recorder struct {
	mu   sync.Mutex
	seen []request
}

func (r *recorder) record(one request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, one)
}

func TestServerSeesTheSameFromBothSides(t *testing.T) {
	var rec recorder
	s, err := openSenders(3, rec.record)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for i := range s.ours {
		if err := errors.Join(s.ours[i](), s.peer[i]()); err != nil {
			t.Fatal(err)
		}
	}
	if len(rec.seen) != 6 {
		t.Fatalf("the server saw %d requests, want 6", len(rec.seen))
	}
	for i := 0; i < len(rec.seen); i += 2 {
		ours, peer := rec.seen[i], rec.seen[i+1]
		if !reflect.DeepEqual(ours, peer) {
			t.Errorf("the server saw\n%+v from us and\n%+v from the bare client", ours, peer)
		}
		if want := fmt.Sprintf("conversation-%03d", i/2); !strings.Contains(ours.body, want) || !strings.Contains(ours.body, shortText) {
			t.Errorf("body %s holds no message in %s", ours.body, want)
		}
		if ours.method != http.MethodPost || ours.header.Get("Authorization") != key || ours.header.Get("botid") != botID {
			t.Errorf("not the documented call: %+v", ours)
		}
	}
}

func TestShareMakesEveryCallOnce(t *testing.T) {
	for _, n := range []int{0, 1, 7, 1000} {
		var made atomic.Int64
		busy := make([]atomic.Bool, 5)
		var calls []func() error
		for i := range busy {
			calls = append(calls, func() error {
				if busy[i].Swap(true) {
					t.Errorf("function %d was called while it ran", i)
				}
				made.Add(1)
				busy[i].Store(false)
				return nil
			})
		}
		if err := share(n, calls); err != nil || made.Load() != int64(n) {
			t.Errorf("%d calls, %v; want %d", made.Load(), err, n)
		}
	}
}

func TestShareReportsFailures(t *testing.T) {
	broken := errors.New("broken")
	err := share(100, []func() error{func() error { return nil }, func() error { return broken }})
	// The failing function may come too late to be called at all.
	if err != nil && !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	if err := share(1, []func() error{func() error { return broken }}); !errors.Is(err, broken) {
		t.Errorf("error %v, want the function's", err)
	}
}

func TestBareClientNoticesRefusals(t *testing.T) {
	if err := checkStatus(http.StatusOK); err != nil {
		t.Error(err)
	}
	if err := checkStatus(http.StatusBadRequest); !errors.Is(err, errStatus) {
		t.Errorf("error %v", err)
	}
}
