package gen_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/escalationkit/escalation/escalationtest/gen"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/rules"
	"pgregory.net/rapid"
)

// TestValidMeansValid draws from every generator without "Any" in its name.
func TestValidMeansValid(t *testing.T) { rapid.Check(t, validMeansValid) }
func FuzzValidMeansValid(f *testing.F) { f.Fuzz(rapid.MakeFuzz(validMeansValid)) }

func validMeansValid(t *rapid.T) {
	all := []events.Event{
		gen.EscalationQueueUpdate().Draw(t, "update"), gen.EscalationSuccess().Draw(t, "success"),
		gen.Message().Draw(t, "message"), gen.EscalationFailed().Draw(t, "failed"), gen.AgentDisconnect().Draw(t, "disconnect"),
		gen.WidgetEscalate().Draw(t, "escalate"), gen.WidgetMessage().Draw(t, "visitor message"), gen.WidgetEndSession().Draw(t, "end"),
		gen.Outbound().Draw(t, "outbound"), gen.Inbound().Draw(t, "inbound"), gen.Event().Draw(t, "event"),
	}
	for i, e := range all {
		if err := e.Validate(); err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
		if want := events.Kind(i + 1); i < events.NumKinds && e.Kind() != want {
			t.Fatalf("event %d is a %v, want %v", i, e.Kind(), want)
		}
	}
	if _, err := gen.Request().Draw(t, "request").Encode(); err != nil {
		t.Fatal(err)
	}
	if _, err := gen.Envelope().Draw(t, "envelope").Encode(); err != nil {
		t.Fatal(err)
	}
	if id := gen.ConversationID().Draw(t, "id"); id == "" {
		t.Fatal("empty conversation id")
	}
	if bot := gen.BotID().Draw(t, "bot"); bot == "" || strings.Trim(bot, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		t.Fatalf("bot id %q does not fit a header", bot)
	}
	text := gen.Text().Draw(t, "text")
	if text == "" || len(text) > events.MaxFieldBytes || !utf8.ValidString(text) || strings.Contains(text, "\x00") {
		t.Fatalf("not a valid text: %.60q", text)
	}
}

// TestStrictPayloadRulesAgree: only the sequencing guard may object to a valid event.
func TestStrictPayloadRulesAgree(t *testing.T) {
	strict, err := rules.Strict()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		for _, e := range []events.Outbound{
			gen.EscalationQueueUpdate().Draw(t, "update"), gen.EscalationSuccess().Draw(t, "success"), gen.Outbound().Draw(t, "event"),
		} {
			refusal := strict.Decide(rules.Facts{}, e).Refusal
			if refusal != nil && (len(refusal.Violations) != 1 || !refusal.Breaks(rules.SequenceID)) {
				t.Fatal(refusal)
			}
		}
	})
}

func TestKinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if k := gen.Kind().Draw(t, "kind"); !k.Valid() {
			t.Fatalf("invalid %v", k)
		}
		if k := gen.OutboundKind().Draw(t, "outbound"); !k.Outbound() {
			t.Fatalf("%v is not outbound", k)
		}
		if k := gen.InboundKind().Draw(t, "inbound"); !k.Inbound() {
			t.Fatalf("%v is not inbound", k)
		}
		if s := gen.KindSet().Draw(t, "set"); s&^(events.OutboundKinds()|events.InboundKinds()) != 0 {
			t.Fatalf("%v holds more than kinds", s)
		}
	})
}
