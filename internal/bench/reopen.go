package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/transport"
)

const (
	// leastStored is how few conversations row 7 makes sense with.
	leastStored = 1000
	// storedStride: every tenth conversation has an event to send.
	storedStride = 10
	// reopenAttempts is how many attempts may be under way in row 7.
	reopenAttempts = 64
	// reopenRounds is how often row 7 reopens at most. The disk's cache is warm after the first.
	reopenRounds = 3
)

// reopenRows is row 7: a process starts with what another one left. All that waits to be sent is held until the process finds
// out that it may, which is the most work that there can be before the first attempt.
func reopenRows(s settings) []row {
	size := fmt.Sprintf("%d stored, %d to send", s.stored, s.stored/storedStride)
	return []row{
		{
			name: "7 reopen, " + size + ": until the first send", unit: nanoseconds,
			limit: limit{amountAtMost, float64(2 * time.Second)}, allocs: noAllocLimit,
			samples: func(rounds int) ([]sample, error) { return reopenTimes(s, rounds) },
		},
		{
			name: "7 reopen, " + size + ": heap while sending vs few stored", unit: heapBytes,
			// The design says bounded, and no number. Were it not, the ratio would be near a hundred.
			limit: limit{costAtMost, 1.5}, allocs: noAllocLimit,
			samples: func(rounds int) ([]sample, error) { return reopenHeaps(s, rounds) },
		},
	}
}

// reopenTimes measures how long it takes from opening the store to the first call of the transport.
func reopenTimes(s settings, rounds int) (samples []sample, err error) {
	d, err := build(s.dir, s.stored, storedStride)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.remove()) }()
	for range min(rounds, reopenRounds) {
		tr := newDrain(0)
		began := time.Now()
		client, err := reopen(d, tr)
		if err != nil {
			return nil, err
		}
		<-tr.first
		took := time.Since(began)
		if err := errors.Join(closeNow(client), d.holdAgain()); err != nil {
			return nil, err
		}
		samples = append(samples, sample{ours: float64(took)})
	}
	return samples, nil
}

// holdAgain undoes what reopening did: what waits is held.
func (d *database) holdAgain() error {
	_, err := d.db.Exec("UPDATE escalation_conversation SET held = 1, due_at = NULL WHERE head IS NOT NULL")
	return err
}

// reopenHeaps measures by how much the heap grows while some of what waits is sent, with the whole database and with
// one in which hardly anything waits.
func reopenHeaps(s settings, rounds int) (samples []sample, err error) {
	rounds = min(rounds, reopenRounds)
	// What is under way when the client is closed is not sent in a later round: its outcome is unknown, and it has to wait.
	sends := min(500, s.stored/storedStride/4)
	few := (sends + reopenAttempts) * rounds
	many, err := build(s.dir, s.stored, storedStride)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, many.remove()) }()
	little, err := build(s.dir, few, 1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, little.remove()) }()
	for range rounds {
		var both sample
		for side, figure := range map[*database]*float64{many: &both.ours, little: &both.peer} {
			if *figure, err = heapOfDraining(side, sends); err != nil {
				return nil, err
			}
		}
		samples = append(samples, both)
	}
	return samples, nil
}

// heapOfDraining is the most that the heap held, above what it held before, until that many events were sent and as many as
// may be are under way.
func heapOfDraining(d *database, sends int) (float64, error) {
	before := liveHeap()
	most := before
	tr := newDrain(int64(sends))
	client, err := reopen(d, tr)
	if err != nil {
		return 0, err
	}
	for drained := false; !drained; {
		select {
		case <-tr.drained:
			drained = true
		default:
			runtime.Gosched()
		}
		most = max(most, liveHeap())
	}
	return most - before, errors.Join(closeNow(client), d.holdAgain())
}

func reopen(d *database, tr transport.Transport) (durable, error) {
	client, err := openDurable(d.db, tr, &escalation.Config{MaxAttempts: reopenAttempts})
	if err != nil {
		return durable{}, err
	}
	if err := client.Start(context.Background()); err != nil {
		return durable{}, errors.Join(err, closeNow(client))
	}
	return client, nil
}

// closeNow cuts off what is under way, as the end of a process does.
func closeNow(client durable) error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return client.close(ctx)
}

// drain is a transport that acknowledges some events at once and keeps all that come after them waiting.
type drain struct {
	sends          int64
	calls          atomic.Int64
	first, drained chan struct{} // closed at the first call, and when as many wait as may
}

func newDrain(sends int64) *drain {
	return &drain{sends: sends, first: make(chan struct{}), drained: make(chan struct{})}
}

func (d *drain) Send(ctx context.Context, r transport.Request) transport.Result {
	n := d.calls.Add(1)
	if n == 1 {
		close(d.first)
	}
	if n <= d.sends {
		return answers{}.Send(ctx, r)
	}
	if n == d.sends+reopenAttempts {
		close(d.drained)
	}
	<-ctx.Done()
	return transport.Result{Err: ctx.Err()}
}
