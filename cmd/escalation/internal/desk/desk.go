// Package desk is the protocol by which the sandbox and verify steer a CRM under test: they tell it what its agent does
// now, and ask what the agent may do. A CRM in any language can serve it; docs/desk-protocol.md is the contract in full.
//
//	POST {desk}                     an outbound event, as the API takes it: the agent does this now; or a repair
//	GET  {desk}?conversation=ID     where the conversation stands for the agent; optional
//
// # Guarantees
//
//   - [NewHandler] answers a POST with 2xx only if the desk says that it took the event, and with 409 only if it says that
//     it did not and nothing changed. After any other answer, or none, nobody knows. (TestHandlerAnswers)
//   - A 409 is a refusal whatever its body says; the body says why. (TestActByStatus)
//   - Whatever the other side sends, [Client] and [NewHandler] read a bounded part of it. (TestEndlessAnswer,
//     TestHandlerAnswers)
//   - [Client] waits for a bounded time, follows no redirect, uses no proxy of the environment and sends no event twice.
//     (TestTimeout, TestActByStatus)
//   - Unknown fields of a view are passed over, so that the protocol can grow. Wrong ones are errors that name the field.
//     (TestViewIsStrict)
package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"unicode/utf8"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// The bounds of what is read.
const (
	MaxBody   = events.MaxBodyBytes // of an event
	MaxAnswer = 64 << 10            // of an answer
)

// ErrNoView: the CRM does not offer a view. It can be steered all the same.
var ErrNoView = errors.New("desk: the CRM offers no view")

// Desk is the desk of one agent, in this process or, as a [*Client], behind an address. Safe for concurrent use.
type Desk interface {
	// Act does what the agent does: body is an outbound event as the API takes it, or a decision on one of
	// View.Repairs (see RepairIn), and is not kept. It returns
	//
	//   - nil: the CRM took the event and will see to it;
	//   - a *Refusal: it did not take it, and nothing changed;
	//   - anything else: it is not known whether the event was taken.
	Act(ctx context.Context, body []byte) error

	// View tells where a conversation stands; one that was never heard of is in the state none. The error is
	// ErrNoView if the CRM does not offer that.
	View(ctx context.Context, conversationID string) (View, error)
}

// View is where a conversation stands for the agent.
type View struct {
	Conversation string     `json:"conversation"`
	State        fsm.State  `json:"state"`    // by what the API acknowledged
	Accepted     fsm.State  `json:"accepted"` // by what the CRM took: what it decides on. An answer without it means State
	Round        int        `json:"round"`    // 0 before the first
	Pending      int        `json:"pending"`  // events that were taken and are still to be sent
	Parked       string     `json:"parked"`   // why nothing is sent until a person decides; empty if that is not so
	Kinds        []KindView `json:"kinds"`    // each outbound kind once

	// Repairs is what a person may decide at this desk while Parked is not empty. Empty: that is done elsewhere.
	Repairs []Repair `json:"repairs,omitempty"`
}

// KindView says whether the agent may do one kind of event now.
type KindView struct {
	Kind    events.Kind `json:"kind"`
	Allowed bool        `json:"allowed"`
	Rules   []string    `json:"rules"`  // ids of the rules against it
	Reason  string      `json:"reason"` // why not, for the agent to read; not empty unless allowed
}

// Kind returns what the view says of a kind; the zero KindView if it says nothing.
func (v View) Kind(k events.Kind) KindView {
	for _, kind := range v.Kinds {
		if kind.Kind == k {
			return kind
		}
	}
	return KindView{}
}

// Refusal says that the CRM did not take an event. It is an error.
type Refusal struct {
	Rules   []string `json:"rules"`   // ids of the broken rules; empty if the CRM named none
	Message string   `json:"message"` // why, for a person to read
	Allowed []string `json:"allowed"` // the kinds that are possible now
}

func (r *Refusal) Error() string {
	allowed := "none"
	if len(r.Allowed) > 0 {
		allowed = strings.Join(r.Allowed, ", ")
	}
	why := r.Message
	if len(r.Rules) > 0 {
		why = strings.Join(r.Rules, ", ") + ": " + why
	}
	return fmt.Sprintf("desk: refused: %s; allowed: %s", why, allowed)
}

// Event holds the fields of an outbound event by their names on the wire; all values are strings there.
type Event map[string]string

// Body returns the event as the body of Act, for the given conversation.
func (e Event) Body(conversationID string) ([]byte, error) {
	all := maps.Clone(e)
	if all == nil {
		all = Event{}
	}
	all["platformConversationId"] = conversationID
	for name, value := range all {
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			return nil, fmt.Errorf("desk: field %q is not valid UTF-8", name) // JSON would change it in silence
		}
	}
	body, err := json.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("desk: %w", err)
	}
	return body, nil
}
