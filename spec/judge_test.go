package spec_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
)

// judgement is what the packages say about an input.
type judgement struct {
	kind    events.Kind
	broken  []string // ids of the broken rules, sorted, each once
	unknown []string
}

// judge gives the judgement on a vector with the rules of set.
func judge(t *testing.T, set *rules.Set, v *bodyVector) judgement {
	t.Helper()
	var j judgement
	var event events.Event
	var err error
	switch {
	case v.ValuesBase64 != nil:
		event, err = encodeValues(t, v)
	case v.Direction == "outbound":
		var req events.Request
		req, j.unknown, err = events.DecodeRequest(v.bytes(t))
		event = req.Event
	case v.Direction == "inbound":
		var env events.Envelope
		env, j.unknown, err = events.DecodeEnvelope(v.bytes(t))
		event = env.Event
	default:
		t.Fatalf("%v: direction %q", v, v.Direction)
	}
	j.kind = events.KindOf(event)
	var invalid *events.InvalidError
	if errors.As(err, &invalid) {
		for _, p := range invalid.Problems {
			j.broken = append(j.broken, string(p.Code))
		}
	} else if out, ok := event.(events.Outbound); ok {
		j.broken = policy(set, out)
	}
	slices.Sort(j.broken)
	j.broken = slices.Compact(j.broken)
	slices.Sort(j.unknown)
	return j
}

// policy returns the rules of set that an event of good form breaks in a state that allows its kind.
func policy(set *rules.Set, e events.Outbound) []string {
	state := fsm.Pending
	if e.Kind() == events.KindMessage || e.Kind() == events.KindAgentDisconnect {
		state = fsm.Connected
	}
	if refusal := set.Decide(rules.Facts{State: state}, e).Refusal; refusal != nil {
		return refusal.Rules()
	}
	return nil
}

// encodeValues encodes the event that a vector gives by its values.
func encodeValues(t *testing.T, v *bodyVector) (events.Event, error) {
	t.Helper()
	value := func(name string) string { return string(unbase64(t, v.ValuesBase64[name])) }
	switch name := value("eventType"); name {
	case "escalationQueueUpdate":
		return encode(value, events.EscalationQueueUpdate{QueuePosition: value("queuePosition"), WaitingTime: value("waitingTime")})
	case "escalationSuccess":
		return encode(value, events.EscalationSuccess{Agent: value("agent"), AgentAvatar: value("agentAvatar")})
	case "message":
		return encode(value, events.Message{Text: value("text")})
	case "escalationFailed":
		return encode(value, events.EscalationFailed{})
	case "widgetMessage":
		e := events.WidgetMessage{Text: value("text")}
		_, err := events.Envelope{BotID: value("botId"), ConversationID: value("platformConversationId"), Event: e}.Encode()
		return e, err
	default:
		t.Fatalf("%v: no values for %q", v, name)
		return nil, nil
	}
}

func encode(value func(string) string, e events.Outbound) (events.Event, error) {
	_, err := events.Request{ConversationID: value("platformConversationId"), Event: e}.Encode()
	return e, err
}

// wrong reports whether a judgement is not the expected one.
func (v *bodyVector) wrong(j judgement) bool {
	kind := ""
	if j.kind.Valid() {
		kind = j.kind.String()
	}
	return kind != v.Kind || !slices.Equal(j.broken, v.Broken) ||
		len(v.Broken) == 0 && !slices.Equal(j.unknown, v.Unknown)
}
