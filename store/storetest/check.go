package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/escalationkit/escalation/store"
)

// Texts that no error may show.
const (
	conversationCanary = "conv-5d0e91c7"
	bodyCanary         = "canary-3b8f-words"
	keyCanary          = "key-77aa0e"
)

var errStop = errors.New("storetest: the case cannot go on")

// stopCase is what a case panics with when it cannot go on; testCase.check recovers it.
var stopCase = errStop

// reporter is the part of testing.TB that the checks need. The suite's own test records what broken stores are
// blamed for.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

// check is one run of one case.
type check struct {
	t testing.TB // for what the harness needs
	r reporter
	s Subject

	mu       sync.Mutex
	failures int
}

// failf reports a broken clause. A case that goes wrong does so many times: the first few will do.
func (c *check) failf(clause, format string, args ...any) {
	c.r.Helper()
	c.mu.Lock()
	c.failures++
	enough := c.failures > 5
	c.mu.Unlock()
	if !enough {
		c.r.Errorf("["+clause+"] "+format, args...)
	}
}

// must ends the case if a call failed that the rest of it builds on. Only the case's own goroutine may call it.
func (c *check) must(clause, what string, err error) {
	c.r.Helper()
	if err != nil {
		c.failed(clause, what, err)
		panic(stopCase)
	}
}

// failed blames clause for an error that nothing explains.
func (c *check) failed(clause, what string, err error) {
	c.r.Helper()
	c.inspect(err)
	c.failf(clause, "%s: unexpected error: %v", what, err)
}

// wantErr blames clause unless err is want.
func (c *check) wantErr(clause, what string, err, want error) {
	c.r.Helper()
	c.inspect(err)
	if !errors.Is(err, want) {
		c.failf(clause, "%s: the error is %v, want %v", what, err, want)
	}
}

// inspect looks for private texts in an error.
func (c *check) inspect(err error) {
	c.r.Helper()
	if err == nil {
		return
	}
	shown := fmt.Sprintf("%s %+v %#v", err.Error(), err, err)
	for what, text := range map[string]string{
		"a conversation id": conversationCanary, "a body": bodyCanary, "a caller key": keyCanary,
	} {
		if strings.Contains(shown, text) {
			c.failf("S4", "an error shows %s", what)
		}
	}
}

func (c *check) load(clause string, key store.Key, q store.Query) store.Snapshot {
	c.r.Helper()
	found, err := c.s.Store.Load(context.Background(), key, q)
	c.must(clause, "Load", err)
	c.wantInstants(found)
	return found
}

func (c *check) history(clause string, key store.Key, after uint64, limit int) []store.Entry {
	c.r.Helper()
	found, err := c.s.Store.History(context.Background(), key, after, limit)
	c.must(clause, "History", err)
	c.wantInstants(found)
	return found
}

func (c *check) claim(clause string, limit int, lease time.Duration) ([]store.Key, time.Duration) {
	c.r.Helper()
	keys, next, err := c.s.Store.Claim(context.Background(), limit, lease)
	c.must(clause, "Claim", err)
	return keys, next
}

func (c *check) release(bot string, all bool, limit int) int {
	c.r.Helper()
	n, err := c.s.Store.Release(context.Background(), bot, all, limit)
	c.must("S13", "Release", err)
	return n
}

func (c *check) parked(after store.Key, limit int) []store.Key {
	c.r.Helper()
	keys, err := c.s.Store.Parked(context.Background(), after, limit)
	c.must("S14", "Parked", err)
	return keys
}

// diff compares without telling an empty slice from none. Times are compared as instants: that they are in UTC is
// for wantInstants.
func diff(want, got any) string {
	if reflect.DeepEqual(want, got) {
		return "" // as nearly always; the rest is slow
	}
	return cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.FilterValues(func(a, b []byte) bool { return len(a)+len(b) > 0 },
		cmp.Comparer(bytes.Equal)))
}

// wantSame blames clause if got is not want.
func (c *check) wantSame(clause, why string, want, got any) {
	c.r.Helper()
	if d := diff(want, got); d != "" {
		c.failf(clause, "%s (-want +got):\n%s", why, d)
	}
}

// wantInstants looks at every time in a result.
func (c *check) wantInstants(result any) {
	c.r.Helper()
	if bad, found := oddTime(reflect.ValueOf(result)); found {
		c.failf("S7", "a time came back as %v, want it in UTC and whole microseconds", bad)
	}
}

// oddTime finds a time that no store may hand out.
func oddTime(v reflect.Value) (time.Time, bool) {
	switch v.Kind() {
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			return t, t.Location() != time.UTC || t.Nanosecond()%1000 != 0 || t != t.Round(0)
		}
		for i := range v.NumField() {
			if t, found := oddTime(v.Field(i)); found {
				return t, true
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return time.Time{}, false
		}
		for i := range v.Len() {
			if t, found := oddTime(v.Index(i)); found {
				return t, true
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return oddTime(v.Elem())
		}
	}
	return time.Time{}, false
}

// each runs f for 0 to n-1 at once and waits.
func (c *check) each(n int, f func(n int)) {
	var all sync.WaitGroup
	gate := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-gate
			f(i)
		})
	}
	close(gate)
	all.Wait()
}
