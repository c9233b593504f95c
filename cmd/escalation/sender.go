package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/plain"
	"github.com/escalationkit/escalation/cmd/escalation/internal/post"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// A sender makes one call and says what became of it.
type sender func(ctx context.Context, kind events.Kind, conversation string, body []byte) post.Sent

// sender returns what sends this kind where the flags say.
func (t *trigger) sender(kind events.Kind) (sender, error) {
	t.resolve()
	switch {
	case kind.Inbound():
		return webhookSender(t.webhook, t.signingFlags, t.timeout)
	case t.desk != "":
		if err := checkURL("--desk", t.desk); err != nil {
			return nil, err
		}
		return urlSender(t.desk, nil, t.timeout), nil
	}
	return apiSender(t.apiFlags, t.timeout)
}

// webhookSender sends to a CRM as the platform does.
func webhookSender(target string, flags *signingFlags, timeout time.Duration) (sender, error) {
	s, err := flags.signing()
	if err = errors.Join(checkURL("--webhook", target), err); err != nil {
		return nil, err
	}
	return urlSender(target, s.sign, timeout), nil
}

func urlSender(target string, sign func(http.Header, []byte), timeout time.Duration) sender {
	s := post.NewSender(timeout, nil)
	return func(ctx context.Context, kind events.Kind, conversation string, body []byte) post.Sent {
		h := http.Header{"Content-Type": {"application/json"}}
		if sign != nil {
			sign(h, body)
		}
		sent := post.Sent{Kind: kind.String(), Conversation: conversation, To: plain.URL(target), Body: body}
		var err error
		if sent.Answer, err = s.Post(ctx, target, h, body); err != nil {
			sent.Problem = err.Error()
		}
		return sent
	}
}

// apiSender sends to the API through the library: one POST, and what its outcome means in words.
func apiSender(flags *apiFlags, timeout time.Duration) (sender, error) {
	t, err := flags.transport(timeout)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, kind events.Kind, conversation string, body []byte) post.Sent {
		sent := post.Sent{Kind: kind.String(), Conversation: conversation, To: t.Endpoint(), Body: body}
		began := time.Now()
		r := t.Send(ctx, transport.Request{Kind: kind, BotID: flags.bot, ConversationID: conversation, Body: body})
		sent.Answer = post.Answer{Status: r.Status, Took: time.Since(began)}
		if r.Class != transport.Acknowledged {
			sent.Problem = fmt.Sprint(r.Err)
		}
		if status, ok := errors.AsType[*httptransport.StatusError](r.Err); ok {
			sent.Answer.Body = []byte(status.Excerpt())
		}
		return sent
	}, nil
}
