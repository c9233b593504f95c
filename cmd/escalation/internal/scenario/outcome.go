package scenario

import (
	"fmt"
	"slices"
	"time"
)

// Kind is a kind of reason for which a scenario fails.
type Kind string

// The kinds.
const (
	Rule       Kind = "rule"       // a request broke a rule
	Lost       Kind = "lost"       // the CRM took an event, and the visitor never saw it
	Doubled    Kind = "doubled"    // the visitor saw an event again that the CRM knew to have arrived
	Order      Kind = "order"      // the visitor saw an older event after a newer one
	Unexpected Kind = "unexpected" // the visitor saw what nobody asked the CRM for, or not that way
	TooSoon    Kind = "too-soon"   // the CRM sent an event again before the time that it had been asked to wait
	Refused    Kind = "refused"    // the CRM refused what its agent may do
	NotDone    Kind = "not-done"   // something was waited for in vain
	Webhook    Kind = "webhook"    // the CRM did not answer a webhook with 2xx
	Desk       Kind = "desk"       // the CRM's desk did not answer as its protocol says
	Flood      Kind = "flood"      // the CRM sent so many requests that the run was stopped
)

// Kinds returns all kinds.
func Kinds() []Kind {
	return []Kind{Rule, Lost, Doubled, Order, Unexpected, TooSoon, Refused, NotDone, Webhook, Desk, Flood}
}

// Reason is one reason for which a scenario fails.
type Reason struct {
	Kind         Kind
	Rule         string // id of the broken rule, if Kind is Rule
	Conversation string // id; empty if it is about none
	Request      int    // arrival number at the platform; 0 if it is about none
	Text         string // what happened, for people
}

// String returns the reason in one line, without its conversation.
func (r Reason) String() string {
	out := string(r.Kind)
	if r.Rule != "" {
		out += " " + r.Rule
	}
	if r.Request > 0 {
		out += fmt.Sprintf(" (request %d)", r.Request)
	}
	return out + ": " + r.Text
}

// maxReasons is how many reasons of a kind, and of each rule, are kept for one conversation; the last says how many there are.
const maxReasons = 10

// Conversation is what came of one conversation.
type Conversation struct {
	Name  string // in the file; with its copy behind a slash if there are several
	ID    string
	Lines []Line // what the visitor saw, in that order
	Chart string // all that happened, for people; empty if nothing failed
}

// Line is one line of the visitor's widget.
type Line struct {
	By      string // crm, visitor or bot
	Text    string
	Request int // that caused it; 0 if the CRM did not
}

// Outcome is what came of a scenario.
type Outcome struct {
	Took          time.Duration
	Taken         int // events that the CRM took from its agent
	Conversations []Conversation
	Reasons       []Reason // for which it fails; none: it passed
	Notes         []Reason // what is worth knowing, and no reason

	// Since returns the reasons to fail that have come up since the run was over, and ends the watching: call it once. Nil
	// unless Options.Follow was set and the run passed.
	Since func() []Reason
}

// Passed reports whether there is no reason to fail.
func (o *Outcome) Passed() bool { return len(o.Reasons) == 0 }

// Kinds returns the kinds of all reasons, each once, in the order of Kinds.
func (o *Outcome) Kinds() []Kind {
	var out []Kind
	for _, k := range Kinds() {
		if slices.ContainsFunc(o.Reasons, func(r Reason) bool { return r.Kind == k }) {
			out = append(out, k)
		}
	}
	return out
}
