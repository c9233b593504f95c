package fakeapi

import "sync"

// An observer passes records to Config.OnRequest, one at a time and in the order in which they were queued.
type observer struct {
	call func(Record)

	calling sync.Mutex // held while call runs

	mu    sync.Mutex
	queue []Record
}

// enqueue appends a record. The caller holds the server's lock, which makes the order that of arrival.
func (o *observer) enqueue(r *Record) {
	if o.call == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.queue = append(o.queue, r.clone())
}

// flush returns when everything queued before it was called has been passed on. The caller holds no lock.
func (o *observer) flush() {
	if o.call == nil {
		return
	}
	o.calling.Lock()
	defer o.calling.Unlock()
	for {
		o.mu.Lock()
		if len(o.queue) == 0 {
			o.mu.Unlock()
			return
		}
		r := o.queue[0]
		o.queue = o.queue[1:]
		o.mu.Unlock()
		o.call(r)
	}
}
