package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport"
)

const (
	stuckTimeout  = 30 * time.Second
	stuckOthers   = 16   // conversations beside the stuck one
	stuckSends    = 4000 // of them all in a round
	stuckAccepted = 100  // events of the stuck one that wait
)

// stuckRows is row 8: how long Send takes in the slowest hundredth of cases, while another conversation waits for an
// answer that does not come and more of its events wait behind, against the same without that conversation.
func stuckRows() []row {
	return []row{{
		name: "8 send, 99th percentile beside a stuck conversation vs without it", unit: nanoseconds,
		limit: limit{costAtMost, 1.05}, allocs: noAllocLimit, samples: stuckSamples,
	}}
}

func stuckSamples(rounds int) (samples []sample, err error) {
	with, err := openCrowd()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, with.close()) }()
	without, err := openCrowd()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, without.close()) }()
	if err := with.stick(); err != nil {
		return nil, err
	}
	for _, c := range []*crowd{with, without} { // warm up
		if _, err := c.percentile(); err != nil {
			return nil, err
		}
	}
	for round := range rounds {
		var s sample
		var oursErr, peerErr error
		if round%2 == 0 {
			s.ours, oursErr = with.percentile()
			s.peer, peerErr = without.percentile()
		} else {
			s.peer, peerErr = without.percentile()
			s.ours, oursErr = with.percentile()
		}
		if err := errors.Join(oursErr, peerErr); err != nil {
			return nil, err
		}
		samples = append(samples, s)
	}
	return samples, nil
}

// crowd is a client with some conversations that send at once. It is its own transport.
type crowd struct {
	client *escalation.Client
	stuck  chan struct{} // closed when an attempt hangs
	once   sync.Once
}

const stuckName = "stuck"

// Send answers at once, but for a message of the stuck conversation.
func (c *crowd) Send(ctx context.Context, r transport.Request) transport.Result {
	if r.ConversationID != stuckName || r.Kind != events.KindMessage {
		return answers{}.Send(ctx, r)
	}
	c.once.Do(func() { close(c.stuck) })
	timeout := time.NewTimer(stuckTimeout)
	defer timeout.Stop()
	select {
	case <-timeout.C:
		return transport.Result{Err: context.DeadlineExceeded}
	case <-ctx.Done():
		return transport.Result{Err: ctx.Err()}
	}
}

func openCrowd() (*crowd, error) {
	c := &crowd{stuck: make(chan struct{})}
	var err error
	if c.client, err = escalation.New(memstore.New(nil), c, quietly(nil)); err != nil {
		return nil, err
	}
	for i := range stuckOthers {
		if err := connect(context.Background(), c.client.Conversation(name(i))); err != nil {
			return nil, errors.Join(err, c.close())
		}
	}
	return c, nil
}

func (c *crowd) close() error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var cut *escalation.CloseError
	if err := c.client.Close(ctx); err != nil && !errors.As(err, &cut) {
		return err
	}
	return nil
}

// stick gets the stuck conversation to where its first message waits for an answer, and others for it.
func (c *crowd) stick() error {
	ctx, conv := context.Background(), c.client.Conversation(stuckName)
	if err := connect(ctx, conv); err != nil {
		return err
	}
	for range stuckAccepted {
		if _, err := conv.Accept(ctx, events.Message{Text: shortText}); err != nil {
			return err
		}
	}
	<-c.stuck
	return nil
}

// percentile has the others send and returns how many nanoseconds the slowest hundredth of the calls took at least.
func (c *crowd) percentile() (float64, error) {
	runtime.GC()
	var message events.Outbound = events.Message{Text: shortText}
	took := make([][]float64, stuckOthers)
	var calls []func() error
	for i := range stuckOthers {
		conv := c.client.Conversation(name(i))
		took[i] = make([]float64, 0, stuckSends)
		calls = append(calls, func() error {
			began := time.Now()
			_, err := conv.Send(context.Background(), message)
			took[i] = append(took[i], float64(time.Since(began)))
			return err
		})
	}
	if err := share(stuckSends, calls); err != nil {
		return 0, fmt.Errorf("send: %w", err)
	}
	return quantile(slices.Concat(took...), 0.99), nil
}
