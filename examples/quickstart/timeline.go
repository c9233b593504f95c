package main

import (
	"fmt"
	"io"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/rules"
)

// timeline prints the story.
type timeline struct{ out io.Writer }

func (t timeline) comment(text string) { fmt.Fprintf(t.out, "\n%s\n", text) }

func (t timeline) wire(direction string, kind events.Kind, answer string, body []byte) {
	fmt.Fprintf(t.out, "  %s  %v  answered %s\n    %s\n", direction, kind, answer, body)
}

func (t timeline) refused(kind events.Kind, r *rules.Refusal) {
	fmt.Fprintf(t.out, "  CRM -> widget  %v  REFUSED, nothing was sent\n    %v\n", kind, r)
}

func (t timeline) state(s escalation.Status) {
	fmt.Fprintf(t.out, "  state %v, allowed now: %v\n", s.State, s.Allowed)
}

func (t timeline) saw(text string) { fmt.Fprintf(t.out, "  %s\n", text) }
