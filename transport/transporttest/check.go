package transporttest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/transport"
)

const (
	conversationCanary = "conv-5d0e91c7"
	textCanary         = "canary-3b8f-words"
)

// reporter is the part of testing.TB that the checks need. The suite's own test records what
// broken transports are blamed for.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
}

// check is one run of one case.
type check struct {
	r        reporter
	s        Subject
	patience time.Duration

	mu       sync.Mutex
	sent     map[string]bool // the bodies given to Send
	failures int
}

func newCheck(r reporter, s Subject, patience time.Duration) *check {
	if patience == 0 {
		patience = 30 * time.Second
	}
	if s.BotID == "" {
		s.BotID = "bot-1"
	}
	return &check{r: r, s: s, patience: patience, sent: make(map[string]bool)}
}

// failf reports a broken clause. A case that goes wrong does so many times: the first few will do.
func (c *check) failf(clause, format string, args ...any) {
	c.r.Helper()
	c.mu.Lock()
	c.failures++
	enough := c.failures > 5
	c.mu.Unlock()
	if enough {
		return
	}
	c.r.Errorf("["+clause+"] "+format, args...)
}

// request returns the n-th message of the suite's conversation.
func (c *check) request(n int) transport.Request {
	return transport.Request{
		BotID:          c.s.BotID,
		ConversationID: conversationCanary,
		Kind:           events.KindMessage,
		Body: fmt.Appendf(nil, `{"platformConversationId":%q,"eventType":"message","text":"%s %d"}`,
			conversationCanary, textCanary, n),
	}
}

// send calls Send and checks what holds for every Result. A Send that does not return within the
// patience is a failure of clause late; ok is false then.
func (c *check) send(ctx context.Context, req transport.Request, late string) (res transport.Result, ok bool) {
	c.r.Helper()
	lent := req
	lent.Body = bytes.Clone(req.Body) // whatever Send does to it, the case keeps what it asked for
	return c.await(c.start(ctx, lent), req, late)
}

func (c *check) start(ctx context.Context, req transport.Request) <-chan transport.Result {
	c.mu.Lock()
	c.sent[string(req.Body)] = true
	c.mu.Unlock()
	done := make(chan transport.Result, 1)
	go func() { done <- c.s.Transport.Send(ctx, req) }()
	return done
}

func (c *check) await(done <-chan transport.Result, req transport.Request, late string) (transport.Result, bool) {
	c.r.Helper()
	timer := time.NewTimer(c.patience)
	defer timer.Stop()
	select {
	case res := <-done:
		c.inspect(res, req)
		return res, true
	case <-timer.C:
		c.failf(late, "Send did not return within %v", c.patience)
		return transport.Result{}, false
	}
}

// inspect checks what holds for every Result.
func (c *check) inspect(res transport.Result, req transport.Request) {
	c.r.Helper()
	if !res.Class.Valid() {
		c.failf("T3", "the class is %v, which is none of the six", res.Class)
	}
	if res.RetryAfter < 0 || res.RetryAfter > transport.MaxRetryAfter {
		c.failf("T3", "RetryAfter is %v, outside 0 to %v", res.RetryAfter, transport.MaxRetryAfter)
	}
	if acked := res.Class == transport.Acknowledged; acked != (res.Err == nil) {
		c.failf("T8", "the class is %v and Err is nil: %v", res.Class, res.Err == nil)
	}
	var shown strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
		fmt.Fprintf(&shown, verb+"\n", res)
	}
	if res.Err != nil {
		fmt.Fprintf(&shown, "%s\n%+v\n%#v\n", res.Err.Error(), res.Err, res.Err)
	}
	for what, texts := range map[string][]string{
		"the conversation id": {req.ConversationID},
		"message text":        {textCanary},
		"a key":               c.s.Secrets,
	} {
		for _, text := range texts {
			if text != "" && strings.Contains(shown.String(), text) {
				c.failf("T8", "the %v result shows %s", res.Class, what)
			}
		}
	}
}

// wantClass blames a wrong class on the clause that speaks of it.
func (c *check) wantClass(got transport.Result, want transport.Class, when string) {
	c.r.Helper()
	switch {
	case got.Class == want:
	case got.Class == transport.Acknowledged:
		c.failf("T5", "Acknowledged although the remote did not acknowledge: it was told to %s", when)
	case got.Class == transport.NotSent:
		c.failf("T4", "NotSent although the remote received the request: it was told to %s", when)
	default:
		c.failf("T3", "the class is %v, want %v: the remote was told to %s", got.Class, want, when)
	}
}

// wantReceived checks that body arrived at least least and at most most times. What is missing is
// blamed on clause, or on T2 if the remote has bytes that nobody gave to Send.
func (c *check) wantReceived(body []byte, least, most int, clause string) {
	c.r.Helper()
	n := c.s.Log.count(body)
	if n > most {
		c.failf("T1", "the remote received the request %d times, want at most %d", n, most)
	}
	if n >= least {
		return
	}
	if stray, found := c.stray(); found {
		same := 0
		for same < min(len(stray), len(body)) && stray[same] == body[same] {
			same++
		}
		c.failf("T2", "the remote received other bytes than Send was given: %d for %d, equal up to byte %d",
			len(stray), len(body), same)
		return
	}
	c.failf(clause, "the remote received the request %d times, want %d", n, least)
}

// stray returns the last body at the remote that was not given to Send.
func (c *check) stray() (body []byte, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range slices.Backward(c.s.Log.All()) {
		if !c.sent[string(r.Body)] {
			return r.Body, true
		}
	}
	return nil, false
}
