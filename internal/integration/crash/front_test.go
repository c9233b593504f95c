package crash_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/internal/invariant"
)

// front is the platform with the network before it, and the weather in both. It outlives the children.
type front struct {
	api    *fakeapi.Server
	server *http.Server
	url    string
	settle time.Duration

	mu      sync.Mutex
	idle    *sync.Cond // on mu: conns became zero
	conns   int
	rng     *rand.Rand
	bad     bool
	held    []*heldUp
	tooLate map[string]bool // by query of the request, see heldUp
}

// weather is the share of requests that something happens to, in percent.
const weather = 25

func newFront(t testing.TB, seed uint64, settle time.Duration) *front {
	t.Helper()
	api, err := fakeapi.New(bot, secret, nil)
	check(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	f := &front{api: api, url: "http://" + ln.Addr().String(), settle: settle, tooLate: map[string]bool{}}
	f.idle = sync.NewCond(&f.mu)
	f.rng = rand.New(rand.NewPCG(seed, 7))
	f.server = &http.Server{Handler: f, ConnState: f.connState}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = f.server.Serve(ln) // only Close ends it
	}()
	t.Cleanup(func() {
		check(t, api.Close())
		check(t, f.server.Close())
		<-served
		f.land()
	})
	return f
}

func (f *front) connState(_ net.Conn, st http.ConnState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch st {
	case http.StateNew:
		f.conns++
	case http.StateClosed, http.StateHijacked:
		f.conns--
		if f.conns == 0 {
			f.idle.Broadcast()
		}
	}
}

// quiet waits until everything that a dead child had written was read: the kernel goes on delivering it. Connections that
// nobody had accepted yet come before our own.
func (f *front) quiet() error {
	own := &http.Transport{DisableKeepAlives: true}
	answer, err := (&http.Client{Transport: own}).Get(f.url + fence)
	if err != nil {
		return err
	}
	answer.Body.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.conns > 0 {
		f.idle.Wait()
	}
	return nil
}

// fence is a path of our own.
const fence = "/fence"

// storm turns bad weather on or off.
func (f *front) storm(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bad = on
	if !on {
		f.api.ClearFaults()
	}
}

// ServeHTTP passes a request on, with whatever the weather does to it. Where faults are dealt side by side they may meet
// each other's requests; it is by chance anyway.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == fence {
		return
	}
	f.mu.Lock()
	bad := f.bad && f.rng.IntN(100) < weather
	what, milliseconds := f.rng.IntN(20), f.rng.IntN(30)
	f.mu.Unlock()
	if bad && what < 4 && f.holdUp(r) {
		panic(http.ErrAbortHandler)
	}
	if bad {
		if err := f.api.Next(fault(what, time.Duration(milliseconds)*time.Millisecond)); err != nil {
			panic(err)
		}
	}
	f.api.ServeHTTP(w, r)
}

// fault chooses one.
func fault(what int, wait time.Duration) fakeapi.Fault {
	switch {
	case what < 7:
		return fakeapi.Fault{Status: 500, Process: fakeapi.ProcessAnyway}
	case what < 8:
		return fakeapi.Fault{Status: 500}
	case what < 10:
		return fakeapi.Fault{Cut: fakeapi.CutAfterBody, Process: fakeapi.ProcessAnyway}
	case what < 11:
		return fakeapi.Fault{Cut: fakeapi.CutAfterBody}
	case what < 12:
		return fakeapi.Fault{Cut: fakeapi.CutBeforeBody}
	case what < 13:
		return fakeapi.Fault{Status: 503, Header: http.Header{"Retry-After": {"0"}}}
	case what < 14:
		return fakeapi.Fault{Status: 429}
	case what < 15:
		return fakeapi.Fault{Status: 400}
	}
	hold := new(fakeapi.Hold)
	time.AfterFunc(wait*3, hold.Release)
	return fakeapi.Fault{Hold: hold, Process: fakeapi.ProcessAnyway}
}

// heldUp is a copy of a request whose sender was told nothing, on its way through some proxy. The settle wait promises
// order only if copies land within it.
type heldUp struct {
	timer *time.Timer
	land  func()
}

// holdUp takes a request out of its connection and lets it land later. It reports whether there was a whole one.
func (f *front) holdUp(r *http.Request) bool {
	body, err := io.ReadAll(r.Body)
	if err != nil || int64(len(body)) != r.ContentLength {
		return false
	}
	cut := time.Now()
	late := r.Clone(context.Background())
	late.Body = io.NopCloser(bytes.NewReader(body))
	late.URL.RawQuery = "held-up-" + cut.Format("150405.000000000")
	f.mu.Lock()
	defer f.mu.Unlock()
	h := &heldUp{}
	h.land = sync.OnceFunc(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if time.Since(cut) > f.settle/2 {
			return // a busy machine: this copy got lost
		}
		f.api.ServeHTTP(httptest.NewRecorder(), late)
		f.tooLate[late.URL.RawQuery] = time.Since(cut) >= f.settle
	})
	h.timer = time.AfterFunc(time.Duration(f.rng.Int64N(int64(f.settle/2))), h.land)
	f.held = append(f.held, h)
	return true
}

// land waits until nothing is on its way any more.
func (f *front) land() {
	f.mu.Lock()
	held := f.held
	f.held = nil
	f.mu.Unlock()
	for _, h := range held {
		h.timer.Stop()
		h.land()
	}
}

// arrivals are the requests that have come so far, by conversation; those that came when they no longer may are left out.
func (f *front) arrivals() map[string][]invariant.Arrival {
	all := map[string][]invariant.Arrival{}
	requests := f.api.Requests()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range requests {
		if r.Fields != nil && !f.tooLate[r.Query] {
			all[r.ConversationID] = append(all[r.ConversationID], invariant.Arrival{At: r.Time, Body: r.Body, Answer: class(r)})
		}
	}
	return all
}

// requests is how many have come for certain, by conversation.
func (f *front) requests() map[string]int {
	n := map[string]int{}
	for id, arrived := range f.arrivals() {
		n[id] = len(arrived)
	}
	return n
}

// class is what the platform told the client, as far as it told anything.
func class(r fakeapi.Record) invariant.Class {
	if r.End != fakeapi.Answered || strings.HasPrefix(r.Query, "held-up") {
		return invariant.Unknown
	}
	switch r.Status {
	case http.StatusOK:
		return invariant.Acknowledged
	case http.StatusBadRequest:
		return invariant.Rejected
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return invariant.RefusedLater
	case http.StatusUnauthorized:
		return invariant.RefusedScope
	}
	return invariant.Unknown
}
