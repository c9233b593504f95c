package events_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/google/go-cmp/cmp"
)

// fataler is what *testing.T and *rapid.T have in common here.
type fataler interface {
	Fatalf(format string, args ...any)
}

func FuzzDecodeRequest(f *testing.F) {
	seed(f, "outbound", requestCases)
	f.Fuzz(func(t *testing.T, body []byte) { checkRequest(t, body) })
}

func FuzzDecodeEnvelope(f *testing.F) {
	seed(f, "inbound", envelopeCases)
	f.Fuzz(func(t *testing.T, body []byte) { checkEnvelope(t, body) })
}

func seed(f *testing.F, dir string, refused []decodeCase) {
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.json"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		f.Add(sample(f, dir, filepath.Base(file)))
	}
	for _, c := range refused {
		if len(c.body) < 1000 { // the oversized ones would only slow the search down
			f.Add([]byte(c.body))
		}
	}
}

// checkRequest holds for any bytes at all.
func checkRequest(t fataler, body []byte) {
	req, unknown, err := events.DecodeRequest(body)
	if err != nil {
		checkRefusal(t, err)
		return
	}
	judge(t, body, requestFields(req), unknown)
	again, err := req.Encode()
	if err != nil {
		t.Fatalf("%q was accepted but does not encode: %v", body, err)
	}
	back, more, err := events.DecodeRequest(again)
	if err != nil || len(more) > 0 || back != req {
		t.Fatalf("%q: %v, unknown %q (-first +second):\n%s", again, err, more, cmp.Diff(req, back))
	}
}

// checkEnvelope does the same for a webhook body.
func checkEnvelope(t fataler, body []byte) {
	env, unknown, err := events.DecodeEnvelope(body)
	if err != nil {
		checkRefusal(t, err)
		return
	}
	judge(t, body, envelopeFields(env), unknown)
	again, err := env.Encode()
	if err != nil {
		t.Fatalf("%q was accepted but does not encode: %v", body, err)
	}
	back, more, err := events.DecodeEnvelope(again)
	if err != nil || len(more) > 0 || back != env {
		t.Fatalf("%q: %v, unknown %q (-first +second):\n%s", again, err, more, cmp.Diff(env, back))
	}
}

func checkRefusal(t fataler, err error) {
	invalid, ok := err.(*events.InvalidError)
	if !ok || len(invalid.Problems) == 0 {
		t.Fatalf("a refusal without a problem: %#v", err)
	}
	if text := err.Error(); strings.ContainsAny(text, "\x00\r\n") || len(invalid.EventType) > 40 {
		t.Fatalf("not fit for a log: %q, event type %q", text, invalid.EventType)
	}
}

// The names that are read, by hand: of an outbound body, around data, and below it.
var (
	outboundFields = []string{"platformConversationId", "eventType", "text", "agent", "agentAvatar", "queuePosition", "waitingTime"}
	outerFields    = []string{"botId", "channel"}
	inboundFields  = []string{"platformConversationId", "eventType", "text", "escalateTo"}
)

// judge compares an accepted body with what encoding/json reads into a map: the same known fields with
// the same values, and everything else reported as unknown.
func judge(t fataler, body []byte, want map[string]string, unknown []string) {
	var outer map[string]any
	if err := json.Unmarshal(body, &outer); err != nil {
		t.Fatalf("%q was accepted but is not JSON: %v", body, err)
	}
	got, rest := map[string]string{}, []string{}
	split := func(object map[string]any, path string, names []string) {
		for name, value := range object {
			if slices.Contains(names, name) {
				got[path+name], _ = value.(string)
			} else {
				rest = append(rest, path+name)
			}
		}
	}
	if _, isEnvelope := want["botId"]; isEnvelope {
		inner, _ := outer["data"].(map[string]any)
		delete(outer, "data")
		split(outer, "", outerFields)
		split(inner, "data.", inboundFields)
	} else {
		split(outer, "", outboundFields)
	}
	for _, optional := range []string{"channel", "data.escalateTo"} {
		if got[optional] == "" {
			delete(got, optional) // the widget may send them empty, which means unset
		}
	}
	slices.Sort(rest)
	reported := append([]string{}, slices.Sorted(slices.Values(unknown))...)
	if d := cmp.Diff(want, got) + cmp.Diff(rest, reported); d != "" {
		t.Fatalf("%q reads differently (-want +json):\n%s", body, d)
	}
}

// requestFields spells out by hand which fields a decoded body must have had.
func requestFields(req events.Request) map[string]string {
	fields := map[string]string{"platformConversationId": req.ConversationID}
	switch e := req.Event.(type) {
	case events.EscalationQueueUpdate:
		fields["eventType"], fields["queuePosition"], fields["waitingTime"] = "escalationQueueUpdate", e.QueuePosition, e.WaitingTime
	case events.EscalationSuccess:
		fields["eventType"], fields["agent"], fields["agentAvatar"] = "escalationSuccess", e.Agent, e.AgentAvatar
	case events.Message:
		fields["eventType"], fields["text"] = "message", e.Text
	case events.EscalationFailed:
		fields["eventType"] = "escalationFailed"
	case events.AgentDisconnect:
		fields["eventType"] = "agentDisconnect"
	}
	return filled(fields)
}

func envelopeFields(env events.Envelope) map[string]string {
	fields := map[string]string{"botId": env.BotID, "channel": env.Channel, "data.platformConversationId": env.ConversationID}
	switch e := env.Event.(type) {
	case events.WidgetEscalate:
		fields["data.eventType"], fields["data.escalateTo"] = "widgetEscalate", e.EscalateTo
	case events.WidgetMessage:
		fields["data.eventType"], fields["data.text"] = "widgetMessage", e.Text
	case events.WidgetEndSession:
		fields["data.eventType"] = "widgetEndSession"
	}
	return filled(fields)
}

// filled drops the fields that an event leaves unset.
func filled(fields map[string]string) map[string]string {
	for name, value := range fields {
		if value == "" {
			delete(fields, name)
		}
	}
	return fields
}
