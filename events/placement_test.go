package events_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/events"
)

// placement says, for every outbound field and kind, how a decoder takes it. Written by hand from
// the vendor's pages: ok belongs there, kind does not, C1 has a message of its own.
var placement = map[string]map[events.Kind]string{
	"text": {
		events.KindEscalationQueueUpdate: "kind", events.KindEscalationSuccess: "kind", events.KindMessage: "ok",
		events.KindEscalationFailed: "kind", events.KindAgentDisconnect: "kind",
	},
	"agent": {
		events.KindEscalationQueueUpdate: "kind", events.KindEscalationSuccess: "ok", events.KindMessage: "kind",
		events.KindEscalationFailed: "kind", events.KindAgentDisconnect: "kind",
	},
	"agentAvatar": {
		events.KindEscalationQueueUpdate: "kind", events.KindEscalationSuccess: "ok", events.KindMessage: "kind",
		events.KindEscalationFailed: "kind", events.KindAgentDisconnect: "kind",
	},
	"queuePosition": {
		events.KindEscalationQueueUpdate: "ok", events.KindEscalationSuccess: "C1", events.KindMessage: "kind",
		events.KindEscalationFailed: "kind", events.KindAgentDisconnect: "kind",
	},
	"waitingTime": {
		events.KindEscalationQueueUpdate: "ok", events.KindEscalationSuccess: "C1", events.KindMessage: "kind",
		events.KindEscalationFailed: "kind", events.KindAgentDisconnect: "kind",
	},
	"escalateTo": { // not an outbound field at all: drift, reported but not refused
		events.KindEscalationQueueUpdate: "unknown", events.KindEscalationSuccess: "unknown", events.KindMessage: "unknown",
		events.KindEscalationFailed: "unknown", events.KindAgentDisconnect: "unknown",
	},
}

func TestEveryFieldOnEveryKind(t *testing.T) {
	for field, kinds := range placement {
		if len(kinds) != 5 {
			t.Fatalf("%s: %d kinds given, want all five", field, len(kinds))
		}
		for kind, want := range kinds {
			t.Run(field+" on "+kind.String(), func(t *testing.T) {
				extra := fmt.Sprintf("%q:%q", field, "5")
				if kind == events.KindMessage && field != "text" {
					extra += `,"text":"hi"`
				}
				_, unknown, err := events.DecodeRequest(fmt.Appendf(nil, `{"platformConversationId":"1","eventType":%q,%s}`, kind, extra))
				var wantProblems []found
				var wantUnknown []string
				switch want {
				case "kind":
					wantProblems = []found{{events.CodeFieldKind, field}}
				case "C1":
					wantProblems = []found{{events.CodeQueueFields, field}}
				case "unknown":
					wantUnknown = []string{field}
				}
				diff(t, "problems", wantProblems, problems(t, err))
				diff(t, "unknown", wantUnknown, unknown)
				if named := err != nil && strings.Contains(err.Error(), "contradiction C1"); named != (want == "C1") {
					t.Errorf("names C1: %v; %v", named, err)
				}
			})
		}
	}
}

// TestFields: the documented fields of each event, in wire order, with the required ones marked.
func TestFields(t *testing.T) {
	want := map[events.Kind]string{
		events.KindEscalationQueueUpdate: "platformConversationId! eventType! queuePosition waitingTime",
		events.KindEscalationSuccess:     "platformConversationId! eventType! agent agentAvatar",
		events.KindMessage:               "platformConversationId! eventType! text!",
		events.KindEscalationFailed:      "platformConversationId! eventType!",
		events.KindAgentDisconnect:       "platformConversationId! eventType!",
		events.KindWidgetEscalate:        "platformConversationId! eventType! escalateTo",
		events.KindWidgetMessage:         "platformConversationId! eventType! text!",
		events.KindWidgetEndSession:      "platformConversationId! eventType!",
		events.Kind(0):                   "",
		events.Kind(9):                   "",
	}
	for kind, names := range want {
		var got []string
		for _, f := range events.Fields(kind) {
			name := f.Name
			if f.Required {
				name += "!"
			}
			if f.Meaning == "" || f.Source == "" || !f.Basis.Valid() {
				t.Errorf("%v: field %s says too little: %+v", kind, f.Name, f)
			}
			got = append(got, name)
		}
		diff(t, kind.String(), names, strings.Join(got, " "))
	}
	events.Fields(events.KindMessage)[0].Name = "spoilt"
	diff(t, "the slice is the caller's", "platformConversationId", events.Fields(events.KindMessage)[0].Name)
}
