package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store/memstore"
)

const (
	// leastIdle is how few conversations row 6 makes sense with.
	leastIdle = 100
	// idleMessages is how many messages the agent of an idle conversation has sent.
	idleMessages = 3
)

// idleRows is row 6: the heap that a conversation takes up in which nothing is under way. With the memory store that is all
// that is known of it, with SQLite what the client still holds when it is quiet.
func idleRows(s settings) []row {
	return []row{
		{
			name: "6 memory per idle conversation, memory store", unit: heapBytes,
			limit: limit{amountAtMost, 300}, allocs: noAllocLimit,
			samples: func(int) ([]sample, error) { return idleInMemory(s.idle) },
		},
		{
			name: "6 memory per idle conversation, SQLite", unit: heapBytes,
			// Nothing is kept; but the heap as a whole moves by some kilobytes.
			limit: limit{amountAtMost, 4}, allocs: noAllocLimit,
			samples: func(int) ([]sample, error) { return idleStored(s.dir, s.idle/10) },
		},
	}
}

func idleInMemory(n int) ([]sample, error) {
	client, err := escalation.New(memstore.New(nil), answers{}, quietly(nil))
	if err != nil {
		return nil, err
	}
	return idle(client, n)
}

func idleStored(dir string, n int) (samples []sample, err error) {
	d, err := newDatabase(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.remove()) }()
	client, err := openDurable(d.db, answers{}, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, client.store.Close()) }()
	return idle(client.Client, n)
}

// idle measures by how much the heap grows with n more idle conversations, and closes the client.
func idle(client *escalation.Client, n int) ([]sample, error) {
	if err := converse(client, 0, n/10); err != nil { // fills the pools and caches of whatever is used
		return nil, errors.Join(err, client.Close(context.Background()))
	}
	before := quietHeap()
	if err := converse(client, n/10, n); err != nil {
		return nil, errors.Join(err, client.Close(context.Background()))
	}
	after := quietHeap()
	return []sample{{ours: (after - before) / float64(n)}}, client.Close(context.Background())
}

// converse leads n conversations to where the agent is connected and has sent some messages. It returns once all is
// acknowledged.
func converse(client *escalation.Client, first, n int) error {
	const atOnce = durableConversations
	var next atomic.Int64
	one := func() error {
		ctx := context.Background()
		conv := client.Conversation(fmt.Sprintf("%09d", first+int(next.Add(1))))
		if err := connect(ctx, conv); err != nil {
			return err
		}
		for range idleMessages {
			if _, err := conv.Send(ctx, events.Message{Text: shortText}); err != nil {
				return err
			}
		}
		return nil
	}
	var calls []func() error
	for range atOnce {
		calls = append(calls, one)
	}
	return share(n, calls)
}

// quietHeap is the live heap when nothing goes on any more: the least of some readings, over the time in which goroutines
// that have nothing to do leave.
func quietHeap() float64 {
	least := liveHeap()
	for range 3 {
		time.Sleep(100 * time.Millisecond)
		least = min(least, liveHeap())
	}
	return least
}

// liveHeap is what the heap holds after the garbage was collected.
func liveHeap() float64 {
	runtime.GC()
	runtime.GC() // pools give up what they hold at the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
