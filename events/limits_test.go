package events_test

import (
	"strings"
	"testing"

	"github.com/escalationkit/escalation/events"
)

// TestWorstCaseFits: control characters take six bytes in JSON, the most of all characters. Events that
// hold nothing else, each field full, must still fit a body and come back.
func TestWorstCaseFits(t *testing.T) {
	full := strings.Repeat("\x01", events.MaxFieldBytes)
	for _, e := range []events.Outbound{
		events.EscalationQueueUpdate{QueuePosition: full, WaitingTime: full}, events.EscalationSuccess{Agent: full, AgentAvatar: full},
		events.Message{Text: full}, events.EscalationFailed{}, events.AgentDisconnect{},
	} {
		want := events.Request{ConversationID: full, Event: e}
		body, err := want.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if len(body) >= events.MaxBodyBytes {
			t.Errorf("%v: %d bytes, the limit is %d", e.Kind(), len(body), events.MaxBodyBytes)
		}
		got, _, err := events.DecodeRequest(body)
		if err != nil || got != want {
			t.Errorf("%v does not come back: %v", e.Kind(), err)
		}
	}
	for _, e := range []events.Inbound{events.WidgetEscalate{EscalateTo: full}, events.WidgetMessage{Text: full}, events.WidgetEndSession{}} {
		want := events.Envelope{BotID: full, Channel: full, ConversationID: full, Event: e}
		body, err := want.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if len(body) >= events.MaxBodyBytes {
			t.Errorf("%v: %d bytes, the limit is %d", e.Kind(), len(body), events.MaxBodyBytes)
		}
		got, _, err := events.DecodeEnvelope(body)
		if err != nil || got != want {
			t.Errorf("%v does not come back: %v", e.Kind(), err)
		}
	}
}

// TestErrorsKeepSecrets: a canary in every field, good or bad, never sings in the text of an error. Visitors
// tell agents things that do not belong in a log.
func TestErrorsKeepSecrets(t *testing.T) {
	const canary = "canary4711"
	var errs []error
	for _, spoil := range []string{"", "\x00", "\xff", strings.Repeat(canary, events.MaxFieldBytes)} {
		v := canary + spoil
		for _, e := range []events.Outbound{nil, &events.Message{Text: v}, events.Message{Text: v},
			events.EscalationQueueUpdate{QueuePosition: v, WaitingTime: v}, events.EscalationSuccess{Agent: v, AgentAvatar: v}} {
			errs = append(errs, events.Request{ConversationID: v, Event: e}.Validate())
		}
		for _, e := range []events.Inbound{nil, events.WidgetMessage{Text: v}, events.WidgetEscalate{EscalateTo: v}} {
			errs = append(errs, events.Envelope{BotID: v, Channel: v, ConversationID: v, Event: e}.Validate())
		}
	}
	for _, c := range append(append([]decodeCase(nil), requestCases...), envelopeCases...) {
		// every value of the refused bodies becomes or holds the canary
		for _, old := range []string{`"1"`, `"x"`, `"y"`, `"b"`, `"J"`, `"5"`} {
			body := []byte(strings.ReplaceAll(c.body, old, `"`+canary+`"`))
			_, _, err := events.DecodeRequest(body)
			errs = append(errs, err)
			_, _, err = events.DecodeEnvelope(body)
			errs = append(errs, err)
		}
	}
	for _, more := range []string{`"Agent":`, `"agent":`, `"escalateto":`, `"text":`} {
		fields := `"text":"` + canary + `","platformConversationId":"` + canary + `",` + more + `"` + canary + `","eventType":`
		_, _, err := events.DecodeRequest([]byte(`{` + fields + `"message"}`))
		errs = append(errs, err)
		_, _, err = events.DecodeEnvelope([]byte(`{"botId":"` + canary + `","Channel":"` + canary + `","data":{` + fields + `"widgetMessage"}}`))
		errs = append(errs, err)
	}
	for _, tail := range []string{canary, `"` + canary, `{"` + canary, "\x00" + canary} {
		_, _, err := events.DecodeRequest([]byte(`{"platformConversationId":"` + canary + `","eventType":"message","text":"` + tail))
		errs = append(errs, err)
	}
	_, _, err := events.DecodeRequest([]byte(`{"platformConversationId":"` + canary + `","eventType":"` + canary + `"}`))
	errs = append(errs, err) // the name is in the field EventType, still not in the text

	refused := 0
	for _, err := range errs {
		if err == nil {
			continue
		}
		refused++
		if strings.Contains(err.Error(), canary) {
			t.Errorf("sings: %.300s", err)
		}
	}
	if refused < 200 {
		t.Errorf("only %d refusals looked at", refused)
	}
}
