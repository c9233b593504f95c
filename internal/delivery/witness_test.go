package delivery_test

import (
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// witness keeps its own account of one lane.
type witness struct {
	t      *rapid.T
	table  *fsm.Table
	settle time.Duration
	now    time.Time
	kept   []store.Event // the pending events of the lane as it was given out

	last    uint64
	events  map[uint64]*watched
	state   fsm.State // what the API and the visitor have said
	round   int
	waiting uint64 // number of the attempt under way, 0 if there is none
	quiet   time.Time
	held    bool // the scope is closed as far as the lane has heard
	doubt   bool // an end of this round was given up, though it may have arrived
}

// watched is one accepted event.
type watched struct {
	kind     events.Kind
	round    int
	age      time.Duration // the time for which it could have been sent
	before   time.Duration // its age when the attempt under way began
	attempts int
	unknown  int
	spent    int
	may      bool // an attempt may begin
	result   store.Result
}

var maxAge = map[events.Kind]time.Duration{
	events.KindEscalationQueueUpdate: time.Minute, events.KindMessage: 10 * time.Minute, events.KindEscalationSuccess: 30 * time.Minute,
	events.KindEscalationFailed: 30 * time.Minute, events.KindAgentDisconnect: 30 * time.Minute,
}

func (w *witness) pass(d time.Duration) {
	w.now = w.now.Add(d)
	for _, e := range w.events {
		if !w.held {
			e.age += d
		}
	}
}

func (w *witness) accepted(l store.Lane, k events.Kind, e store.Event, err error) {
	_, illegal := w.table.Step(l.Accepted, k)
	switch {
	case (err == nil) != (illegal == nil):
		w.t.Fatalf("%v in %v: %v", k, l.Accepted, err)
	case err != nil:
		return
	}
	w.last++
	if e.Number != w.last || e.Round != w.round || e.Kind != k {
		w.t.Fatalf("D1: event %d is %+v", w.last, e)
	}
	w.events[e.Number] = &watched{kind: k, round: w.round, may: true}
}

func (w *witness) opened(before, after store.Lane) {
	if after.Round == before.Round {
		if !w.state.Live() || w.doubt {
			w.t.Fatalf("no round was opened in %v, doubtful: %v", w.state, w.doubt)
		}
		return
	}
	if w.state.Live() && !w.doubt { // only if the end may have arrived, and then all before it is settled
		head := w.events[before.Pending[0].Number]
		if head.round != w.round || head.kind != events.KindEscalationFailed && head.kind != events.KindAgentDisconnect {
			w.t.Fatalf("a live round was cut off at %+v", head)
		}
		if w.waiting == 0 && head.unknown == 0 {
			w.t.Fatalf("a live round was cut off, though its end was never attempted: %+v", head)
		}
	}
	w.round++
	w.state, w.doubt = fsm.Pending, false
	if len(after.Pending) == 0 {
		w.held = false
	}
}

func (w *witness) ended() {
	if w.state.Live() {
		w.state, w.doubt = fsm.Ended, false
		w.held = w.held && w.waiting != 0
	}
}

// asked is told before the resolutions of Next.
func (w *witness) asked(before store.Lane, gate delivery.Gate, step delivery.Step, done []store.Resolution) {
	left := len(before.Pending) - len(done)
	if w.waiting == 0 && !before.Parked() && left > 0 {
		w.held = gate == delivery.ScopeClosed || gate == delivery.ScopeProbe && step.Do == delivery.Wait
	}
	if step.Do != delivery.Send {
		if step.Do != delivery.Nothing && gate == delivery.Open && !w.now.Before(w.quiet) && w.now.Equal(step.At) {
			w.t.Fatalf("asks to be asked again at once")
		}
		return
	}
	e := w.events[step.Event.Number]
	_, illegal := w.table.Step(w.state, e.kind)
	switch {
	case gate != delivery.Open && gate != delivery.ScopeProbe:
		w.t.Fatalf("sent through gate %d", gate)
	case w.waiting != 0:
		w.t.Fatalf("D2: %d begun while %d is under way", step.Event.Number, w.waiting)
	case step.Event.Number != w.lowest(done):
		w.t.Fatalf("D2: %d begun, the head is %d", step.Event.Number, w.lowest(done))
	case w.now.Before(w.quiet):
		w.t.Fatalf("D3: %d begun %v before the settle time was over", step.Event.Number, w.quiet.Sub(w.now))
	case illegal != nil:
		w.t.Fatalf("D4: %d begun: %v", step.Event.Number, illegal)
	case e.round != w.round || !w.state.Live():
		w.t.Fatalf("D5: %d of round %d begun in round %d, %v", step.Event.Number, e.round, w.round, w.state)
	case !e.may:
		w.t.Fatalf("D7: %d begun again", step.Event.Number)
	case before.Parked():
		w.t.Fatalf("D10: %d begun in a parked lane", step.Event.Number)
	case e.age > maxAge[e.kind]:
		w.t.Fatalf("%d begun at the age of %v", step.Event.Number, e.age)
	}
	w.waiting = step.Event.Number
	e.attempts++
	e.may = false
	for _, other := range w.events {
		other.before = other.age
	}
}

// lowest is the lowest number unresolved after done.
func (w *witness) lowest(done []store.Resolution) uint64 {
	gone := map[uint64]bool{}
	for _, r := range done {
		gone[r.Event.Number] = true
	}
	for n := uint64(1); n <= w.last; n++ {
		if w.events[n].result == 0 && !gone[n] {
			return n
		}
	}
	return 0
}

func (w *witness) answered(l store.Lane, c transport.Class) {
	if w.waiting == 0 {
		return
	}
	e := w.events[w.waiting]
	w.waiting = 0
	live := e.round == w.round && w.state.Live()
	e.may = true
	switch c {
	case transport.Acknowledged:
		if live {
			w.state, _ = w.table.Step(w.state, e.kind)
		}
		e.may = false
	case transport.Rejected:
		e.may = false
	case transport.Unknown:
		e.unknown++
		e.spent++
		w.quiet = w.now.Add(w.settle)
	case transport.RefusedScope:
		for _, other := range w.events {
			other.age = other.before // the time was not theirs [D9]
		}
		w.held = len(l.Pending) > 1 || live
	}
}

// check compares the accounts between inputs.
func (w *witness) check(l store.Lane) {
	var want []uint64
	for n := uint64(1); n <= w.last; n++ {
		if w.events[n].result == 0 {
			want = append(want, n)
		}
	}
	var got []uint64
	for i, e := range l.Pending {
		got = append(got, e.Number)
		mine := w.events[e.Number]
		if e.Begun != (e.Number == w.waiting) || e.Begun && i > 0 {
			w.t.Fatalf("D2: %+v is under way, or %d is", e, w.waiting)
		}
		if e.Kind != mine.kind || e.Round != mine.round || e.Attempts != mine.attempts || e.Unknown != mine.unknown {
			w.t.Fatalf("D7: %+v is %+v", e, *mine)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Fatalf("D6: accepted is not resolved and pending: %s", diff)
	}
	if l.Last != w.last || l.Round != w.round || l.Acknowledged != w.state {
		w.t.Fatalf("D1: %+v, want %d events, round %d, %v", l, w.last, w.round, w.state)
	}
	if l.MaybeOver != (w.doubt && w.state.Live()) {
		w.t.Fatalf("maybe over: %v, doubtful: %v, %v", l.MaybeOver, w.doubt, w.state)
	}
	if fold := refold(w.table, l); l.Accepted != fold {
		w.t.Fatalf("D8: accepted is %v, the fold %v", l.Accepted, fold)
	}
	if len(l.Pending) == 0 && !l.Held.IsZero() {
		w.t.Fatalf("nothing is pending, yet held since %v", l.Held)
	}
	if l.Parked() && (l.Park.Number != l.Pending[0].Number || l.Attempting() || !l.Held.IsZero() || !w.state.Live()) {
		w.t.Fatalf("D10: parked %+v", l)
	}
	if l.Parked() && (l.Park.Reason == store.HeadStranded) != (l.Park.Cause != 0) {
		w.t.Fatalf("a park without its cause, or with one: %+v", l.Park)
	}
}
