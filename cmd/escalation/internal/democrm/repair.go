package democrm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/store"
)

// maxBegin bounds the event that a replacement begins with: a view has to fit into an answer.
const maxBegin = 16 << 10

// parked says in words why a conversation waits for a person, and what that may decide.
func parked(ctx context.Context, conversation *escalation.Conversation, p store.Park) (why string, repairs []desk.Repair, err error) {
	if p.Reason == 0 {
		return "", nil, nil
	}
	entries, err := conversation.History(ctx, p.Number-1, 1)
	if err != nil {
		return "", nil, err
	}
	if len(entries) == 0 || entries[0].Number != p.Number { // it was repaired and forgotten meanwhile
		return fmt.Sprintf("event %d: %v", p.Number, p.Reason), nil, nil
	}
	return reason(p, entries[0]), choices(p, entries[0]), nil
}

func reason(p store.Park, e store.Entry) string {
	what := fmt.Sprintf("%v (event %d)", e.Kind, e.Number)
	switch p.Reason {
	case store.HeadRejected:
		return what + " was rejected by the API"
	case store.HeadUnknown:
		return fmt.Sprintf("nobody knows whether %s has arrived: %d attempts had no answer that says so", what, e.Unknown)
	case store.HeadTooOld:
		return what + " could not be sent for too long"
	case store.HeadStranded:
		return fmt.Sprintf("%s is not possible without event %d, which was not acknowledged", what, p.Cause)
	}
	return fmt.Sprintf("%s: %v", what, p.Reason)
}

// choices are the library's verbs, but for those that its guard would refuse. The first is the one to propose. What is said of each
// has at most 60 bytes: two lines beside its button.
func choices(p store.Park, e store.Entry) []desk.Repair {
	var all []desk.Repair
	offer := func(v escalation.Verb, label, about string, event desk.Event) {
		all = append(all, desk.Repair{ID: fmt.Sprintf("%d %v", e.Number, v), Label: label, About: about, Event: event})
	}
	again, other, leave := "Once more.", "In other words.", "Never sent. What waits behind it follows, where it can."
	if e.Unknown > 0 {
		again, other = "If it has arrived already, it is seen twice.", "If the first one has arrived already, both are seen."
	}
	if p.Reason == store.HeadStranded {
		leave = fmt.Sprintf("Never sent, nor is what cannot be without event %d.", p.Cause)
	} else {
		retry := func() { offer(escalation.Retry, "Send it again", again, nil) }
		begin := beginning(e)
		rejected := p.Reason == store.HeadRejected && begin != nil // it would be rejected again as it is
		if !rejected {
			retry()
		}
		if begin != nil {
			offer(escalation.Replace, "Send this instead", other, begin)
		}
		if rejected {
			retry()
		}
		offer(escalation.MarkAcknowledged, "It has arrived", "You saw it in the widget. It counts as acknowledged.", nil)
	}
	offer(escalation.Skip, "Leave it out", leave, nil)
	offer(escalation.Abort, "End the round", "Nothing more is sent, and the visitor is not told.", nil)
	return all
}

// beginning returns an event as it was to be sent, for somebody to change it; nil if there is nothing in it to change.
func beginning(e store.Entry) desk.Event {
	var fields desk.Event
	if len(e.Body) > maxBegin || json.Unmarshal(e.Body, &fields) != nil {
		return nil
	}
	delete(fields, "platformConversationId")
	switch e.Kind {
	case events.KindMessage, events.KindEscalationSuccess, events.KindEscalationQueueUpdate:
		return fields
	}
	return nil
}

// repair carries out what a person decided: body is the conversation's id and, where the decision needs one, an event.
func (c *CRM) repair(ctx context.Context, id string, body []byte) error {
	r := escalation.Repair{By: "the agent", Why: "decided at the desk"}
	var ok bool
	if r.Number, r.Verb, ok = parseRepair(id); !ok {
		return &desk.Refusal{Message: "there is no such choice"}
	}
	request, _, err := events.DecodeRequest(body)
	switch {
	case request.ConversationID == "":
		return &desk.Refusal{Message: "platformConversationId does not say whose choice it is"}
	case r.Verb == escalation.Replace && err != nil:
		return asRefusal(err)
	case r.Verb == escalation.Replace:
		r.Event = request.Event
	}
	return asRefusal(c.client.Bot(c.bot).Conversation(request.ConversationID).Repair(ctx, r))
}

// parseRepair reads the id of a choice.
func parseRepair(id string) (number uint64, verb escalation.Verb, ok bool) {
	digits, name, _ := strings.Cut(id, " ")
	number, err := strconv.ParseUint(digits, 10, 64)
	for v := escalation.Retry; v.Valid(); v++ {
		if v.String() == name {
			return number, v, err == nil
		}
	}
	return 0, 0, false
}

// notRepaired says why a repair was refused.
func notRepaired(e *escalation.RepairError) string {
	if te, ok := errors.AsType[*fsm.TransitionError](e.Err); ok {
		return te.Why
	}
	return e.Err.Error()
}
