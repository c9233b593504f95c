package scenario_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
)

// TestRedeliver: a webhook comes once more when other things have happened, equal to the byte. It meets no fault that waits for the
// next one, and the newest of its type is taken.
func TestRedeliver(t *testing.T) {
	in(t, func(s *stage) {
		s.takes = time.Second
		out := s.play(begin+joins+`,
			{"visitor": "write", "text": "first"}, {"visitor": "write", "text": "second"},
			{"webhook": {"copies": 1}},
			{"redeliver": "widgetMessage", "times": 2}, {"redeliver": "widgetEscalate"},
			{"visitor": "leave"}`, nil)
		if !out.Passed() {
			t.Errorf("%v", texts(out.Reasons))
		}
		if want := 8*time.Second + scenario.DefaultQuiet; out.Took != want {
			t.Errorf("it took %v, want %v: each is waited for", out.Took, want)
		}
		var got []string
		bodies := map[string][]string{}
		for _, w := range s.api.Webhooks() {
			got = append(got, w.EventType)
			bodies[w.EventType] = append(bodies[w.EventType], string(w.Body))
		}
		if diff := cmp.Diff([]string{
			"widgetEscalate", "widgetMessage", "widgetMessage", "widgetMessage", "widgetMessage", "widgetEscalate",
			"widgetEndSession", "widgetEndSession",
		}, got); diff != "" {
			t.Fatalf("webhooks (-want +got)\n%s", diff)
		}
		said := bodies["widgetMessage"]
		if said[0] == said[1] || said[2] != said[1] || said[3] != said[1] {
			t.Errorf("again came %q, %q; before it were %q, %q", said[2], said[3], said[0], said[1])
		}
	})
}

// TestRedeliverUnanswered: the CRM has to answer it as it has the first one.
func TestRedeliverUnanswered(t *testing.T) {
	in(t, func(s *stage) {
		s.act = func(s *stage, body []byte) error {
			s.takes = time.Minute
			return s.send(body)
		}
		out := s.play(begin+joins+`, {"redeliver": "widgetEscalate"}`, nil)
		if diff := cmp.Diff([]string{"webhook: widgetEscalate got no answer: no whole answer within 10s"}, texts(out.Reasons)); diff != "" {
			t.Errorf("reasons (-want +got)\n%s", diff)
		}
	})
}
