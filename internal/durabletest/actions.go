package durabletest

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/internal/oracle"
)

// actions are what a step of the machine may be.
func (w *world) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"": w.after, "burst": w.burst, "burst again": w.burst, "burst in bad weather": w.kicked, "burst on a bad disk": w.burstOnBadDisk, "send on a bad disk": w.sendOnBadDisk, "send again on a bad disk": w.sendOnBadDisk, "goes lost": w.goesLost, "goes lost again": w.goesLost,
		"send": w.sends, "wait": w.waits,
		"crowd": w.crowd, "webhooks": w.webhooks, "weather": w.weather, "time passes": w.sleep, "more time passes": w.sleep,
		"key": w.key, "host": w.host, "repair": w.repairs, "store": w.disturb, "restart": w.restart, "kill": w.kill,
	}
}

// after checks, and starts a new process where the last one died.
func (w *world) after(t *rapid.T) {
	w.quiet()
	w.mu.Lock()
	dead := w.process.dead
	w.mu.Unlock()
	if dead {
		w.process.end(t, 0)
		time.Sleep(rapid.SampledFrom([]time.Duration{0, 100 * time.Millisecond, 3 * time.Second, 3 * time.Minute}).Draw(t, "down"))
		w.start(t, false)
	}
	w.look(t)
}

// account draws a conversation; the first is the busiest.
func (w *world) account(t *rapid.T) *account {
	return w.convs[rapid.SampledFrom([]int{0, 0, 0, 0, 1, 2}).Draw(t, "conversation")]
}

// kinds draws a kind of event, mostly one that is allowed.
func (w *world) kind(t *rapid.T, h oracle.History) events.Kind {
	var allowed []events.Kind
	for _, k := range events.OutboundKinds().Kinds() {
		if h.Allows(k) {
			allowed = append(allowed, k)
		}
	}
	if len(allowed) == 0 || rapid.IntRange(0, 7).Draw(t, "any kind") == 0 {
		allowed = events.OutboundKinds().Kinds()
	}
	if h.Allows(events.KindMessage) {
		allowed = append(allowed, events.KindMessage, events.KindMessage)
	}
	return rapid.SampledFrom(allowed).Draw(t, "kind")
}

// event makes an event with a body of its own.
func (w *world) event(_ *rapid.T, k events.Kind) events.Outbound {
	w.serial++
	text := fmt.Sprint(w.serial)
	switch k {
	case events.KindEscalationQueueUpdate:
		return events.EscalationQueueUpdate{QueuePosition: "1", WaitingTime: text}
	case events.KindEscalationSuccess:
		return events.EscalationSuccess{Agent: "agent " + text}
	case events.KindMessage:
		return events.Message{Text: "text " + text}
	case events.KindEscalationFailed:
		return events.EscalationFailed{}
	}
	return events.AgentDisconnect{}
}

// wish draws a call.
func (w *world) wish(t *rapid.T, a *account) wish {
	x := wish{patience: rapid.SampledFrom([]time.Duration{0, 0, 0, 0, time.Nanosecond, 2 * time.Millisecond}).Draw(t, "patience")}
	known := sortedKeys(a.keys)
	switch what := rapid.IntRange(0, 9).Draw(t, "key"); {
	case what < 2:
		w.serial++
		x.key = fmt.Sprint("key ", w.serial)
	case what == 2 && len(known) > 0: // a repeat
		x.key = rapid.SampledFrom(known).Draw(t, "known key")
		x.event = a.keys[x.key].event
	case what == 3 && len(known) > 0: // a mistake
		x.key = rapid.SampledFrom(known).Draw(t, "known key")
	}
	if x.event == nil {
		x.event = w.event(t, w.kind(t, a.accepted))
	}
	if rapid.IntRange(0, 4).Draw(t, "for a round") == 0 {
		x.round = max(1, a.round+rapid.IntRange(-1, 1).Draw(t, "round"))
	}
	return x
}

// dead reports whether nobody is there to call.
func (w *world) gone() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.process.dead
}

// burst accepts events one right after the other.
func (w *world) burst(t *rapid.T) {
	a := w.account(t)
	if a.round > 0 && !a.acked.Live() && rapid.IntRange(0, 2).Draw(t, "open first") > 0 {
		w.webhook(t, a, visit{opens: true, patience: time.Minute})
		w.look(t)
	}
	for range rapid.IntRange(1, 5).Draw(t, "events") {
		if w.gone() {
			return
		}
		before := a.last
		w.accept(t, a, w.wish(t, a))
		if a.last > before && rapid.Bool().Draw(t, "wait for it") {
			w.wait(a, a.last, 0)
		}
		w.mu.Lock()
		unsure := a.unsure
		w.mu.Unlock()
		if unsure {
			w.look(t)
		}
	}
}

// kicked lets the weather strike the very events of a burst.
func (w *world) kicked(t *rapid.T) {
	w.weather(t)
	w.burst(t)
}

// burstOnBadDisk lets the store fail, or the process die, in the middle of a burst.
func (w *world) burstOnBadDisk(t *rapid.T) {
	w.disturb(t)
	w.burst(t)
}

// sendOnBadDisk does so while somebody waits.
func (w *world) sendOnBadDisk(t *rapid.T) {
	w.disturb(t)
	w.sends(t)
}

// goesLost brings about what is rare by itself: an event that others count on may have arrived, its conversation is parked,
// somebody decides, and perhaps the visitor asks for an agent again.
func (w *world) goesLost(t *rapid.T) {
	a := w.account(t)
	var kinds []events.Kind
	for _, k := range events.OutboundKinds().Kinds() {
		if a.accepted.Allows(k) && k != events.KindEscalationQueueUpdate {
			kinds = append(kinds, k)
		}
	}
	if len(kinds) == 0 {
		return // there is no round; not Skip: rapid takes a hundred skips in a row for a failure, and a fuzzer finds them
	}
	kind := rapid.SampledFrom(kinds).Draw(t, "kind that goes lost")
	lost := rapid.SampledFrom(fates[5:10]).Draw(t, "how it goes lost")
	then := rapid.SampledFrom(fates).Draw(t, "then")
	w.mu.Lock()
	a.fates = []fate{lost, fates[3]}
	if kind == events.KindMessage {
		a.fates = []fate{lost, lost, lost}
	}
	w.mu.Unlock()
	w.accept(t, a, wish{event: w.event(t, kind)})
	for range 2 {
		if k := events.KindMessage; kind == events.KindEscalationSuccess && a.accepted.Allows(k) && !w.gone() {
			w.accept(t, a, wish{event: w.event(t, k)})
		}
	}
	time.Sleep(rapid.SampledFrom([]time.Duration{time.Second, 50 * time.Second, 2 * time.Minute}).Draw(t, "time"))
	w.after(t)
	w.mu.Lock()
	a.fates = []fate{then}
	w.mu.Unlock()
	w.repair(t, a)
	w.after(t)
	if rapid.Bool().Draw(t, "the visitor asks again") {
		w.webhook(t, a, visit{opens: true, patience: time.Minute})
	}
}

// sends waits for what it sends, for a while.
func (w *world) sends(t *rapid.T) {
	a := w.account(t)
	x := w.wish(t, a)
	if x.key != "" && a.keys[x.key] == nil {
		x.key = "" // whether it was repeated is not told
	}
	x.send = true
	x.patience = rapid.SampledFrom([]time.Duration{time.Millisecond, 2 * time.Second, time.Minute}).Draw(t, "patience to send")
	w.accept(t, a, x)
}

func (w *world) waits(t *rapid.T) {
	a := w.account(t)
	if a.last == 0 {
		return // there is no event
	}
	number := uint64(rapid.IntRange(max(1, int(a.last)-3), int(a.last)).Draw(t, "number"))
	w.wait(a, number, rapid.SampledFrom([]time.Duration{0, 0, 10 * time.Second}).Draw(t, "patience to wait"))
}

// crowd makes calls side by side. Nobody can predict their answers, but unless the visitor leaves, the events
// have to be allowed in the order of their numbers.
func (w *world) crowd(t *rapid.T) {
	a := w.account(t)
	before, first, round := a.accepted, len(a.Calls), a.round
	var all []wish
	for range rapid.IntRange(2, 4).Draw(t, "callers") {
		x := w.wish(t, a)
		x.key, x.round, x.event = "", 0, w.event(t, x.event.Kind()) // not that of a key: who asked for what is told by the body
		all = append(all, x)
	}
	leaves := rapid.IntRange(0, 3).Draw(t, "the visitor leaves") == 0
	w.mu.Lock()
	a.unsure = true
	w.mu.Unlock()
	var group sync.WaitGroup
	for _, x := range all {
		w.aside(&group, func(t tb) { w.accept(t, a, x) })
	}
	if leaves {
		w.aside(&group, func(t tb) { w.webhook(t, a, visit{event: events.WidgetEndSession{}, patience: time.Minute}) })
	}
	group.Wait()
	w.quiet()
	w.mu.Lock()
	defer w.mu.Unlock()
	a.unsure = true
	if !w.process.dead && !leaves && round > 0 {
		a.inSomeOrder(t, before, a.Calls[first:])
	}
}

// inSomeOrder judges the answers of calls that were made side by side.
func (a *account) inSomeOrder(t *rapid.T, h oracle.History, calls []invariant.Call) {
	var granted []invariant.Call
	for _, c := range calls {
		switch {
		case c.Answer == invariant.Unanswered:
			return
		case c.Answer == invariant.Granted:
			granted = append(granted, c)
		}
	}
	slices.SortFunc(granted, func(x, y invariant.Call) int { return cmp.Compare(x.Number, y.Number) })
	for _, c := range granted {
		if !h.Take(c.Kind) {
			t.Fatalf("%v was granted as event %d, after %q", c.Kind, c.Number, h.Word())
		}
	}
}

// webhooks lets the visitor do some things.
func (w *world) webhooks(t *rapid.T) {
	a := w.account(t)
	for range rapid.IntRange(1, 3).Draw(t, "webhooks") {
		if w.gone() {
			return
		}
		v := visit{patience: rapid.SampledFrom([]time.Duration{time.Nanosecond, time.Millisecond, time.Minute}).Draw(t, "patience")}
		w.serial++
		switch what := rapid.IntRange(0, 9).Draw(t, "what"); {
		case what < 3:
			v.event = events.WidgetMessage{Text: fmt.Sprint("visitor ", w.serial)}
		case what < 5:
			v.event, v.opens = events.WidgetEscalate{}, true
		case what < 7:
			v.event = events.WidgetEndSession{}
		case len(a.sent) > 0:
			old := rapid.SampledFrom(a.sent).Draw(t, "again")
			v.event, v.id = old.event, old.id
			_, v.opens = v.event.(events.WidgetEscalate)
		default:
			v.event = events.WidgetMessage{Text: fmt.Sprint("visitor ", w.serial)}
		}
		_, message := v.event.(events.WidgetMessage)
		if v.id == "" && rapid.Bool().Draw(t, "delivery id") {
			v.id = fmt.Sprint("delivery ", w.serial)
		} else if v.id == "" && !message {
			v.handle = rapid.Bool().Draw(t, "by a handle")
		}
		if !v.handle {
			a.sent = append(a.sent, sentHook{v.event, v.id})
		}
		w.webhook(t, a, v)
		w.look(t)
	}
}

// weather draws what happens to the next attempts of a conversation.
func (w *world) weather(t *rapid.T) {
	a := w.account(t)
	all := rapid.SliceOfN(rapid.SampledFrom(fates), 1, 6).Draw(t, "weather")
	w.mu.Lock()
	defer w.mu.Unlock()
	a.fates = all
}

func (w *world) sleep(t *rapid.T) {
	time.Sleep(rapid.SampledFrom([]time.Duration{
		time.Millisecond, 250 * time.Millisecond, time.Second, 4 * time.Second, 5 * time.Second, 12 * time.Second, 30 * time.Second,
		70 * time.Second, 3 * time.Minute, 11 * time.Minute, 31 * time.Minute,
	}).Draw(t, "time"))
}

// key takes the key of a bot away, or gives it a new one.
func (w *world) key(t *rapid.T) {
	bot := w.account(t).Key.Bot
	w.mu.Lock()
	w.badKey[bot] = !w.badKey[bot]
	good := !w.badKey[bot]
	w.mu.Unlock()
	if good && rapid.Bool().Draw(t, "resume") {
		w.process.client.Bot(bot).Resume()
	}
}

// host draws what the host does with what it is offered.
func (w *world) host(t *rapid.T) {
	a := w.account(t)
	all := rapid.SliceOfN(rapid.SampledFrom([]offer{takes, takesSlowly, refusesIt, refusesIt, refusesSlowly, panics, diesOver}), 1, 3).Draw(t, "host")
	w.mu.Lock()
	defer w.mu.Unlock()
	a.offers = all
}

func (w *world) repairs(t *rapid.T) {
	var parked []*account
	for _, a := range w.convs {
		if a.read().Conversation.Lane.Parked() {
			parked = append(parked, a)
		}
	}
	if len(parked) == 0 {
		parked = w.convs[:1]
	}
	w.repair(t, rapid.SampledFrom(parked).Draw(t, "parked"))
}

// disturb lets the store do something else than it should at one of its next calls.
func (w *world) disturb(t *rapid.T) {
	script := make([]mishap, rapid.IntRange(0, 6).Draw(t, "calls before"))
	m := rapid.SampledFrom([]mishap{fails, fails, answerLost, ruins, ruinsAfter, dies, dies, diesAfter, diesAfter}).Draw(t, "mishap")
	script = append(script, m)
	if m == fails || m == answerLost {
		for range rapid.IntRange(0, 3).Draw(t, "more") {
			script = append(script, m)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.process.script = script
}

// restart closes the client and starts another one.
func (w *world) restart(t *rapid.T) {
	w.process.end(t, rapid.SampledFrom([]time.Duration{0, time.Second, time.Minute}).Draw(t, "patience to close"))
	time.Sleep(rapid.SampledFrom([]time.Duration{0, time.Second, time.Minute}).Draw(t, "pause"))
	w.start(t, false)
}

// kill ends the process at once.
func (w *world) kill(*rapid.T) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.process.die()
}
