package crash_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
)

// enough is how many events may wait in a conversation before its caller lets them drain.
const enough = 10

// traffic uses all conversations at once, each from a goroutine of its own, until the process is killed or its time is over.
func (s *subject) traffic() error {
	if err := s.repeat(); err != nil {
		return err
	}
	busy := s.ctx
	if s.For > 0 {
		ctx, cancel := context.WithCancel(s.ctx)
		defer cancel()
		busy = ctx
		go s.sampling(ctx, cancel)
	}
	problems := make(chan error, s.Conversations)
	var all sync.WaitGroup
	for i := range s.Conversations {
		all.Go(func() {
			d := &caller{subject: s, conv: s.client.Conversation(conversationID(i))}
			d.rng = rand.New(rand.NewPCG(s.Seed, uint64(s.Generation)<<16|uint64(i)+1))
			problems <- d.drive(busy)
		})
	}
	all.Wait()
	close(problems)
	for err := range problems {
		if err != nil {
			return err
		}
	}
	return nil
}

// caller is the host's side of one conversation.
type caller struct {
	*subject
	conv *escalation.Conversation
	rng  *rand.Rand
	n    int
}

func (d *caller) drive(busy context.Context) error {
	for busy.Err() == nil {
		st, err := d.conv.Status(d.ctx)
		if err == nil {
			err = d.act(st)
		}
		if err != nil {
			return err // nothing is wrong with the disk: the store must not fail
		}
		if d.Pace > 0 {
			select {
			case <-busy.Done():
			case <-time.After(time.Duration(d.rng.Int64N(int64(2 * d.Pace)))):
			}
		}
	}
	return nil
}

// act does one thing. Its error is one that must not be.
func (d *caller) act(st escalation.Status) error {
	switch {
	case st.Park.Reason != 0 && d.rng.IntN(4) > 0:
		d.mend(st)
		return nil
	case st.Pending >= enough:
		d.wait(d.conv, st.Last-uint64(d.rng.IntN(st.Pending)), 60*time.Millisecond)
		return nil
	case !st.State.Live() || d.rng.IntN(60) == 0:
		return d.receive(d.conv, events.WidgetEscalate{EscalateTo: d.text("target")}, d.name("hook"), st.Round+1)
	case d.rng.IntN(50) == 0:
		return d.receive(d.conv, events.WidgetEndSession{}, d.name("hook"), st.Round)
	case d.rng.IntN(6) == 0:
		return d.receive(d.conv, events.WidgetMessage{Text: d.text("visitor")}, d.name("hook"), st.Round)
	case !st.Accepted.Live():
		d.wait(d.conv, st.Last, 60*time.Millisecond) // the end of the round is on its way
		return nil
	}
	return d.burst(st)
}

// burst accepts some events in a row, or side by side.
func (d *caller) burst(st escalation.Status) error {
	n := 1 + d.rng.IntN(6)
	if d.rng.IntN(3) == 0 && st.Allowed.Has(events.KindMessage) {
		keys := make([]string, n)
		texts := make([]events.Message, n)
		for i := range keys {
			keys[i], texts[i] = d.key(), events.Message{Text: d.text("agent")}
		}
		errs := make([]error, n)
		var all sync.WaitGroup
		for i := range n {
			all.Go(func() { _, errs[i] = d.accept(d.conv, texts[i], keys[i], 0) })
		}
		all.Wait()
		for _, err := range errs {
			if err != nil && unanswered(err) {
				return err
			}
		}
		return nil
	}
	for range n {
		now, err := d.conv.Status(d.ctx)
		if err != nil {
			return err
		}
		e := d.event(now)
		if e == nil {
			return nil
		}
		round := 0
		if d.rng.IntN(2) == 0 {
			round = now.Round
		}
		key := d.key()
		r, err := d.accept(d.conv, e, key, round)
		if err != nil && unanswered(err) {
			return err
		}
		if err != nil {
			return nil
		}
		if err := d.ask(e, key, r); err != nil {
			return err
		}
	}
	return nil
}

// ask calls again under the same key, with the same event and with another.
func (d *caller) ask(e events.Outbound, key string, r escalation.Receipt) error {
	if key == "" || d.rng.IntN(8) > 0 {
		return nil
	}
	again, err := d.accept(d.conv, e, key, r.Round)
	if err != nil || again.Number != r.Number || !again.Repeated {
		return fmt.Errorf("called again under its key, event %d got %+v, %w", r.Number, again, err)
	}
	if _, err := d.accept(d.conv, events.Message{Text: d.text("other")}, key, 0); err == nil {
		return fmt.Errorf("under the key of event %d another event was accepted", r.Number)
	}
	return nil
}

// event makes an event that is allowed, mostly one that goes on with the conversation.
func (d *caller) event(st escalation.Status) events.Outbound {
	weights := []struct {
		kind   events.Kind
		weight int
		event  func() events.Outbound
	}{
		{events.KindEscalationQueueUpdate, 4, func() events.Outbound {
			return events.EscalationQueueUpdate{WaitingTime: strconv.Itoa(d.Generation*100_000 + d.count())}
		}},
		{events.KindEscalationSuccess, 4, func() events.Outbound { return events.EscalationSuccess{Agent: d.text("name")} }},
		{events.KindMessage, 30, func() events.Outbound { return events.Message{Text: d.text("agent")} }},
		{events.KindEscalationFailed, 1, func() events.Outbound { return events.EscalationFailed{} }},
		{events.KindAgentDisconnect, 1, func() events.Outbound { return events.AgentDisconnect{} }},
	}
	sum := 0
	for _, w := range weights {
		if st.Allowed.Has(w.kind) {
			sum += w.weight
		}
	}
	if sum == 0 {
		return nil
	}
	at := d.rng.IntN(sum)
	for _, w := range weights {
		if !st.Allowed.Has(w.kind) {
			continue
		}
		if at -= w.weight; at < 0 {
			return w.event()
		}
	}
	return nil
}

// mend decides about a parked conversation, mostly so that it goes on.
func (d *caller) mend(st escalation.Status) {
	entries, err := d.conv.History(d.ctx, st.Park.Number-1, 1)
	if err != nil || len(entries) == 0 {
		return
	}
	r := escalation.Repair{Number: st.Park.Number}
	switch d.rng.IntN(8) {
	case 0:
		r.Verb = escalation.Abort
	case 1:
		r.Verb = escalation.MarkAcknowledged
	case 2, 3:
		r.Verb = escalation.Skip
	case 4:
		if entries[0].Kind == events.KindMessage {
			r.Verb, r.Event = escalation.Replace, events.Message{Text: d.text("replaced")}
			break
		}
		fallthrough
	default:
		r.Verb = escalation.Retry
	}
	if st.Park.Reason == store.HeadStranded && r.Verb != escalation.Abort {
		r.Verb, r.Event = escalation.Skip, nil
	}
	d.repair(d.conv, r, st.Round)
}

func (d *caller) count() int {
	d.n++
	return d.n
}

// name is unique in the conversation.
func (d *caller) name(of string) string {
	return fmt.Sprintf("%s-%d-%d", of, d.Generation, d.count())
}

// text is unique in the conversation, and must never be logged.
func (d *caller) text(of string) string { return markText + " " + d.name(of) }

// key names most events.
func (d *caller) key() string {
	if d.rng.IntN(4) == 0 {
		return ""
	}
	return d.name("key")
}
