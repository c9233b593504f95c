package escalation_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/escalationkit/escalation/store"
)

// failing is a store whose calls can be made to fail.
type failing struct {
	store.Store
	mu     sync.Mutex
	before func(call storeCall) error // an error: nothing was done
	after  func(call storeCall) error // an error: it was done, and the answer is lost
	slow   func(call storeCall) time.Duration
	calls  int
}

// storeCall is one call of a store's method.
type storeCall struct {
	N      int // 1, 2, 3, … of all calls that change something
	Method string
	Change *store.Change // of Commit
}

var errDown = errors.New("the disk is gone")

// fail installs what makes calls fail; nil for what does not. One of the functions is called at a time.
func (f *failing) fail(before, after func(storeCall) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before, f.after = before, after
}

// down has every call fail, or none any more.
func (f *failing) down(is bool) {
	if !is {
		f.fail(nil, nil)
		return
	}
	f.fail(func(storeCall) error { return errDown }, nil)
}

func (f *failing) through(method string, change *store.Change, call func() error) error {
	f.mu.Lock()
	c := storeCall{Method: method, Change: change}
	if method == "Commit" {
		f.calls++
		c.N = f.calls
	}
	var wait time.Duration
	if f.slow != nil {
		wait = f.slow(c)
	}
	f.mu.Unlock()
	time.Sleep(wait)
	hook := func(which *func(storeCall) error) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if *which == nil {
			return nil
		}
		return (*which)(c)
	}
	if err := hook(&f.before); err != nil {
		return err
	}
	if err := call(); err != nil {
		return err
	}
	return hook(&f.after)
}

func (f *failing) Load(ctx context.Context, k store.Key, q store.Query) (s store.Snapshot, err error) {
	err = f.through("Load", nil, func() error { s, err = f.Store.Load(ctx, k, q); return err })
	return s, err
}

func (f *failing) Commit(ctx context.Context, c store.Change) error {
	return f.through("Commit", &c, func() error { return f.Store.Commit(ctx, c) })
}

func (f *failing) Claim(ctx context.Context, limit int, lease time.Duration) (keys []store.Key, next time.Duration, err error) {
	err = f.through("Claim", nil, func() error { keys, next, err = f.Store.Claim(ctx, limit, lease); return err })
	return keys, next, err
}

func (f *failing) Release(ctx context.Context, bot string, all bool, limit int) (n int, err error) {
	err = f.through("Release", nil, func() error { n, err = f.Store.Release(ctx, bot, all, limit); return err })
	return n, err
}

func (f *failing) History(ctx context.Context, k store.Key, after uint64, limit int) (e []store.Entry, err error) {
	err = f.through("History", nil, func() error { e, err = f.Store.History(ctx, k, after, limit); return err })
	return e, err
}

func (f *failing) Parked(ctx context.Context, after store.Key, limit int) (keys []store.Key, err error) {
	err = f.through("Parked", nil, func() error { keys, err = f.Store.Parked(ctx, after, limit); return err })
	return keys, err
}
