package linear_test

import (
	"fmt"
	"strings"

	"github.com/anishathalye/porcupine"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/oracle"
)

// verb is what a caller asks for.
type verb uint8

const (
	accept verb = iota
	explain
	status
	open
	end
)

// input is a call.
type input struct {
	Conversation string
	Verb         verb
	Kind         events.Kind // accept, explain
	Key          string      // accept
	Round        int         // accept: of ForRound; 0: none
}

// answer is how a call ended.
type answer uint8

const (
	unknown answer = iota // it may have taken effect, and may still do so
	done
	repeated // accept: under the same key before
	refused
	otherRound
	otherKey
)

// output is what a caller was told.
type output struct {
	Answer   answer
	Number   uint64 // accept
	Round    int    // accept, status
	Accepted string // status
	Last     uint64 // status
}

// state is what was accepted. It is a value: == compares it.
type state struct {
	history oracle.History
	last    uint64
	keys    string // "key kind number round" of every event that was accepted under a key, each with a semicolon
}

// model is the sequential conversation. It may take several steps where it depends on what the API answered meanwhile, which the
// callers do not see: whether a round in which an event that ends it was accepted is over already.
var model = porcupine.NondeterministicModel{
	Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
		parts := map[string][]porcupine.Operation{}
		for _, o := range all {
			id := o.Input.(input).Conversation
			parts[id] = append(parts[id], o)
		}
		var out [][]porcupine.Operation
		for _, p := range parts {
			out = append(out, p)
		}
		return out
	},
	Init:  func() []any { return []any{state{history: oracle.None()}} },
	Equal: func(a, b any) bool { return a == b },
	Step: func(s, in, out any) []any {
		before := s.(state)
		i, o := in.(input), out.(output)
		var after []any
		if o.Answer == unknown {
			after = append(after, before)
		}
		for _, next := range before.steps(i, o) {
			after = append(after, next)
		}
		return after
	},
	DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v: %+v", in, out) },
}

// steps are the states that a call may lead to if it took effect and was answered so.
func (s state) steps(i input, o output) []state {
	told := func(yes bool) []state {
		if yes || o.Answer == unknown {
			return []state{s}
		}
		return nil
	}
	h := s.history
	switch i.Verb {
	case status:
		return told(o.Accepted == h.State() && o.Round == h.Rounds() && o.Last == s.last)
	case explain:
		return told((o.Answer == done) == h.Allows(i.Kind))
	case open:
		h.Take(events.KindWidgetEscalate)
		return s.either(h)
	case end:
		h.Take(events.KindWidgetEndSession)
		if s.endsItself() {
			h = oracle.None()
			for range s.history.Rounds() {
				h.Take(events.KindWidgetEscalate)
				h.Take(events.KindWidgetEndSession)
			}
		}
		return s.either(h)
	}
	return s.accept(i, o)
}

// either is the state with another history, and the state as it is where a round that ends itself may be over or not.
func (s state) either(h oracle.History) []state {
	next := s
	next.history = h
	if s.endsItself() {
		return []state{s, next}
	}
	return []state{next}
}

// endsItself: an event was accepted that ends the round. Until it is acknowledged the round goes on.
func (s state) endsItself() bool {
	word := s.history.Word()
	return strings.HasSuffix(word, "F") || strings.HasSuffix(word, "D")
}

func (s state) accept(i input, o output) []state {
	expect := func(want output, next state) []state {
		if o == want || o.Answer == unknown {
			return []state{next}
		}
		return nil
	}
	if kind, number, round, ok := s.keyed(i.Key); ok {
		if kind != i.Kind.String() {
			return expect(output{Answer: otherKey}, s)
		}
		return expect(output{Answer: repeated, Number: number, Round: round}, s)
	}
	next := s
	switch {
	case i.Round != 0 && i.Round != s.history.Rounds():
		return expect(output{Answer: otherRound}, s)
	case !next.history.Take(i.Kind):
		return expect(output{Answer: refused}, s)
	}
	next.last++
	if i.Key != "" {
		next.keys += fmt.Sprintf("%s %v %d %d;", i.Key, i.Kind, next.last, next.history.Rounds())
	}
	return expect(output{Answer: done, Number: next.last, Round: next.history.Rounds()}, next)
}

// keyed finds the event that was accepted under a key.
func (s state) keyed(key string) (kind string, number uint64, round int, ok bool) {
	if key == "" {
		return "", 0, 0, false
	}
	for _, entry := range strings.Split(s.keys, ";") {
		var name string
		if _, err := fmt.Sscanf(entry, "%s %s %d %d", &name, &kind, &number, &round); err == nil && name == key {
			return kind, number, round, true
		}
	}
	return "", 0, 0, false
}
