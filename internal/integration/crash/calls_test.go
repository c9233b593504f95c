package crash_test

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
)

// Every call that may store something goes through here: it is said before and after.

// within bounds the calls of the child, so that it ends whatever happens to the store.
const within = 20 * time.Second

// accept calls Accept.
func (s *subject) accept(conv *escalation.Conversation, e events.Outbound, key string, round int) (escalation.Receipt, error) {
	body, err := events.Request{ConversationID: conv.ID(), Event: e}.Encode()
	if err != nil {
		return escalation.Receipt{}, err
	}
	var options []escalation.Option
	if key != "" {
		options = append(options, escalation.WithKey(key))
	}
	if round != 0 {
		options = append(options, escalation.ForRound(round))
	}
	ctx, cancel := context.WithTimeout(s.ctx, within)
	defer cancel()
	id := s.next(line{What: asked, Conv: conv.ID(), Kind: e.Kind(), Body: body, Key: key, Rnd: round})
	r, err := conv.Accept(ctx, e, options...)
	s.answer(line{What: granted, ID: id, Conv: conv.ID(), Num: r.Number, Rnd: r.Round, Rep: r.Repeated}, err)
	return r, err
}

// answer says how a call ended; yes is the line if there was no error.
func (s *subject) answer(yes line, err error) {
	if err == nil {
		s.say(yes)
		return
	}
	s.logger.Info("the call failed", "error", err.Error()) // the parent looks for what must not be logged
	l := line{What: refused, ID: yes.ID, Conv: yes.Conv, Err: errorName(err)}
	if unanswered(err) {
		l.What = open
	}
	s.say(l)
}

// unanswered: the error leaves open whether something was stored.
func unanswered(err error) bool {
	_, byStore := errors.AsType[*escalation.StoreError](err)
	_, byContext := errors.AsType[*escalation.UnansweredError](err)
	return byStore || byContext
}

// failed names errors of a store that is closed by failure.
const failed = "failed"

// errorName names an error without quoting it.
func errorName(err error) string {
	if errors.Is(err, store.ErrFailed) {
		return failed
	}
	if _, ok := errors.AsType[*escalation.StoreError](err); ok {
		return "store"
	}
	if _, ok := errors.AsType[*escalation.KeyError](err); ok {
		return "key"
	}
	return "other"
}

// receive hands over a webhook. In round the conversation is, or will be if this opens the next.
func (s *subject) receive(conv *escalation.Conversation, e events.Inbound, delivery string, round int) error {
	env := events.Envelope{BotID: bot, ConversationID: conv.ID(), Event: e}
	body, err := env.Encode()
	if err != nil {
		return err
	}
	most := within
	if s.Mode == script {
		most = time.Second // if the store fails before it is recorded that the host took it, all of that is waited for
	}
	ctx, cancel := context.WithTimeout(s.ctx, most)
	defer cancel()
	id := s.next(line{What: hook, Conv: conv.ID(), Kind: e.Kind(), Body: body, Key: delivery, Rnd: round})
	err = s.client.ReceiveOnce(ctx, env, delivery)
	s.answer(line{What: hooked, ID: id, Conv: conv.ID()}, err)
	return err
}

// repair decides about a parked conversation.
func (s *subject) repair(conv *escalation.Conversation, r escalation.Repair, round int) {
	ctx, cancel := context.WithTimeout(s.ctx, within)
	defer cancel()
	r.By, r.Why = "an operator", "it was parked"
	if r.Verb == escalation.Replace {
		body, err := events.Request{ConversationID: conv.ID(), Event: r.Event}.Encode()
		if err != nil {
			panic(err)
		}
		s.say(line{What: replaces, Conv: conv.ID(), Num: r.Number, Body: body})
	}
	err := conv.Repair(ctx, r)
	switch {
	case err != nil:
		s.logger.Info("the repair failed", "error", err.Error())
	case r.Verb == escalation.Abort:
		s.say(line{What: aborted, Conv: conv.ID(), Rnd: round})
	}
}

// wait waits for a result, not for long.
func (s *subject) wait(conv *escalation.Conversation, number uint64, most time.Duration) bool {
	ctx, cancel := context.WithTimeout(s.ctx, most)
	defer cancel()
	r, err := conv.Wait(ctx, number)
	if err != nil {
		s.logger.Debug("the wait ended", "error", err.Error())
		return false
	}
	s.say(line{What: waited, Conv: conv.ID(), Num: r.Number, Att: r.Attempts, Dup: r.MayBeDuplicate})
	return true
}

// repeat makes calls once more whose answers the parent did not hear, or wants to hear again.
func (s *subject) repeat() error {
	for _, a := range s.Again {
		conv := s.client.Conversation(a.Conv)
		if a.Hook {
			env, _, err := events.DecodeEnvelope(a.Body)
			if err != nil {
				return err
			}
			if err := s.receive(conv, env.Event, a.Key, a.Rnd); err != nil {
				return err
			}
			continue
		}
		e, _, err := events.DecodeRequest(a.Body)
		if err != nil {
			return err
		}
		if _, err := s.accept(conv, e.Event, a.Key, a.Rnd); err != nil && unanswered(err) {
			return err
		}
	}
	return nil
}

func marshal(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}
