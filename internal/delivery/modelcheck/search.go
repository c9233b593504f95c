package modelcheck

import (
	"fmt"
	"time"

	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// Report is what a search found.
type Report struct {
	States      int // distinct
	Transitions int // steps taken between them
	Depth       int // steps from the start to the furthest state
	Exhausted   bool
	Reached     Reached
	Took        time.Duration
	Violation   *Violation // nil if there is none
	Trace       []string   // the shortest way to it
}

// Reached counts what the search went through, so that a test can tell a clean search from an idle one.
type Reached struct {
	Steps   map[string]int // transitions by what happened
	Results map[store.Result]int
	Reasons map[store.Reason]int
	Classes map[transport.Class]int
}

// String returns one line.
func (r *Report) String() string {
	end, verdict := "limit reached", "no violation"
	if r.Exhausted {
		end = "exhausted"
	}
	if r.Violation != nil {
		end, verdict = "stopped", r.Violation.Name+": "+r.Violation.What
	}
	return fmt.Sprintf("%d states, %d transitions, depth %d, %s, %v: %s",
		r.States, r.Transitions, r.Depth, end, r.Took.Round(time.Millisecond), verdict)
}

// Search visits states breadth first until a violation, the limit or the end. But for the time taken it is
// deterministic.
func Search(cfg Config) *Report {
	began := time.Now()
	c := &checker{cfg}
	s := newStates()
	r := &Report{Reached: newReached()}
	first := c.start()
	s.add(first.encode(nil), 0)
	calm, lost := c.restBounds()
	var todo []action
	var code []byte
	layer := 1 // the first state that is deeper than the present one
	for at := 0; at < s.len() && r.Violation == nil; at++ {
		if at == layer {
			r.Depth++
			layer = s.len()
		}
		w := decode(s.get(at))
		if r.Violation = c.judgeState(&w, calm, lost); r.Violation != nil {
			r.Trace = c.trace(s, at, nil, calm, lost)
			break
		}
		todo = c.actions(&w, todo[:0])
		for _, a := range todo {
			next := w
			moved, v := c.do(&next, a)
			if v != nil {
				r.Violation, r.Trace = v, c.trace(s, at, &a, calm, lost)
				break
			}
			if !moved {
				continue
			}
			r.Transitions++
			r.Reached.count(a, &next)
			if code = next.encode(code[:0]); cfg.Limit == 0 || s.len() < cfg.Limit {
				s.add(code, at)
			}
		}
		r.Exhausted = at+1 == s.len() && (cfg.Limit == 0 || s.len() < cfg.Limit)
	}
	r.States, r.Took = s.len(), time.Since(began)
	return r
}

// judgeState looks at a state and at where it ends when left alone.
func (c *checker) judgeState(w *world, calm, lost int) *Violation {
	if w.up() && !w.dirty {
		if v := c.judgeRepeats(w); v != nil {
			return v
		}
	}
	if v := c.runToRest(*w, false, calm, nil); v != nil {
		return v
	}
	return c.runToRest(*w, true, lost, nil)
}

func newReached() Reached {
	return Reached{
		Steps: map[string]int{}, Results: map[store.Result]int{},
		Reasons: map[store.Reason]int{}, Classes: map[transport.Class]int{},
	}
}

// count takes in a step and the state it led to.
func (r *Reached) count(a action, now *world) {
	r.Steps[opNames[a.op]]++
	switch a.op {
	case opAnswer, opTimeOut:
		r.Classes[now.answer]++
	case opDecide, opOutcome, opRepair, opVisitorEnds, opRestart, opRecord:
		for _, e := range now.disk.ledger[:now.disk.lane.Last] {
			if e.result != 0 {
				r.Results[e.result]++
			}
		}
		if now.disk.lane.Parked() {
			r.Reasons[now.disk.lane.Park.Reason]++
		}
	}
}
