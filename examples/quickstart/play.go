package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/rules"
)

// play lets one event happen, prints it, and checks that what had to follow did.
func (s *stage) play(ctx context.Context, sc scene) error {
	s.out.comment(sc.comment)
	var err error
	switch event := sc.event.(type) {
	case events.Inbound:
		err = s.visitor(ctx, event)
	case events.Outbound:
		err = s.agent(ctx, event, sc.refused)
	}
	if err != nil {
		return err
	}
	status, err := s.client.Conversation(conversationID).Status(ctx)
	if err != nil {
		return err
	}
	s.out.state(status)
	if status.State != sc.state {
		return fmt.Errorf("the state is %v, it should be %v", status.State, sc.state)
	}
	return nil
}

// visitor does something in the widget, which posts a webhook to the CRM.
func (s *stage) visitor(ctx context.Context, event events.Inbound) error {
	body, err := events.Envelope{BotID: botID, Channel: "chat", ConversationID: conversationID, Event: event}.Encode()
	if err != nil {
		return err
	}
	if event.Kind() == events.KindWidgetEscalate {
		s.api.BeginRound(conversationID)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(webhookHeader, webhookSecret)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	io.Copy(io.Discard, res.Body)
	s.out.wire("widget -> CRM", event.Kind(), res.Status, body)
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("the webhook was answered %s", res.Status)
	}
	select {
	case in := <-s.inbox:
		if in.Event != event {
			return errors.New("the CRM was given another event")
		}
		return nil
	default:
		return errors.New("the webhook was answered before the CRM had the event")
	}
}

// agent does something at the desk, which the CRM sends to the widget if it is allowed.
func (s *stage) agent(ctx context.Context, event events.Outbound, mustBeRefused bool) error {
	before := len(s.api.Requests())
	result, err := s.client.Conversation(conversationID).Send(ctx, event)
	arrived := s.api.Requests()[before:]

	if mustBeRefused {
		refusal, ok := errors.AsType[*rules.Refusal](err)
		if !ok || len(arrived) != 0 {
			return fmt.Errorf("it should have been refused; error %v, %d requests arrived", err, len(arrived))
		}
		s.out.refused(event.Kind(), refusal)
		return nil
	}
	if err != nil {
		return err
	}
	if len(arrived) != 1 || !arrived[0].Passed() {
		return fmt.Errorf("one flawless request should have arrived, not %+v", arrived)
	}
	answer := fmt.Sprintf("%d %s", result.Status, http.StatusText(result.Status))
	s.out.wire("CRM -> widget", event.Kind(), answer, arrived[0].Body)
	return nil
}

// checkWidget compares what the visitor saw with the story.
func (s *stage) checkWidget() error {
	if broken := s.api.Violations(); len(broken) > 0 {
		return fmt.Errorf("the API saw events out of order: %+v", broken)
	}
	var got []string
	s.out.comment("What the visitor saw:")
	for _, line := range s.api.Widget(conversationID) {
		got = append(got, line.EventType)
		s.out.saw(line.Text)
	}
	if !slices.Equal(got, shown) {
		return fmt.Errorf("the visitor saw %v, it should be %v", got, shown)
	}
	return nil
}
