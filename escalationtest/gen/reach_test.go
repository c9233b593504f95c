package gen_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/escalationkit/escalation/escalationtest/gen"
	"github.com/escalationkit/escalation/events"
	"pgregory.net/rapid"
)

// seen counts what a generator has made. A generator that never makes what its comment promises
// turns the tests that rely on it into tests of nothing.
type seen map[string]int

func (s seen) note(what string, did bool) {
	if did {
		s[what]++
	} else {
		s[what] += 0
	}
}

func (s seen) demandAll(t *testing.T) {
	t.Helper()
	for what, n := range s {
		if n == 0 {
			t.Errorf("never made: %s", what)
		}
	}
}

// examples draws a fixed set of values, the same in every run.
func examples[V any](g *rapid.Generator[V], n int) []V {
	values := make([]V, n)
	for i := range values {
		values[i] = g.Example(i)
	}
	return values
}

func TestTextReach(t *testing.T) {
	s := seen{}
	for _, text := range examples(gen.Text(), 600) {
		s.note("several bytes to a character", len(text) > utf8.RuneCountInString(text))
		s.note("a character outside the basic plane", strings.ContainsFunc(text, func(r rune) bool { return r > 0xffff }))
		s.note("a quote", strings.Contains(text, `"`))
		s.note("a backslash", strings.Contains(text, `\`))
		s.note("markup", strings.Contains(text, "<"))
		s.note("a control character", strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }))
		s.note("nearly the longest field", len(text) > events.MaxFieldBytes-64)
		s.note("a short plain text", len(text) < 10 && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz") == "")
	}
	s.demandAll(t)
}

func TestAnyReach(t *testing.T) {
	s := seen{}
	for _, r := range examples(gen.AnyRequest(), 600) {
		err, _ := r.Validate().(*events.InvalidError)
		s.note("a valid request", err == nil)
		for _, c := range []events.Code{events.CodeConversationID, events.CodeEventType, events.CodeTextRequired,
			events.CodeFieldUTF8, events.CodeFieldNUL, events.CodeFieldSize} {
			s.note("request: "+string(c), err != nil && err.Has(c))
		}
		s.note("no event", r.Event == nil)
		s.note("a nil pointer", r.Event == events.Outbound((*events.Message)(nil)))
	}
	for _, e := range examples(gen.AnyEnvelope(), 600) {
		err, _ := e.Validate().(*events.InvalidError)
		s.note("a valid envelope", err == nil)
		s.note("envelope: bot-id", err != nil && err.Has(events.CodeBotID))
		s.note("envelope: event-type", err != nil && err.Has(events.CodeEventType))
		s.note("no inbound event", e.Event == nil)
	}
	for _, k := range examples(gen.AnyKind(), 100) {
		s.note("a valid kind", k.Valid())
		s.note("an invalid kind", !k.Valid())
	}
	s.demandAll(t)
}

func TestEveryKindIsMade(t *testing.T) {
	s := seen{}
	values := examples(gen.Event(), 300)
	for k := events.Kind(1); k.Valid(); k++ {
		for _, e := range values {
			s.note(k.String(), e.Kind() == k)
		}
	}
	s.demandAll(t)
}
