package escalationtest_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/escalationkit/escalation/escalationtest"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/transporttest"
)

func request(conversationID, body string) transport.Request {
	return transport.Request{
		BotID: "bot-1", ConversationID: conversationID, Kind: events.KindMessage, Body: []byte(body),
	}
}

func TestRecorderConforms(t *testing.T) {
	errTold := errors.New("told so")
	transporttest.Run(t, transporttest.Harness{Open: func(testing.TB) transporttest.Subject {
		var (
			log transporttest.Log
			mu  sync.Mutex
			now transporttest.Behaviour
		)
		classes := map[transporttest.Behaviour]transport.Class{
			transporttest.RefuseScope: transport.RefusedScope, transporttest.RefuseLater: transport.RefusedLater,
			transporttest.Reject: transport.Rejected, transporttest.Break: transport.Unknown,
			transporttest.Unreachable: transport.NotSent, transporttest.Acknowledge: transport.Acknowledged,
		}
		rec := &escalationtest.Recorder{Answer: func(ctx context.Context, req transport.Request) transport.Result {
			mu.Lock()
			b := now
			mu.Unlock()
			if b != transporttest.Unreachable {
				log.Add(transporttest.Received{BotID: req.BotID, ConversationID: req.ConversationID, Body: req.Body})
			}
			if b == transporttest.Stall {
				<-ctx.Done()
				return transport.Result{Class: transport.Unknown, Err: ctx.Err()}
			}
			return transport.Result{Class: classes[b], Err: errTold}
		}}
		return transporttest.Subject{Transport: rec, Log: &log, Arrange: func(b transporttest.Behaviour) {
			mu.Lock()
			defer mu.Unlock()
			now = b
		}}
	}})
}

// TestRecorderOrderOfAnswers: queued answers come first, then Answer, then an acknowledgement.
func TestRecorderOrderOfAnswers(t *testing.T) {
	ctx := t.Context()
	var rec escalationtest.Recorder
	if res := rec.Send(ctx, request("c", "0")); res != (transport.Result{Class: transport.Acknowledged, Status: 200}) {
		t.Errorf("untold: %+v", res)
	}
	asked := 0
	rec.Answer = func(context.Context, transport.Request) transport.Result {
		asked++
		return transport.Result{Class: transport.Rejected, Status: 400}
	}
	rec.Next(transport.Result{Class: transport.RefusedLater, RetryAfter: time.Hour}, transport.Result{Class: transport.NotSent})
	for i, want := range []transport.Class{transport.RefusedLater, transport.NotSent, transport.Rejected} {
		res := rec.Send(ctx, request("c", string(rune('1'+i))))
		var scripted *escalationtest.ScriptedError
		if res.Class != want || !errors.As(res.Err, &scripted) || scripted.Class != want {
			t.Errorf("attempt %d: %+v, want %v with a ScriptedError", i, res, want)
		}
		if res.RetryAfter > transport.MaxRetryAfter {
			t.Errorf("attempt %d: RetryAfter is %v", i, res.RetryAfter)
		}
	}
	if asked != 1 {
		t.Errorf("Answer was asked %d times, want once", asked)
	}
	if got := bodies(rec.Requests()); got != "0 1 3" {
		t.Errorf("a remote received %q, want all but the attempt that was not sent", got)
	}
	if got := len(rec.Attempts()); got != 4 {
		t.Errorf("%d attempts recorded, want 4", got)
	}
}

func TestRecorderCopies(t *testing.T) {
	var rec escalationtest.Recorder
	req := request("c", "mine")
	rec.Answer = func(_ context.Context, given transport.Request) transport.Result {
		given.Body[0] = '1' // Answer's own copy
		return transport.Result{Class: transport.Acknowledged}
	}
	rec.Send(t.Context(), req)
	req.Body[0] = '2'               // the caller's
	rec.Requests()[0].Body[0] = '3' // a reader's
	rec.Attempts()[0].Request.Body[0] = '4'
	if got := bodies(rec.Requests()); got != "mine" {
		t.Errorf("the record is %q, want what was given to Send", got)
	}
}

func TestRecorderConversation(t *testing.T) {
	var rec escalationtest.Recorder
	other := request("a", "3")
	other.BotID = "bot-2"
	for _, req := range []transport.Request{request("a", "1"), request("b", "2"), other, request("a", "4")} {
		rec.Send(t.Context(), req)
	}
	if got := bodies(rec.Conversation("bot-1", "a")); got != "1 4" {
		t.Errorf("conversation a of bot-1 is %q, want \"1 4\": the same id under another bot is another conversation", got)
	}
	rec.Next(transport.Result{Class: transport.Rejected})
	rec.Reset()
	if res := rec.Send(t.Context(), request("a", "5")); res.Class != transport.Acknowledged || len(rec.Attempts()) != 1 {
		t.Errorf("after Reset: %+v and %d attempts", res, len(rec.Attempts()))
	}
}

func TestRecorderDoneContextConsumesNothing(t *testing.T) {
	var rec escalationtest.Recorder
	rec.Next(transport.Result{Class: transport.Rejected})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if res := rec.Send(ctx, request("c", "1")); res.Class != transport.NotSent || !errors.Is(res.Err, context.Canceled) {
		t.Errorf("done context: %+v", res)
	}
	if res := rec.Send(t.Context(), request("c", "2")); res.Class != transport.Rejected {
		t.Errorf("the queued answer was lost: %+v", res)
	}
	if got := len(rec.Attempts()); got != 1 {
		t.Errorf("%d attempts, want 1", got)
	}
}

func bodies(requests []transport.Request) string {
	text := ""
	for i, req := range requests {
		if i > 0 {
			text += " "
		}
		text += string(req.Body)
	}
	return text
}
