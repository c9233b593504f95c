package sandbox

import "container/list"

// A feed knows in which order things changed last. It tells a reader who is at one version what is newer, each thing once and
// as it is now, so that readers need no buffers and may come back at any version.
//
// A thing is told again only under a new version. What was dropped for want of room can be missed; a reader who would
// miss it is told so.
type feed struct {
	seq   int64 // the newest version
	floor int64 // whoever is below it may have missed something
	most  int   // how many things are kept
	room  int   // how much they may weigh together

	order  *list.List // of *news, by seq
	byKey  map[string]*list.Element
	weight int
	grown  chan struct{} // closed and replaced when seq grows
}

// A news item is the last change of one thing.
type news struct {
	key    string
	event  string
	seq    int64
	weight int
	value  func() any // as the thing is now
	forget func()     // called when the feed drops it; may be nil
}

func newFeed(first int64, most, room int) *feed {
	return &feed{
		seq: first, floor: first, most: most, room: room,
		order: list.New(), byKey: map[string]*list.Element{}, grown: make(chan struct{}),
	}
}

// publish gives the thing its next version, which it returns.
func (f *feed) publish(n news) int64 {
	if old := f.byKey[n.key]; old != nil {
		f.remove(old)
	}
	f.seq++
	n.seq = f.seq
	f.byKey[n.key] = f.order.PushBack(&n)
	f.weight += n.weight
	for f.order.Len() > 1 && (f.order.Len() > f.most || f.weight > f.room) {
		f.drop(f.order.Front())
	}
	close(f.grown)
	f.grown = make(chan struct{})
	return n.seq
}

// remove takes an item out that a newer one replaces.
func (f *feed) remove(e *list.Element) *news {
	n := f.order.Remove(e).(*news)
	delete(f.byKey, n.key)
	f.weight -= n.weight
	return n
}

// drop takes an item out that nothing replaces.
func (f *feed) drop(e *list.Element) {
	n := f.remove(e)
	f.floor = max(f.floor, n.seq)
	if n.forget != nil {
		n.forget()
	}
}

// dropKey drops the thing, if the feed has it.
func (f *feed) dropKey(key string) {
	if e := f.byKey[key]; e != nil {
		f.drop(e)
	}
}

// since returns up to limit changes after a version, oldest first. If some may be missing, or the version was never
// given, lost is true, and the reader has to start anew from f.seq.
func (f *feed) since(version int64, limit int) (changes []*news, lost bool) {
	if version < f.floor || version > f.seq {
		return nil, true
	}
	e := f.order.Back()
	for e != nil && e.Value.(*news).seq > version {
		e = e.Prev()
	}
	if e == nil {
		e = f.order.Front()
	} else {
		e = e.Next()
	}
	for ; e != nil && len(changes) < limit; e = e.Next() {
		changes = append(changes, e.Value.(*news))
	}
	return changes, false
}
