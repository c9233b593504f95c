package scenario_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
)

// TestLineTextIsThePlatforms: the lines that are expected read as those that the platform shows.
func TestLineTextIsThePlatforms(t *testing.T) {
	in(t, func(s *stage) {
		agent := ""
		for _, fields := range []map[string]string{
			{"eventType": "escalationQueueUpdate"},
			{"eventType": "escalationQueueUpdate", "queuePosition": "2"},
			{"eventType": "escalationQueueUpdate", "waitingTime": "1"},
			{"eventType": "escalationQueueUpdate", "queuePosition": "2", "waitingTime": "10"},
			{"eventType": "escalationSuccess"},
			{"eventType": "message", "text": "x"},
			{"eventType": "escalationSuccess", "agent": "Ann", "agentAvatar": "https://example.com/a.png"},
			{"eventType": "message", "text": "x"},
			{"eventType": "escalationFailed"},
			{"eventType": "agentDisconnect"},
		} {
			body, err := desk.Event(fields).Body("1")
			if err != nil {
				t.Fatal(err)
			}
			if err := s.send(body); err != nil {
				t.Fatal(err)
			}
			if fields["eventType"] == "escalationSuccess" {
				agent = fields["agent"]
			}
			lines := s.api.Widget("1")
			if got, want := scenario.LineText(fields, agent), lines[len(lines)-1].Text; got != want {
				t.Errorf("%v: %q, the platform shows %q", fields, got, want)
			}
		}
	})
}

// TestWidgetIsDemanded: what the file writes down must have been seen, whether the visitor leaves or not.
func TestWidgetIsDemanded(t *testing.T) {
	queue := func(position string) string {
		return `{"agent": {"eventType": "escalationQueueUpdate", "queuePosition": "` + position + `"}}, `
	}
	for _, tc := range []struct {
		why    string
		drop   string
		steps  string
		widget string
		want   []string
		notes  []string
	}{
		{why: "all of it was seen", steps: begin + joins + `,` + leaving, widget: `["Ann joined"]`},
		{
			why: "the visitor leaves at once", drop: "line", steps: begin + joins + `,` + says + `,` + leaving,
			widget: `["Ann joined", "Ann: line 1", "Ann: line 2", "Ann: line 3"]`,
			want: []string{`lost: widget[1]: the visitor never saw "Ann: line 1"`, `lost: widget[2]: the visitor never saw "Ann: line 2"`,
				`lost: widget[3]: the visitor never saw "Ann: line 3"`},
			notes: []string{"lost: widget demands what need not come any more once the visitor has left: let the scenario wait for the line before that, or leave out widget"},
		},
		{
			why: "nobody left", steps: begin + joins, widget: `["Ann joined", "Ann: line 1"]`,
			want: []string{`lost: widget[1]: the visitor never saw "Ann: line 1"`},
		},
		{
			why: "a queue update that a newer one replaced", drop: `"9"`, steps: begin + queue("9") + queue("8") + leaving,
			widget: `["You are number 9 in the queue", "You are number 8 in the queue"]`,
		},
		{
			why: "other words", steps: begin + joins + `,` + says, widget: `["Bob joined", "Ann: line 1", "Ann: line 3"]`,
			want: []string{`unexpected (request 1): widget[0]: want "Bob joined", the visitor saw "Ann joined"`,
				`unexpected (request 3): the visitor saw "Ann: line 2", which is not in widget`},
		},
		{
			why: "fewer words", steps: begin + joins + `,` + says, widget: `["Ann joined", "Ann: line 1", "Ann: line 2"]`,
			want: []string{`unexpected (request 4): the visitor saw "Ann: line 3", which is not in widget`},
		},
	} {
		t.Run(tc.why, func(t *testing.T) {
			in(t, func(s *stage) {
				s.act = func(s *stage, body []byte) error {
					if tc.drop != "" && bytes.Contains(body, []byte(tc.drop)) {
						return nil
					}
					return s.send(body)
				}
				sc, err := scenario.Parse("f.json", []byte(`{"name": "test", "about": "y", "steps": [`+tc.steps+`], "widget": `+tc.widget+`}`))
				if err != nil {
					s.t.Fatal(err)
				}
				out, err := scenario.Run(s.t.Context(), s.api, s, sc, &scenario.Options{Watch: s.watch})
				if err != nil {
					s.t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, texts(out.Reasons)); diff != "" {
					s.t.Errorf("(-want +got)\n%s", diff)
				}
				if diff := cmp.Diff(tc.notes, texts(out.Notes)); diff != "" {
					s.t.Errorf("notes (-want +got)\n%s", diff)
				}
				if out.Took != scenario.DefaultQuiet {
					s.t.Errorf("it took %v", out.Took)
				}
			})
		})
	}
}
