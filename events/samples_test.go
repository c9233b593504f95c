package events_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/escalationkit/escalation/events"
)

// The bodies in testdata/outbound are those of the vendor's guide and reference, character by
// character. Those in testdata/inbound follow the envelope of the vendor's example project.

var outboundSamples = []struct {
	file  string
	event events.Outbound
}{
	{"guide-queue-update.json", events.EscalationQueueUpdate{QueuePosition: "3", WaitingTime: "12"}},
	{"guide-success.json", events.EscalationSuccess{Agent: "John Smith"}},
	{"guide-message.json", events.Message{Text: "Hello, I'm John, your agent, let me help you with your issue"}},
	{"guide-failed.json", events.EscalationFailed{}},
	{"guide-disconnect.json", events.AgentDisconnect{}},
	{"reference-success.json", events.EscalationSuccess{
		Agent: "John Smith", AgentAvatar: "https://example.com/avatar/john-smith.png"}},
}

var inboundSamples = []struct {
	file string
	env  events.Envelope
}{
	{"widget-escalate.json", events.Envelope{BotID: "5f2a", Channel: "chat", ConversationID: "123456789",
		Event: events.WidgetEscalate{EscalateTo: "billing"}}},
	{"widget-escalate-bare.json", events.Envelope{BotID: "5f2a", ConversationID: "123456789",
		Event: events.WidgetEscalate{}}},
	{"widget-message.json", events.Envelope{BotID: "5f2a", Channel: "chat", ConversationID: "123456789",
		Event: events.WidgetMessage{Text: "Where is my parcel?"}}},
	{"widget-end-session.json", events.Envelope{BotID: "5f2a", Channel: "chat", ConversationID: "123456789",
		Event: events.WidgetEndSession{}}},
}

func TestOutboundSamples(t *testing.T) {
	for _, s := range outboundSamples {
		t.Run(s.file, func(t *testing.T) {
			body := sample(t, "outbound", s.file)
			req, unknown, err := events.DecodeRequest(body)
			if err != nil {
				t.Fatal(err)
			}
			diff(t, "decoded", events.Request{ConversationID: "123456789", Event: s.event}, req)
			diff(t, "unknown fields", []string(nil), unknown)
			again, err := req.Encode()
			if err != nil {
				t.Fatal(err)
			}
			diff(t, "encoded", tree(t, body), tree(t, again))
		})
	}
}

func TestInboundSamples(t *testing.T) {
	for _, s := range inboundSamples {
		t.Run(s.file, func(t *testing.T) {
			body := sample(t, "inbound", s.file)
			env, unknown, err := events.DecodeEnvelope(body)
			if err != nil {
				t.Fatal(err)
			}
			diff(t, "decoded", s.env, env)
			diff(t, "unknown fields", []string(nil), unknown)
			again, err := env.Encode()
			if err != nil {
				t.Fatal(err)
			}
			diff(t, "encoded", tree(t, body), tree(t, again))
		})
	}
}

// TestSamplesAreComplete: no file lies in testdata unread.
func TestSamplesAreComplete(t *testing.T) {
	for dir, want := range map[string]int{"outbound": len(outboundSamples), "inbound": len(inboundSamples)} {
		files, err := filepath.Glob(filepath.Join("testdata", dir, "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		diff(t, "files in testdata/"+dir, want, len(files))
	}
}

func sample(t testing.TB, dir, file string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return body
}
