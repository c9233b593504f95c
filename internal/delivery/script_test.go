package delivery_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// A script is a sequence of words, each an input to one lane; running it gives what was observed, joined
// with "; ". The words are:
//
//	Q S M F D          accept an event of that kind; observed only if it is refused
//	open end recover
//	+5s                let time pass
//	? ?scope ?breaker ?probe
//	                   Next with the gate open, the scope closed, the breaker open, the scope to be probed
//	ok notsent scope later rejected unknown
//	                   an outcome, drawn 0.5; later:90s has a Retry-After, notsent@0.999 another draw
//	retry:1 replace:1:M skip:1 mark:1 abort:1
//	state              observe "acknowledged/accepted"
//	|                  forget what was observed so far
//
// Resolutions and parks are observed where they happen. After every input the accepted state is held against
// a fold of its own, and the lane put in against a copy made before.
type script struct {
	m     *delivery.Machine
	table *fsm.Table
	l     store.Lane
	now   time.Time
	seen  []string
	last  store.Resolution
}

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

var letters = map[string]events.Kind{
	"Q": events.KindEscalationQueueUpdate, "S": events.KindEscalationSuccess, "M": events.KindMessage,
	"F": events.KindEscalationFailed, "D": events.KindAgentDisconnect,
}

var outcomes = map[string]transport.Class{
	"ok": transport.Acknowledged, "notsent": transport.NotSent, "scope": transport.RefusedScope,
	"later": transport.RefusedLater, "rejected": transport.Rejected, "unknown": transport.Unknown,
}

var gates = map[string]delivery.Gate{"?": delivery.Open, "?scope": delivery.ScopeClosed, "?breaker": delivery.BreakerOpen, "?probe": delivery.ScopeProbe}

var verbs = map[string]store.Verb{
	"retry": store.Retry, "replace": store.Replace, "skip": store.Skip,
	"mark": store.MarkAcknowledged, "abort": store.Abort,
}

// run runs a script on a conversation never opened.
func run(m *delivery.Machine, text string) string {
	return newScript(m).do(text)
}

func newScript(m *delivery.Machine) *script {
	return &script{m: m, table: fsm.Default(), now: start}
}

func (s *script) do(text string) string {
	s.seen = nil
	for word := range strings.FieldsSeq(text) {
		given, before := s.l, slices.Clone(s.l.Pending)
		s.word(word)
		if !slices.Equal(before, given.Pending) {
			s.see("THE LANE GIVEN WAS CHANGED: %s", cmp.Diff(before, given.Pending))
		}
		if want := refold(s.table, s.l); s.l.Accepted != want {
			s.see("ACCEPTED IS %v, THE FOLD %v", s.l.Accepted, want)
		}
		if s.l.Parked() && s.l.Park != given.Park {
			s.see("%s", parked(s.l.Park))
		}
	}
	return strings.Join(s.seen, "; ")
}

func (s *script) see(format string, args ...any) {
	s.seen = append(s.seen, fmt.Sprintf(format, args...))
}

func (s *script) word(word string) {
	var done []store.Resolution
	var step *delivery.Step
	verb, args, _ := strings.Cut(word, ":")
	outcome, _, _ := strings.Cut(verb, "@")
	_, draw, _ := strings.Cut(word, "@")
	switch {
	case word == "|":
		s.seen = nil
	case word == "state":
		s.see("%v/%v", s.l.Acknowledged, s.l.Accepted)
	case word == "open":
		s.l, done = s.m.Open(s.l)
	case word == "end":
		s.l, done = s.m.End(s.l)
	case word == "recover":
		s.l, done = s.m.Recover(s.l, s.now)
	case word[0] == '+':
		s.now = s.now.Add(duration(word[1:]))
	case word[0] == '?':
		var next delivery.Step
		s.l, next, done = s.m.Next(s.l, lookUp(gates, word), s.now)
		step = &next
	case letters[word] != 0:
		var refusal *fsm.TransitionError
		var err error
		if s.l, _, err = s.m.Accept(s.l, letters[word], s.now); errors.As(err, &refusal) {
			s.see("%s refused in %v", word, refusal.State)
		}
	case verbs[verb] != 0:
		number, kind, _ := strings.Cut(args, ":")
		var err error
		s.l, done, err = s.m.Repair(s.l, verbs[verb], uint64(must(strconv.Atoi(number))), letters[kind], s.now)
		if err != nil {
			s.see("refused: %v", errors.Unwrap(err))
		}
	default:
		r := transport.Result{Class: lookUp(outcomes, outcome)}
		if wait, _, _ := strings.Cut(args, "@"); wait != "" {
			r.RetryAfter = duration(wait)
		}
		drawn := 0.5
		if draw != "" {
			drawn = must(strconv.ParseFloat(draw, 64))
		}
		s.l, done = s.m.Outcome(s.l, r, drawn, s.now)
	}
	for _, r := range done {
		s.see("%s", resolved(r))
		s.last = r
	}
	if step != nil {
		s.see("%s", s.step(*step))
	}
}

func (s *script) step(step delivery.Step) string {
	switch {
	case step.Do == delivery.Send:
		return fmt.Sprintf("send %d", step.Event.Number)
	case step.Do == delivery.Wait:
		return fmt.Sprintf("wait %v", step.At.Sub(s.now))
	case step.Do == delivery.Hold && step.At.IsZero():
		return "hold"
	case step.Do == delivery.Hold:
		return fmt.Sprintf("hold %v", step.At.Sub(s.now))
	}
	return "nothing"
}

func resolved(r store.Resolution) string {
	text := fmt.Sprintf("%d %v", r.Event.Number, r.Result)
	if r.Cause != 0 {
		text += fmt.Sprintf(" by %d", r.Cause)
	}
	return text
}

func parked(p store.Park) string {
	text := fmt.Sprintf("park at %d: %v", p.Number, p.Reason)
	if p.Cause != 0 {
		text += fmt.Sprintf(" by %d", p.Cause)
	}
	return text
}

// refold is D8 once more: an event that is not allowed changes nothing.
func refold(table *fsm.Table, l store.Lane) fsm.State {
	state := l.Acknowledged
	for _, e := range l.Pending {
		if next, err := table.Step(state, e.Kind); err == nil && e.Round == l.Round {
			state = next
		}
	}
	return state
}

func lookUp[V any](in map[string]V, word string) V {
	v, ok := in[word]
	if !ok {
		panic("no such word in a script: " + word)
	}
	return v
}

func duration(text string) time.Duration { return must(time.ParseDuration(text)) }

func must[V any](v V, err error) V {
	if err != nil {
		panic(err)
	}
	return v
}

// machine returns a machine over the default table.
func machine(t testing.TB, o delivery.Options) *delivery.Machine {
	t.Helper()
	m, err := delivery.New(fsm.Default(), delivery.DefaultPolicy(o))
	if err != nil {
		t.Fatal(err)
	}
	return m
}
