package desk

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/escalationkit/escalation/events"
)

// Repair is something that a person may decide about what is parked. Act gets the decision as
//
//	{"platformConversationId": …, "repair": ID}
//
// and, if there is an Event, with the fields of that event, as the person has changed them, beside these two.
type Repair struct {
	ID    string `json:"id"`              // names this choice, at this point of the conversation
	Label string `json:"label"`           // what stands on its button
	About string `json:"about"`           // what comes of it, for the agent to read
	Event Event  `json:"event,omitempty"` // to begin with, if the choice needs an event
}

// RepairIn returns the ID of the repair that a body of Act asks for, and the body without it. The ID is empty if the body
// is an event, or nothing that can be read.
func RepairIn(body []byte) (id string, rest []byte) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil || json.Unmarshal(fields["repair"], &id) != nil || id == "" {
		return "", body
	}
	delete(fields, "repair")
	rest, err := json.Marshal(fields)
	if err != nil { // what was just read can be written
		return "", body
	}
	return id, rest
}

// checkRepairs demands that choices can be told apart, shown, and made.
func checkRepairs(repairs []Repair) error {
	seen := map[string]bool{}
	for _, r := range repairs {
		switch {
		case r.ID == "":
			return errors.New(`"repairs" has one without "id"`)
		case seen[r.ID]:
			return fmt.Errorf(`"repairs" has %q twice`, brief(r.ID))
		case r.Label == "":
			return fmt.Errorf(`"repairs" has %q without "label"`, brief(r.ID))
		}
		if kind, err := events.ParseKind(r.Event["eventType"]); r.Event != nil && (err != nil || !kind.Outbound()) {
			return fmt.Errorf(`"repairs" has %q with an "event" that no agent can send`, brief(r.ID))
		}
		seen[r.ID] = true
	}
	return nil
}
