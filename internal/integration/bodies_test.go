package integration_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/escalationtest/gen"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
)

// TestSchemasAcceptWhatIsEncoded: every valid event, encoded, is accepted once.
func TestSchemasAcceptWhatIsEncoded(t *testing.T) {
	t.Parallel()
	outbound, inbound := outboundSchemas(t), inboundSchemas(t)
	rapid.Check(t, func(t *rapid.T) {
		body, err := gen.Request().Draw(t, "request").Encode()
		if err != nil || accepting(outbound, body) != 1 {
			t.Fatalf("%v; accepted by %d schemas: %.200s", err, accepting(outbound, body), body)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		env := gen.Envelope().Draw(t, "envelope")
		body, err := env.Encode()
		own := slices.Index(inboundKinds, env.Event.Kind().String())
		if err != nil || accepting(inbound, body) != 1 || accepting(inbound[own:own+1], body) != 1 {
			t.Fatalf("%v; accepted by %d schemas: %.200s", err, accepting(inbound, body), body)
		}
	})
}

// TestSchemasAgreeWithTheLibrary makes bodies of the known fields, each missing, right or wrong: a schema accepts
// one if and only if the codec reads it and the default rules find nothing in it.
func TestSchemasAgreeWithTheLibrary(t *testing.T) {
	t.Parallel()
	outbound, inbound := outboundSchemas(t), inboundSchemas(t)
	set := must(rules.Strict())(t)
	agree(t, outbound, outboundObject, func(body []byte) error {
		req, _, err := events.DecodeRequest(body)
		if err == nil {
			err = formErrors(set, req.Event)
		}
		return err
	})
	agree(t, inbound, inboundObject, func(body []byte) error {
		_, _, err := events.DecodeEnvelope(body)
		return err
	})
}

// agree compares the schemas with what the library says. Both verdicts must occur.
func agree(t *testing.T, all []*jsonschema.Schema, objects *rapid.Generator[map[string]any], library func(body []byte) error) {
	t.Helper()
	verdicts := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		body := encodeObject(t, objects.Draw(t, "object"))
		got, err := accepting(all, body), library(body)
		if (got == 1) != (err == nil) || got > 1 {
			t.Fatalf("accepted by %d schemas, the library says %v: %s", got, err, body)
		}
		verdicts[err == nil]++
	})
	if verdicts[true] == 0 || verdicts[false] == 0 {
		t.Errorf("%d bodies accepted, %d rejected: too one-sided to mean anything", verdicts[true], verdicts[false])
	}
	t.Logf("%d bodies accepted, %d rejected", verdicts[true], verdicts[false])
}

// formErrors asks the rules about an event in a state that allows its kind.
func formErrors(set *rules.Set, e events.Outbound) error {
	state := fsm.Pending
	if k := e.Kind(); k == events.KindMessage || k == events.KindAgentDisconnect {
		state = fsm.Connected
	}
	return set.Decide(rules.Facts{State: state}, e).Err()
}

func encodeObject(t *rapid.T, object map[string]any) []byte {
	body, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// absent leaves a field out of a generated object.
var absent any = struct{ absent bool }{}

// field makes a value: one of the good ones, nothing, or one that is wrong for a text field.
func field(good ...any) *rapid.Generator[any] {
	right, none := rapid.SampledFrom(good), rapid.Just(absent)
	return rapid.OneOf(right, right, right, none, none, rapid.SampledFrom([]any{
		"", "a\x00b", nil, 7, 1.5, true, []any{"a"}, map[string]any{"a": "b"},
	}))
}

// mostly makes the good value nearly always, so that whole bodies are often right.
func mostly(good ...any) *rapid.Generator[any] {
	right := rapid.SampledFrom(good)
	return rapid.OneOf(right, right, right, right, right, field(good...))
}

// rarely makes the field of an event that may be another's.
func rarely(good ...any) *rapid.Generator[any] {
	none := rapid.Just(absent)
	return rapid.OneOf(none, none, none, none, field(good...))
}

// object draws each field, in a fixed order.
func object(fields ...any) *rapid.Generator[map[string]any] {
	return rapid.Custom(func(t *rapid.T) map[string]any {
		made := map[string]any{}
		for i := 0; i < len(fields); i += 2 {
			name, _ := fields[i].(string)
			g, _ := fields[i+1].(*rapid.Generator[any])
			if v := g.Draw(t, name); v != absent {
				made[name] = v
			}
		}
		return made
	})
}

func kindNames(own []string) []any {
	names := []any{strings.ToUpper(own[0]), own[0] + " ", "typing"}
	for range 5 {
		for _, k := range own {
			names = append(names, k)
		}
	}
	return names
}

var (
	texts = []any{"Hello", " ", "\x01", "漢字 😀", "\u2028", "null"}

	outboundObject = object(
		"platformConversationId", mostly("123456789", " 1", "漢"),
		"eventType", mostly(kindNames(outboundKinds)...),
		"text", field(texts...),
		"agent", rarely(texts...),
		"agentAvatar", rarely("https://a.example/j.png", "HTTPS://a.example", "https://[2001:db8::1]:8443/?x#y",
			"http://a.example/j.png", "https://", "https:///j.png", "https://john@a.example/", "//a.example/j.png", "https://a.example/ j"),
		"queuePosition", rarely("1", "12", "0", "01", "-1", "+1", "1.0", " 1", "١", "one"),
		"waitingTime", rarely("0", "12", "00", "-1", "12 min", "1e3"),
		"sentAt", rarely("unknown fields are permitted"),
	)
	inboundObject = object(
		"botId", mostly("bot-1"),
		"channel", rarely("chat"),
		"attempt", rarely("unknown fields are permitted"),
		"data", rapid.OneOf(inner, inner, inner, inner, rapid.SampledFrom([]any{absent, nil, "text", []any{}})),
	)
	inner = rapid.Map(object(
		"platformConversationId", mostly("123456789", " 1", "漢"),
		"eventType", mostly(kindNames(inboundKinds)...),
		"text", field(texts...),
		"escalateTo", rarely(texts...),
	), func(o map[string]any) any { return o })
)
