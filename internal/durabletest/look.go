package durabletest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/internal/oracle"
	"github.com/escalationkit/escalation/store"
)

// look waits until nothing more happens at this instant, reads everything, and holds it against the model.
func (w *world) look(t *rapid.T) {
	w.quiet()
	p := w.process
	parked, err := p.raw.Parked(context.Background(), store.Key{}, store.NoLimit)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range w.convs {
		w.read(t, a, parked)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken != "" {
		t.Fatal(w.broken)
	}
	for _, a := range w.convs {
		w.judgeAnswers(t, a)
	}
	w.judgeProgress(t)
	for waits := range w.waiting {
		w.judgeWaiter(t, waits)
	}
}

// read reads one conversation.
func (w *world) read(t *rapid.T, a *account, parked []store.Key) {
	p, ctx := w.process, context.Background()
	snap, err := p.raw.Load(ctx, a.Key, store.Query{})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := p.raw.History(ctx, a.Key, 0, store.NoLimit)
	if err != nil {
		t.Fatal(err)
	}
	r := invariant.Read{Conversation: snap.Conversation, Entries: entries, Untaken: snap.Inbox}
	for _, k := range parked {
		r.Parked = r.Parked || k == a.Key
	}
	w.mu.Lock()
	r.Arrived = len(a.Trace)
	byBody := map[store.Digest]events.Outbound{}
	for _, c := range a.Calls {
		req, _, err := events.DecodeRequest(c.Body)
		if err != nil {
			t.Fatal(err)
		}
		byBody[digest(c.Body)] = req.Event
	}
	a.model(&r, byBody)
	for ; a.turned < r.Conversation.Lane.Round; a.turned++ {
		a.turn(invariant.Turn{After: a.arrived, Round: a.turned + 1})
		if a.turned == 0 && w.ImplicitOpen { // an event stood for the visitor's widgetEscalate
			a.Webhooks = append(a.Webhooks, invariant.Webhook{Kind: events.KindWidgetEscalate})
		}
	}
	a.arrived = r.Arrived
	if a.read().Conversation.Revision != r.Conversation.Revision || len(a.Reads) < 2 {
		a.Reads = append(a.Reads, r)
	} else {
		a.Reads[len(a.Reads)-1] = r
	}
	a.unsure = false
	faults, dead := p.faults, p.dead
	w.mu.Unlock()
	w.judgeResults(t, a)
	if dead {
		return
	}
	st, err := p.conversation(a).Status(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case p.dead || p.faults > faults:
	case err != nil:
		t.Fatalf("Status: %v", err)
	default:
		a.judgeStatus(t, st, w.ImplicitOpen)
	}
}

// turn puts a turn in its place.
func (a *account) turn(n invariant.Turn) {
	i := len(a.Turns)
	for i > 0 && a.Turns[i-1].After > n.After {
		i--
	}
	a.Turns = append(a.Turns[:i:i], append([]invariant.Turn{n}, a.Turns[i:]...)...)
}

// judgeStatus holds what the client says of a conversation against the model; the mutex is held.
func (a *account) judgeStatus(t *rapid.T, st escalation.Status, implicit bool) {
	r := a.read()
	want := escalation.Status{
		State: st.State, Accepted: st.Accepted, Round: a.round, Allowed: st.Allowed,
		Pending: len(r.Entries) - resolvedOf(r), Last: uint64(len(r.Entries)),
		Park: r.Conversation.Lane.Park, Broken: r.Conversation.Lane.Broken, Inbox: int(r.Conversation.Inbox.Last - a.took),
	}
	if n := len(r.Untaken); n != want.Inbox {
		want.Inbox = n // the host took one that could not be recorded
	}
	if st != want || st.State.String() != a.acked.State() || st.Accepted.String() != a.accepted.State() {
		t.Fatalf("%v: status %+v\nthe model says %s, accepted %s, %+v", a.Key, st, a.acked.State(), a.accepted.State(), want)
	}
	accepted := a.accepted
	if implicit && a.round == 0 {
		accepted = oracle.Pending()
	}
	for _, k := range events.OutboundKinds().Kinds() {
		if st.Allowed.Has(k) != accepted.Allows(k) {
			t.Fatalf("%v allowed: %v; after %q the protocol says otherwise", k, st.Allowed.Has(k), accepted.Word())
		}
	}
}

func resolvedOf(r *invariant.Read) (n int) {
	for _, e := range r.Entries {
		if e.Outcome.Result != 0 {
			n++
		}
	}
	return n
}

// judgeProgress: what can be sent is under way, unless a gate may be closed, or not long ago; the mutex is held.
func (w *world) judgeProgress(t *rapid.T) {
	const soon = 40 * time.Second // longer than any gate waits for its next probe
	p := w.process
	if p.dead || p.faults > 0 || !p.started || time.Since(w.worse) < soon || w.MaxAttempts > 0 && w.under >= w.MaxAttempts {
		return
	}
	for _, a := range w.convs {
		l := &a.read().Conversation.Lane
		if len(l.Pending) > 0 && !l.Parked() && a.under == 0 && !w.badKey[a.Key.Bot] && time.Since(l.NotBefore) > time.Second {
			t.Fatalf("%v: nothing stands in the way of event %d, and it is not sent", a.Key, l.Pending[0].Number)
		}
	}
}

// judgeAnswers: an acknowledgement that a process lived to record is in the record, even if the store failed for a while; the
// mutex is held.
func (w *world) judgeAnswers(t *rapid.T, a *account) {
	const soon = 10 * time.Second
	p := w.process
	numbers := map[string]uint64{} // of the events with a body of their own
	for _, c := range a.Calls {
		if c.Answer == invariant.Granted && c.Kind != events.KindEscalationFailed && c.Kind != events.KindAgentDisconnect {
			numbers[string(c.Body)] = c.Number
		}
	}
	a.answers = slices.DeleteFunc(a.answers, func(r answer) bool {
		switch n := numbers[r.body]; {
		case r.p != p || p.dead || p.ruined:
			return true
		case time.Since(r.at) < soon || time.Since(p.faultAt) < soon:
			return false
		case n > 0 && a.read().Entries[n-1].Outcome.Result != store.Acknowledged && p.lost == 0:
			t.Fatalf("%v: event %d was acknowledged and is recorded as %+v", a.Key, n, a.read().Entries[n-1])
		}
		return true
	})
}

// judgeWaiter: whoever waits for an event waits for one that is still to come. After a fault of the store that may
// come out later; the mutex is held.
func (w *world) judgeWaiter(t *rapid.T, me *waiter) {
	if w.process.faults > 0 || w.process.dead || me.a.read().Conversation.Revision == 0 {
		return
	}
	l := &me.a.read().Conversation.Lane
	for _, e := range l.Pending {
		if e.Number == me.number && !l.Parked() {
			return
		}
	}
	t.Fatalf("somebody still waits for event %d, which is resolved or parked", me.number)
}

// ages are how old an event may become, and unknowns how many attempts may end unknown; see
// docs/how-delivery-works.md.
var ages = map[events.Kind]time.Duration{
	events.KindMessage: 10 * time.Minute, events.KindEscalationQueueUpdate: time.Minute, events.KindEscalationSuccess: 30 * time.Minute,
	events.KindEscalationFailed: 30 * time.Minute, events.KindAgentDisconnect: 30 * time.Minute,
}

func (w *world) unknowns(k events.Kind) int {
	switch {
	case k == events.KindMessage && w.HoldMessages:
		return 1
	case k == events.KindMessage:
		return 3
	case k == events.KindEscalationQueueUpdate:
		return 2
	}
	return 1 << 30
}

// judgeResults judges the results that are new, and where the conversation stands.
func (w *world) judgeResults(t *rapid.T, a *account) {
	r := a.read()
	l := &r.Conversation.Lane
	for i := range r.Entries {
		e := &r.Entries[i]
		if e.Outcome.Result == 0 || a.resolved[e.Number] {
			continue
		}
		a.resolved[e.Number] = true
		if why := w.unlikely(a, r.Entries, e); why != "" {
			t.Fatalf("%v: %v %d is %v: %s\n%+v", a.Key, e.Kind, e.Number, e.Outcome.Result, why, *e)
		}
	}
	if len(l.Pending) == 0 {
		return
	}
	head := l.Pending[0]
	e := &r.Entries[head.Number-1]
	old := w.aged(a, e, time.Now()) > ages[head.Kind]
	legal := fold(r, l.Round, true)
	vital := head.Kind != events.KindMessage && head.Kind != events.KindEscalationQueueUpdate
	ok := true
	switch l.Park.Reason {
	case 0:
		ok = head.Spent < w.unknowns(head.Kind)
	case store.HeadRejected:
		ok = vital || head.Kind == events.KindMessage && w.HaltOnRejected
	case store.HeadUnknown:
		ok = head.Kind == events.KindMessage && head.Spent >= w.unknowns(head.Kind)
	case store.HeadTooOld:
		ok = vital && old
	case store.HeadStranded:
		ok = !legal.Allows(head.Kind)
	}
	if !ok {
		t.Fatalf("%v stands at %+v, accepted %v, park %+v, after %q; its bot was paused: %v\n%s", a.Key, head, e.AcceptedAt, l.Park, legal.Word(),
			w.refused[a.Key.Bot], a.story())
	}
}

// unlikely says why a result cannot be.
func (w *world) unlikely(a *account, all []store.Entry, e *store.Entry) string {
	over := e.Round != a.round || a.cut || a.acked.State() == "ended" || a.acked.State() == "failed"
	light := e.Kind == events.KindEscalationQueueUpdate || e.Kind == events.KindMessage && !w.HaltOnRejected
	age := w.aged(a, e, e.Outcome.At)
	switch e.Outcome.Result {
	case store.Rejected:
		if !light && !over {
			return "the conversation has to be parked"
		}
	case store.Superseded:
		if i := int(e.Number); i >= len(all) || all[i].Kind != e.Kind || e.Outcome.Cause != e.Number+1 {
			return "no newer update is right behind it"
		}
	case store.Expired:
		patient := e.Kind == events.KindEscalationQueueUpdate && e.Unknown >= 2 || age > ages[e.Kind]
		if !patient || e.Kind != events.KindEscalationQueueUpdate && e.Kind != events.KindMessage {
			return fmt.Sprintf("after %v", age)
		}
	case store.Cancelled:
		if !over {
			return "its round goes on"
		}
	case store.Skipped:
		if len(e.Repairs) == 0 {
			return "nobody said so"
		}
	}
	return ""
}

// aged is how old an event is at an instant, less the time for which its bot was paused and it was not parked.
func (w *world) aged(a *account, e *store.Entry, at time.Time) time.Duration {
	from := since(e)
	return at.Sub(from) - w.paused(a, from, at)
}

// since is when an event began to age.
func since(e *store.Entry) time.Time {
	if n := len(e.Repairs); n > 0 {
		return e.Repairs[n-1].At
	}
	return e.AcceptedAt
}
