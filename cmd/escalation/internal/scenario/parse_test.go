package scenario_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
)

func TestParseReadsEveryField(t *testing.T) {
	const text = `{
	  "name": "all-of-it", "about": "Every field.", "seed": 18446744073709551615, "copies": 2,
	  "chaos": {"tooMany": 0.5, "retryAfter": 1, "slow": 0.25, "maxDelay": "1.5s"},
	  "steps": [
	    {"note": "a remark", "visitor": "escalate", "to": "support", "conversation": "b"},
	    {"agent": {"eventType": "escalationQueueUpdate", "queuePosition": "3", "waitingTime": "12"}},
	    {"agent": {"eventType": "message", "text": ""}, "refused": true, "times": 2},
	    {"agent": {"eventType": "escalationSuccess", "agent": "Ann", "agentAvatar": "https://example.com/a.png"}},
	    {"fault": {"status": 429, "retryAfter": "1", "process": false, "delay": "20ms"}, "times": 3},
	    {"fault": {"cut": "before-body"}, "all": true},
	    {"fault": {"cut": "after-body", "late": "1m"}},
	    {"fault": {"cut": "in-answer", "afterNext": true}},
	    {"webhook": {"delay": "1s", "copies": 2, "afterNext": true}},
	    {"webhook": {"drop": true}},
	    {"redeliver": "widgetEscalate", "conversation": "b", "times": 2},
	    {"key": "another key"},
	    {"wait": {"lines": 3, "text": "Ann joined", "state": "connected", "requests": 4, "pause": "1s", "within": "2s"}},
	    {"together": [{"visitor": "write", "text": "Hello"}, {"visitor": "leave"}]}
	  ],
	  "widget": ["Ann joined"],
	  "widgets": {"b": []}
	}`
	got, err := scenario.Parse("all.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	no := false
	is := func(s string) *string { return &s }
	want := &scenario.Scenario{
		Name: "all-of-it", About: "Every field.", Seed: 1<<64 - 1, Copies: 2,
		Chaos: &scenario.Chaos{TooMany: 0.5, RetryAfter: 1, Slow: 0.25, MaxDelay: scenario.Duration(1500 * time.Millisecond)},
		Steps: []scenario.Step{
			{Note: "a remark", Visitor: scenario.Escalate, To: "support", Conversation: "b"},
			{Agent: &scenario.Act{EventType: is("escalationQueueUpdate"), QueuePosition: is("3"), WaitingTime: is("12")}},
			{Agent: &scenario.Act{EventType: is("message"), Text: is("")}, Refused: true, Times: 2},
			{Agent: &scenario.Act{EventType: is("escalationSuccess"), Agent: is("Ann"), AgentAvatar: is("https://example.com/a.png")}},
			{Fault: &scenario.Fault{Status: 429, RetryAfter: "1", Process: &no, Delay: scenario.Duration(20 * time.Millisecond)}, Times: 3},
			{Fault: &scenario.Fault{Cut: scenario.CutBeforeBody}, All: true},
			{Fault: &scenario.Fault{Cut: scenario.CutAfterBody, Late: scenario.Duration(time.Minute)}},
			{Fault: &scenario.Fault{Cut: scenario.CutInAnswer, AfterNext: true}},
			{Webhook: &scenario.WebhookFault{Delay: scenario.Duration(time.Second), Copies: 2, AfterNext: true}},
			{Webhook: &scenario.WebhookFault{Drop: true}},
			{Redeliver: "widgetEscalate", Conversation: "b", Times: 2},
			{Key: "another key"},
			{Wait: &scenario.Wait{
				Lines: 3, Text: "Ann joined", State: "connected", Requests: 4,
				Pause: scenario.Duration(time.Second), Within: scenario.Duration(2 * time.Second),
			}},
			{Together: []scenario.Step{{Visitor: scenario.Write, Text: "Hello"}, {Visitor: scenario.Leave}}},
		},
		Widget:  []string{"Ann joined"},
		Widgets: map[string][]string{"b": {}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"b", "1"}, got.Conversations()); diff != "" {
		t.Errorf("conversations (-want +got)\n%s", diff)
	}
}

// with puts a step into a scenario; it stands in line 3.
func with(step string) string {
	return "{\"name\": \"x\", \"about\": \"y\", \"steps\": [\n\n" + step + "\n]}"
}

func TestParseSaysWhatIsWrongAndWhere(t *testing.T) {
	nothing := []string{"1: name: is missing", "1: about: is missing: one sentence about what is shown", "1: steps: there must be at least one"}
	nothing = nothing[:3:3] // appending copies it
	for _, tc := range []struct {
		why  string
		text string
		want []string // all lines of the error, each behind "scenario: f.json:"
	}{
		{"no JSON", "\n{", []string{"2: the file ends before the JSON does"}},
		{"empty", "", []string{"1: the file ends before the JSON does"}},
		{"not JSON", "{\n\"name\": x}", []string{"2: not JSON: invalid character 'x' looking for beginning of value"}},
		{"a comma too many", "{\n\"name\": \"x\",\n}", []string{"3: not JSON: invalid character '}' looking for beginning of object key string"}},
		{"a comma at the beginning", "\n,", []string{"2: not JSON: invalid character ',' looking for beginning of value"}},
		{"a string without an end", "{\n\"name\": \"x\n}", []string{`2: not JSON: invalid character '\n' in string literal`}},
		{"two objects", "{}\n{}", []string{"2: something follows the end of the object"}},
		{"not UTF-8", "{\n\"name\": \"\xff\"}", []string{"2: not valid UTF-8"}},
		{"not an object", "[]", []string{"1: must be an object"}},
		{"a bottomless pit", strings.Repeat("[", 30), []string{"1: nested deeper than 20"}},
		{"all that is missing", "{}", nothing},
		{"an unknown field", "{\n\"nmae\": \"x\"}",
			append(nothing, "2: nmae: unknown field; there are name, about, seed, copies, chaos, steps, widget, widgets")},
		{"another case is another field", with(`{"Visitor": "leave"}`),
			[]string{"3: steps[0].Visitor: unknown field; there are note, conversation, visitor, to, text, agent, refused, fault, all, webhook, redeliver, key, wait, together, times"}},
		{"a field that would ring a terminal's bell", "{\"\\u0007\": 1}",
			append([]string{"1: ?: unknown field; there are name, about, seed, copies, chaos, steps, widget, widgets"}, nothing...)},
		{"a field twice", "{\"name\": \"x\",\n\"name\": \"x\"}", append(nothing[1:3:3], "2: name: stands here twice")},
		{"every wrong type, in the order of the lines", "{\"name\": 1,\n\"about\": [],\n\"seed\": -1,\n\"copies\": 1.5,\n\"steps\": {},\n\"widget\": [\n1]}", []string{
			"1: name: must be a string", "2: about: must be a string", "3: seed: must be a whole number from 0",
			"4: copies: must be a whole number from 1", "5: steps: must be a list", "7: widget[0]: must be a string",
		}},
		{"what is wrong in other parts, and not what follows from it", "{\"name\": \"Bad Name\", \"about\": \"x\",\n\"steps\": [{\"visitor\": \"shout\", \"text\": \"x\"},\n" +
			"{\"fault\": {\"status\": 999}},\n{\"key\": \"k\", \"visitor\": \"leave\"}],\n\"widget\": \"x\", \"widgets\": {\"2\": []}}", []string{
			`1: name: must be lower-case letters and digits, in words joined by "-"`, "2: steps[0].visitor: must be one of escalate, write, leave",
			"3: steps[1].fault.status: must be from 200 to 599",
			"4: steps[2]: must have exactly one of visitor, agent, fault, webhook, redeliver, key, wait and together; it has visitor and key",
			"5: widget: must be a list",
		}},
		{"null", with(`{"visitor": null}`), []string{"3: steps[0].visitor: must be one of escalate, write, leave, not null: leave it out"}},
		{"a number is no string", with(`{"agent": {"eventType": "escalationQueueUpdate", "queuePosition": 3}}`),
			[]string{"3: steps[0].agent.queuePosition: must be a string"}},
		{"a length without a unit", with(`{"wait": {"pause": 5}}`), []string{`3: steps[0].wait.pause: must be a length of time such as "1.5s"`}},
		{"a length below zero", with(`{"wait": {"pause": "-1s"}}`), []string{`3: steps[0].wait.pause: must be a length of time such as "1.5s"`}},
		{"an unknown state", with(`{"wait": {"state": "open"}}`),
			[]string{"3: steps[0].wait.state: must be one of none, pending, queued, connected, failed, ended"}},
		{"an unknown cut", with(`{"fault": {"cut": "before"}}`), []string{"3: steps[0].fault.cut: must be one of before-body, after-body, in-answer"}},
		{"no action", with(`{"note": "nothing"}`),
			[]string{"3: steps[0]: must have exactly one of visitor, agent, fault, webhook, redeliver, key, wait and together; it has none"}},
		{"two actions", with("{\"key\": \"k\",\n\"visitor\": \"leave\"}"),
			[]string{"3: steps[0]: must have exactly one of visitor, agent, fault, webhook, redeliver, key, wait and together; it has visitor and key"}},
		{"what does not belong together", with("{\"key\": \"k\",\n\"times\": 2,\n\"refused\": true}"), []string{
			"4: steps[0].times: does not go with key", "5: steps[0].refused: does not go with key",
		}},
		{"fields of other moves", with(`{"visitor": "leave", "to": "x", "text": "y", "times": 2}`), []string{
			"3: steps[0].to: goes with escalate", "3: steps[0].text: goes with write", "3: steps[0].times: goes with write",
		}},
		{"a visitor of whom the CRM never hears", with("{\"visitor\": \"write\", \"text\": \"x\"},\n{\"visitor\": \"escalate\"}, {\"visitor\": \"leave\"},\n{\"visitor\": \"leave\"}"), []string{
			"3: steps[0].visitor: the visitor must escalate first: until then, and after he has left, the CRM hears nothing of him",
			"5: steps[3].visitor: the visitor must escalate first: until then, and after he has left, the CRM hears nothing of him",
		}},
		{"a webhook again that never came", with("{\"visitor\": \"escalate\"},\n{\"redeliver\": \"widgetMessage\"},\n{\"redeliver\": \"widgetEscalate\", \"conversation\": \"2\"}"), []string{
			"4: steps[1].redeliver: no widgetMessage of this conversation comes before it",
			"5: steps[2].redeliver: no widgetEscalate of this conversation comes before it",
		}},
		{"again what is no webhook", with(`{"redeliver": "message"}`),
			[]string{"3: steps[0].redeliver: must be one of widgetEscalate, widgetMessage, widgetEndSession"}},
		{"a wish without words", with(`{"visitor": "write"}`), []string{"3: steps[0].text: is missing"}},
		{"numbers that are none, with the least that may be", with("{\"visitor\": \"write\", \"text\": \"x\", \"times\": \"2\"},\n{\"together\": [{\"fault\": {\"status\": -1}, \"times\": 0.5},\n" +
			"{\"wait\": {\"lines\": true, \"requests\": -1}}]},\n{\"webhook\": {\"copies\": \"\"}}"), []string{
			"3: steps[0].times: must be a whole number from 1", "4: steps[1].together[0].fault.status: must be a whole number from 200",
			"4: steps[1].together[0].times: must be a whole number from 1", "5: steps[1].together[1].wait.lines: must be a whole number from 0",
			"5: steps[1].together[1].wait.requests: must be a whole number from 0", "6: steps[2].webhook.copies: must be a whole number from 0",
		}},
		{"no copy at all", "{\"name\": \"x\", \"about\": \"x\",\n\"copies\": 0, \"steps\": [{\"visitor\": \"escalate\"}]}", []string{"2: copies: must be from 1 to 200"}},
		{"no times at all", with(`{"visitor": "write", "text": "x", "times": 0}`), []string{"3: steps[0].times: must be from 1 to 10000"}},
		{"an event that is none", with(`{"agent": {"eventType": "hello"}}`), []string{
			`3: steps[0].agent: is no event of the API (which only an agent whose step is "refused" may try): events: invalid body: eventType is required and must be one of escalationQueueUpdate, escalationSuccess, message, escalationFailed, agentDisconnect`}},
		{"an event without a type", with(`{"agent": {"text": "hello"}, "refused": true}`), []string{"3: steps[0].agent.eventType: is missing"}},
		{"a fault that is none", with(`{"fault": {}}`), []string{"3: steps[0].fault: nothing goes wrong: it is empty"}},
		{"a status that is none", with(`{"fault": {"status": 99}}`), []string{
			"3: steps[0].fault.status: must be from 200 to 599", "3: steps[0].fault: fault 1: fakeapi: fault: status 99 cannot be an answer"}},
		{"a cut that names no conversation", with(`{"fault": {"cut": "before-body"}}`),
			[]string{`3: steps[0].fault.cut: the conversation stands in the body: this cut goes with "all"`}},
		{"all and one", with(`{"fault": {"status": 500}, "all": true, "conversation": "2"}`),
			[]string{"3: steps[0].all: all conversations, or one: not both"}},
		{"a retry after never", with(`{"fault": {"status": 429, "retryAfter": "soon"}}`),
			[]string{"3: steps[0].fault.retryAfter: must be a number of seconds, or a date as in HTTP"}},
		{"a webhook dropped and doubled", with(`{"webhook": {"drop": true, "copies": 1}}`),
			[]string{"3: steps[0].webhook: fault 1: fakeapi: webhook fault: Drop excludes all else"}},
		{"a wait for nothing", with(`{"wait": {"within": "1s"}}`), []string{"3: steps[0].wait: nothing is waited for: it is empty"}},
		{"together alone", with("{\"together\": [\n{\"visitor\": \"escalate\"}]}"), []string{"3: steps[0].together: must have at least two steps"}},
		{"together in together", with("{\"together\": [{\"visitor\": \"escalate\"},\n{\"together\": [{\"visitor\": \"escalate\"}, {\"visitor\": \"escalate\"}]}]}"),
			[]string{"4: steps[0].together[1].together: must not stand in another"}},
		{"two agents of one conversation", with(`{"together": [{"agent": {"eventType": "escalationFailed"}}, {"agent": {"eventType": "escalationFailed"}}]}`),
			[]string{`3: steps[0].together[1].agent: another step beside it is of the same agent: nobody could tell their order`}},
		{"a seed for nothing", `{"name": "x", "about": "y", "seed": 7, "steps": [{"visitor": "escalate"}]}`, []string{"1: seed: goes with chaos"}},
		{"too much chaos", `{"name": "x", "about": "y", "chaos": {"tooMany": 2}, "steps": [{"visitor": "escalate"}]}`, []string{
			"1: chaos: fakeapi: chaos: TooMany is 2, not from 0 to 1; fakeapi: chaos: the chances of requests are 2 together, more than 1"}},
		{"a name that is no part of an id", "{\"name\":\n\"A b\", \"about\": \"y\", \"steps\": [{\"visitor\": \"escalate\", \"conversation\": \"_\"}]}", []string{
			`2: name: must be lower-case letters and digits, in words joined by "-"`,
			`2: steps[0].conversation: must be lower-case letters and digits, in words joined by "-"`}},
		{"a widget of nobody", "{\"name\": \"x\", \"about\": \"y\", \"steps\": [{\"visitor\": \"escalate\"}],\n\"widgets\": {\"1\": [],\n\"2\": []}}", []string{
			`2: widgets.1: conversation "1" is that of widget`, "3: widgets.2: no step is about this conversation"}},
	} {
		t.Run(tc.why, func(t *testing.T) {
			_, err := scenario.Parse("f.json", []byte(tc.text))
			if err == nil {
				t.Fatal("no error")
			}
			if _, ok := errors.AsType[*scenario.FileError](err); !ok {
				t.Errorf("%T is no *FileError", err)
			}
			var got []string
			for line := range strings.Lines(strings.TrimPrefix(err.Error(), "scenario: ")) {
				got = append(got, strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "f.json:"))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestParseRefusesALargeFile(t *testing.T) {
	if _, err := scenario.Parse("f.json", make([]byte, 4<<20+1)); err == nil {
		t.Error("no error")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(with(`{"agent": {"eventType": "message", "text": "{n}"}, "times": 2}`)))
	f.Add([]byte(`{"name": "x", "chaos": {"late": 1e-3}, "widgets": {"2": ["", null]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		sc, err := scenario.Parse("f", text)
		if err == nil {
			sc.Conversations()
			return
		}
		wrong, ok := errors.AsType[*scenario.FileError](err)
		if !ok || len(wrong.Problems) == 0 {
			t.Fatalf("%T: %v", err, err)
		}
		for _, p := range wrong.Problems {
			if p.Line < 1 || p.Line > 1+strings.Count(string(text), "\n") || p.Text == "" {
				t.Errorf("%+v", p)
			}
		}
	})
}
