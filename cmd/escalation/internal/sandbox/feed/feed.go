// Package feed tells readers over HTTP what changes, as server-sent events that can be taken up again anywhere.
//
// # Guarantees
//
//   - Every change gives the thing that changed the next version. A reader at a version is told every thing that
//     changed since, in the order of the versions, as it is when it is told, and once for each version at most.
//     (TestResumeAtEveryPoint, TestBurstsAndReconnects)
//   - What changes several times before a reader comes to it is told once. So a reader needs no buffer, and one who is slow, or
//     away, misses nothing but what was between.
//   - A bounded number of things is kept. A reader who would miss one that was dropped is told so with a reset, and so is one
//     whose version was never given; it goes on from there. (TestResetWhereSomethingIsMissing, TestVersionsOfOthers)
//   - A reader who takes nothing for a while is cut off. (TestSlowReaderIsCutOff)
package feed

import (
	"container/list"
	"sync"
)

// A Feed knows in which order things changed last. Its lock is its maker's, so that things and their versions change
// together.
type Feed struct {
	mu    sync.Locker
	seq   int64 // the newest version
	floor int64 // whoever is below it may have missed something
	most  int   // how many things are kept
	room  int   // how much they may weigh together

	order  *list.List // of *Change, by version
	byKey  map[string]*list.Element
	weight int
	grown  chan struct{} // closed and replaced when seq grows
}

// A Change is the last change of one thing.
type Change struct {
	Key    string     // of the thing
	Event  string     // its kind
	Weight int        // what it adds to the memory that the feed is answerable for
	Value  func() any // the thing as it is now; called with the lock held
	Forget func()     // called with the lock held when the feed drops the thing; may be nil

	version int64
}

// New returns a feed whose first version is first+1. It keeps at most most things, and fewer if they weigh more than room
// together, but always the newest.
func New(mu sync.Locker, first int64, most, room int) *Feed {
	return &Feed{
		mu: mu, seq: first, floor: first, most: most, room: room,
		order: list.New(), byKey: map[string]*list.Element{}, grown: make(chan struct{}),
	}
}

// Publish gives the thing its next version, which it returns. The caller holds the lock.
func (f *Feed) Publish(c Change) int64 {
	if old := f.byKey[c.Key]; old != nil {
		f.remove(old)
	}
	f.seq++
	c.version = f.seq
	f.byKey[c.Key] = f.order.PushBack(&c)
	f.weight += c.Weight
	for f.order.Len() > 1 && (f.order.Len() > f.most || f.weight > f.room) {
		f.drop(f.order.Front())
	}
	close(f.grown)
	f.grown = make(chan struct{})
	return c.version
}

// Drop drops a thing, if the feed has it. The caller holds the lock.
func (f *Feed) Drop(key string) {
	if e := f.byKey[key]; e != nil {
		f.drop(e)
	}
}

// remove takes out a change that a newer one replaces.
func (f *Feed) remove(e *list.Element) *Change {
	c := f.order.Remove(e).(*Change)
	delete(f.byKey, c.Key)
	f.weight -= c.Weight
	return c
}

// drop takes out a change that nothing replaces.
func (f *Feed) drop(e *list.Element) {
	c := f.remove(e)
	f.floor = max(f.floor, c.version)
	if c.Forget != nil {
		c.Forget()
	}
}

// Newest returns the newest version. The caller holds the lock.
func (f *Feed) Newest() int64 { return f.seq }

// newest is Newest for whoever does not hold the lock.
func (f *Feed) newest() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seq
}

// An update is one event of a stream.
type update struct {
	version int64
	event   string
	value   any
}

// since returns up to limit changes after a version, and a channel that is closed when there is more. Where some may be
// missing the only update is a reset, at the newest version.
func (f *Feed) since(version int64, limit int) ([]update, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if version < f.floor || version > f.seq {
		return []update{{f.seq, "reset", map[string]int64{"seq": f.seq}}}, f.grown
	}
	e := f.order.Back()
	for e != nil && e.Value.(*Change).version > version {
		e = e.Prev()
	}
	if e == nil {
		e = f.order.Front()
	} else {
		e = e.Next()
	}
	var out []update
	for ; e != nil && len(out) < limit; e = e.Next() {
		c := e.Value.(*Change)
		out = append(out, update{c.version, c.Event, c.Value()})
	}
	return out, f.grown
}
