package check

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
)

func strict(t testing.TB) *rules.Set {
	t.Helper()
	set, err := rules.Strict()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// read judges a whole input with the strict rules.
func read(t testing.TB, input string) []Verdict {
	t.Helper()
	return readWith(t, New(strict(t), false), strings.NewReader(input))
}

func readWith(t testing.TB, c *Checker, in io.Reader) []Verdict {
	t.Helper()
	var all []Verdict
	for v, err := range c.Read(in) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// The outbound kinds that two states allow, by hand.
var (
	whenWaiting   = events.NewKindSet(events.KindEscalationQueueUpdate, events.KindEscalationSuccess, events.KindEscalationFailed)
	whenConnected = events.NewKindSet(events.KindMessage, events.KindAgentDisconnect)
)

func TestVerdicts(t *testing.T) {
	for _, tc := range []struct {
		why, body string
		want      Verdict
	}{
		{
			"an event that the state allows moves it",
			`{"platformConversationId":"1","eventType":"escalationSuccess"}`,
			Verdict{Conversation: "1", Kind: "escalationSuccess", Outcome: Allowed, State: fsm.Connected, Allowed: whenConnected},
		}, {
			"one that it does not allow is refused, and every broken rule is named",
			`{"platformConversationId":"1","eventType":"agentDisconnect"}`,
			Verdict{Conversation: "1", Kind: "agentDisconnect", Outcome: Refused, State: fsm.Pending, Allowed: whenWaiting,
				Rules: []string{"sequence"}, Message: "sequence: no agent is connected who could leave; escalationFailed ends the wait"},
		}, {
			"a policy rule refuses what the state allows",
			`{"platformConversationId":"1","eventType":"escalationQueueUpdate","queuePosition":"-1"}`,
			Verdict{Conversation: "1", Kind: "escalationQueueUpdate", Outcome: Refused, State: fsm.Pending, Allowed: whenWaiting,
				Rules: []string{"queue-position-positive"}, Message: "queue-position-positive: queuePosition is not a whole number from 1"},
		}, {
			"form comes before order: an invalid body is not put to the guard",
			`{"platformConversationId":"1","eventType":"message"}`,
			Verdict{Conversation: "1", Kind: "message", Outcome: Invalid, State: fsm.Pending, Allowed: whenWaiting,
				Rules: []string{"text-required"}, Message: "text-required: text is required and must not be empty"},
		}, {
			"a rule broken by two fields is named once",
			`{"platformConversationId":"1","eventType":"escalationSuccess","agent":1,"agentAvatar":null}`,
			Verdict{Conversation: "1", Kind: "escalationSuccess", Outcome: Invalid, State: fsm.Pending, Allowed: whenWaiting,
				Rules: []string{"field-type"}, Message: "field-type: agent is not a JSON string; field-type: agentAvatar is not a JSON string"},
		}, {
			"without a conversation there is no state to tell",
			`{"eventType":"escalationFailed"}`,
			Verdict{Kind: "escalationFailed", Outcome: Invalid,
				Rules: []string{"conversation-id"}, Message: "conversation-id: platformConversationId is required and must not be empty"},
		}, {
			"an id that no field could hold is not repeated",
			`{"eventType":"escalationFailed","platformConversationId":"` + strings.Repeat("x", events.MaxFieldBytes+1) + `"}`,
			Verdict{Kind: "escalationFailed", Outcome: Invalid,
				Rules: []string{"field-size"}, Message: "field-size: platformConversationId is longer than 65536 bytes"},
		}, {
			"what the widget sends is taken as it is, with drift told",
			`{"botId":"b","sentAt":1,"data":{"platformConversationId":"1","eventType":"widgetEndSession","reason":"secret"}}`,
			Verdict{Conversation: "1", Kind: "widgetEndSession", Outcome: Allowed, State: fsm.Ended,
				Message: "unknown fields sentAt, data.reason"},
		}, {
			"only a few unknown fields are named, and they are cut",
			`{"platformConversationId":"1","eventType":"escalationFailed","a":1,"` + strings.Repeat("é", 30) + `":1,"c":1,"d":1,"e":1,"f":1}`,
			Verdict{Conversation: "1", Kind: "escalationFailed", Outcome: Allowed, State: fsm.Failed,
				Message: "unknown fields a, " + strings.Repeat("é", 20) + "…, c, d and 2 more"},
		}, {
			"drift is told of a refused event too",
			`{"platformConversationId":"1","eventType":"message","text":"t","lang":"en"}`,
			Verdict{Conversation: "1", Kind: "message", Outcome: Refused, State: fsm.Pending, Allowed: whenWaiting, Rules: []string{"sequence"},
				Message: "sequence: no agent is connected yet; escalationSuccess comes first; unknown field lang"},
		}, {
			"an event of the Chat API is none of ours, whatever else it lacks",
			`{"data":{"platformConversationId":"1","eventType":"sendMessage","text":7}}`,
			Verdict{Conversation: "1", Kind: "sendMessage", Outcome: Allowed, State: fsm.Pending, Allowed: whenWaiting,
				Message: "not an escalation event; ignored"},
		}, {
			"an outbound event in a webhook's envelope is a mistake, not a foreign event",
			`{"botId":"b","data":{"platformConversationId":"1","eventType":"message"}}`,
			Verdict{Conversation: "1", Kind: "message", Outcome: Invalid, State: fsm.Pending, Allowed: whenWaiting, Rules: []string{"event-type"},
				Message: "event-type: data.eventType is required and must be one of widgetEscalate, widgetMessage, widgetEndSession"},
		}, {
			"so is one of ours in another case",
			`{"botId":"b","data":{"platformConversationId":"1","eventType":"WIDGETENDSESSION"}}`,
			Verdict{Conversation: "1", Kind: "WIDGETENDSESSION", Outcome: Invalid, State: fsm.Pending, Allowed: whenWaiting, Rules: []string{"event-type"},
				Message: "event-type: data.eventType is required and must be one of widgetEscalate, widgetMessage, widgetEndSession"},
		}, {
			"an unknown event in a request is an error",
			`{"platformConversationId":"1","eventType":"typing"}`,
			Verdict{Conversation: "1", Kind: "typing", Outcome: Invalid, State: fsm.Pending, Allowed: whenWaiting, Rules: []string{"event-type"},
				Message: "event-type: eventType is required and must be one of escalationQueueUpdate, escalationSuccess, message, escalationFailed, agentDisconnect"},
		}, {
			"a line that is no JSON",
			`eventType=message`,
			Verdict{Outcome: Invalid, Rules: []string{"body-json"}, Message: "body-json: the body is not one JSON value"},
		},
	} {
		t.Run(tc.why, func(t *testing.T) {
			tc.want.Line = 1
			if diff := cmp.Diff([]Verdict{tc.want}, read(t, tc.body)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEnvelopeIsToldByItsOwnDataKey(t *testing.T) {
	for _, tc := range []struct {
		why, body string
		want      bool
	}{
		{"a webhook body", `{"botId":"b","data":{}}`, true},
		{"white space around the key", "{ \"botId\" : 1 ,\t\"data\" : null }", true},
		{"the key spelt with an escape", `{"d\u0061ta":{}}`, true},
		{"after a nested value", `{"x":{"y":["}",{"z":"\""}]},"data":1}`, true},
		{"a request", `{"eventType":"message","text":"hi"}`, false},
		{"as a value", `{"text":"data","agent":"\"data\":"}`, false},
		{"inside another object", `{"x":{"data":1},"y":[{"data":2}]}`, false},
		{"another case is another key", `{"Data":{}}`, false},
		{"a longer key", `{"data2":1,"\\data":1}`, false},
		{"not an object", `["data"]`, false},
		{"a string that does not end", `{"data`, false},
		{"an escape that does not end", `{"\`, false},
		{"more closed than opened", `}}"data":1`, false},
		{"nothing", ``, false},
	} {
		if got := isEnvelope([]byte(tc.body)); got != tc.want {
			t.Errorf("%s: isEnvelope(%s) = %v", tc.why, tc.body, got)
		}
	}
}

// TestBurstsStayWithTheirConversation sends the events of two conversations in bursts, and the outcome
// of each must not depend on the other.
func TestBurstsStayWithTheirConversation(t *testing.T) {
	input := strings.Repeat(line("1", "escalationQueueUpdate")+"\n", 100) +
		strings.Repeat(line("2", "escalationSuccess")+"\n", 2) +
		line("1", "escalationFailed") + "\n" +
		strings.Repeat(line("1", "escalationFailed")+"\n", 50) +
		line("2", "agentDisconnect") + "\n" +
		strings.Repeat(line("2", "agentDisconnect")+"\n", 50)
	count := map[string]map[Outcome]int{"1": {}, "2": {}}
	for _, v := range read(t, input) {
		count[v.Conversation][v.Outcome]++
	}
	want := map[string]map[Outcome]int{"1": {Allowed: 101, Refused: 50}, "2": {Allowed: 2, Refused: 51}}
	if diff := cmp.Diff(want, count); diff != "" {
		t.Error(diff)
	}
}

func TestFurtherRoundsAndInputs(t *testing.T) {
	const (
		open = `{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetEscalate"}}` + "\n"
		end  = `{"botId":"b","data":{"platformConversationId":"1","eventType":"widgetEndSession"}}` + "\n"
		fail = `{"platformConversationId":"1","eventType":"escalationFailed"}` + "\n"
	)
	for _, requireOpen := range []bool{false, true} {
		c := New(strict(t), requireOpen)
		var states []fsm.State
		for _, input := range []string{open + fail, "\n" + fail + open, fail + open + end} {
			for _, v := range readWith(t, c, strings.NewReader(input)) {
				states = append(states, v.State)
			}
		}
		want := []fsm.State{fsm.Pending, fsm.Failed, fsm.Failed, fsm.Pending, fsm.Failed, fsm.Pending, fsm.Ended}
		if diff := cmp.Diff(want, states); diff != "" {
			t.Errorf("requireOpen %v: %s", requireOpen, diff)
		}
	}
}

// TestConversationIsKnownByItsIDAlone: requests do not name their bot, so an end under one bot ends the
// conversation of that id under every other.
func TestConversationIsKnownByItsIDAlone(t *testing.T) {
	got := read(t, line("1", "escalationSuccess")+"\n"+
		`{"botId":"another","data":{"platformConversationId":"1","eventType":"widgetEndSession"}}`+"\n"+
		line("1", "message"))
	if got[2].Outcome != Refused || got[2].State != fsm.Ended {
		t.Errorf("got %+v, want the message refused in the state ended", got[2])
	}
}

func TestReadErrorComesLast(t *testing.T) {
	broken := errors.New("cable pulled")
	in := io.MultiReader(strings.NewReader("{}\n{\"eventType\":\"mess"), errorReader{broken})
	var verdicts int
	var last error
	for _, err := range New(strict(t), false).Read(in) {
		if last != nil {
			t.Fatal("something came after the error")
		}
		if last = err; err == nil {
			verdicts++
		}
	}
	if verdicts != 1 || last != broken {
		t.Errorf("%d verdicts, error %v; want one for the finished line, then the reader's error", verdicts, last)
	}
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

func TestReadStopsWhenTold(t *testing.T) {
	for range New(strict(t), false).Read(strings.NewReader("{}\n{}\n")) {
		break
	}
}
