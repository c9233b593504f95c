package democrm

import (
	"context"
	"errors"
	"fmt"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/events"
)

// Act implements desk.Desk: the event is stored before it is answered, and sent afterwards. It is refused as the library
// refuses it, and if it has a field that the API does not know, for that would not be sent. A repair is done when it is answered.
func (c *CRM) Act(ctx context.Context, body []byte) error {
	if id, rest := desk.RepairIn(body); id != "" {
		return c.repair(ctx, id, rest)
	}
	request, unknown, err := events.DecodeRequest(body)
	if err == nil && len(unknown) > 0 {
		err = &desk.Refusal{Message: fmt.Sprintf("the API has no field %q", unknown[0])}
	}
	conversation := c.client.Bot(c.bot).Conversation(request.ConversationID)
	if err == nil {
		_, err = conversation.Accept(ctx, request.Event)
		return asRefusal(err)
	}
	err = asRefusal(err)
	if refusal, ok := errors.AsType[*desk.Refusal](err); ok && request.ConversationID != "" {
		if status, err := conversation.Status(ctx); err == nil {
			refusal.Allowed = names(status.Allowed)
		}
	}
	return err
}

// samples are an event of each kind that no rule but the sequence has anything against.
var samples = []events.Outbound{
	events.EscalationQueueUpdate{}, events.EscalationSuccess{}, events.Message{Text: "Hello"},
	events.EscalationFailed{}, events.AgentDisconnect{},
}

// View implements desk.Desk.
func (c *CRM) View(ctx context.Context, conversationID string) (desk.View, error) {
	conversation := c.client.Bot(c.bot).Conversation(conversationID)
	for {
		before, err := conversation.Status(ctx)
		if err != nil {
			return desk.View{}, err
		}
		var kinds []desk.KindView
		for _, e := range samples {
			kind, err := explain(ctx, conversation, e)
			if err != nil {
				return desk.View{}, err
			}
			kinds = append(kinds, kind)
		}
		why, repairs, err := parked(ctx, conversation, before.Park)
		if err != nil {
			return desk.View{}, err
		}
		after, err := conversation.Status(ctx)
		if err != nil {
			return desk.View{}, err
		}
		// The answers belong together, and to what is said of the state, only if it did not move between them.
		if before.State == after.State && before.Accepted == after.Accepted && before.Round == after.Round && before.Park == after.Park {
			return desk.View{
				Conversation: conversationID, State: after.State, Accepted: after.Accepted, Round: after.Round, Pending: after.Pending,
				Parked: why, Repairs: repairs, Kinds: kinds,
			}, nil
		}
	}
}

// explain says whether an event is allowed now. Its error says that this cannot be told.
func explain(ctx context.Context, conversation *escalation.Conversation, e events.Outbound) (desk.KindView, error) {
	err := conversation.Explain(ctx, e)
	if err == nil {
		return desk.KindView{Kind: e.Kind(), Allowed: true, Rules: []string{}}, nil
	}
	refusal, ok := errors.AsType[*desk.Refusal](asRefusal(err))
	if !ok {
		return desk.KindView{}, err
	}
	return desk.KindView{Kind: e.Kind(), Rules: refusal.Rules, Reason: refusal.Message}, nil
}
