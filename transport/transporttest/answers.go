package transporttest

import (
	"context"
	"strings"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/transport"
)

// acknowledged: every acknowledged request is at the remote, once, before Send returns, and calls
// made one after another arrive so.
func acknowledged(c *check) {
	for n := range 20 {
		req := c.request(n)
		res, ok := c.send(context.Background(), req, "T3")
		if !ok {
			return
		}
		c.wantAcknowledged(res, req, "T3")
		c.wantReceived(req.Body, 1, 1, "T5")
		all := c.s.Log.All()
		if len(all) > n+1 {
			c.failf("T1", "%d calls so far, and the remote received %d requests", n+1, len(all))
		}
		if len(all) > 0 {
			c.wantAddressed(all[len(all)-1], req)
		}
	}
}

// wantAcknowledged blames clause if a remote that acknowledges was not believed.
func (c *check) wantAcknowledged(res transport.Result, req transport.Request, clause string) {
	c.r.Helper()
	switch {
	case res.Class == transport.Acknowledged:
	case res.Class == transport.NotSent && c.s.Log.count(req.Body) > 0:
		c.failf("T4", "NotSent although the remote received and acknowledged the request")
	default:
		c.failf(clause, "the class is %v, want acknowledged: the remote was told to acknowledge (%v)", res.Class, res.Err)
	}
}

func (c *check) wantAddressed(got Received, req transport.Request) {
	c.r.Helper()
	if got.BotID != req.BotID {
		c.failf("T2", "the remote received the request for bot %q, want %q", got.BotID, req.BotID)
	}
	if got.ConversationID != "" && got.ConversationID != req.ConversationID {
		c.failf("T2", "the remote received the request for conversation %q, want %q", got.ConversationID, req.ConversationID)
	}
}

// exactBytes: bodies that a careful re-encoding would change arrive as they are.
func exactBytes(c *check) {
	id := `"platformConversationId":"` + conversationCanary + `"`
	for _, tc := range []struct {
		why  string
		kind events.Kind
		body string
	}{
		{"keys in an unusual order, white space around them", events.KindMessage,
			"\n{ \"text\" :\t\"" + textCanary + "\" , \"eventType\":\"message\",\r\n" + id + "}\n"},
		{"escapes that need not be, and characters that encoders escape", events.KindMessage,
			`{` + id + `,"eventType":"message","text":"\u0041\/ <b>&amp;</b>` + "\u2028 é 日本 🙂" + `"}`},
		{"no text at all", events.KindAgentDisconnect, `{` + id + `,"eventType":"agentDisconnect"}`},
		{"larger than any buffer on the way", events.KindMessage,
			`{` + id + `,"eventType":"message","text":"` + strings.Repeat("long ", 50_000) + `"}`},
	} {
		req := c.request(0)
		req.Kind, req.Body = tc.kind, []byte(tc.body)
		res, ok := c.send(context.Background(), req, "T3")
		if !ok {
			return
		}
		c.wantAcknowledged(res, req, "T3")
		c.wantReceived(req.Body, 1, 1, "T5")
	}
}

// refused: the remote received the request once and refused it. A refused key may be tried a
// second time with a new one.
func refused(c *check, b Behaviour) {
	want := map[Behaviour]transport.Class{
		RefuseScope: transport.RefusedScope, RefuseLater: transport.RefusedLater, Reject: transport.Rejected,
	}[b]
	most := 1
	if b == RefuseScope {
		most = 2
	}
	c.s.Arrange(b)
	req := c.request(0)
	if res, ok := c.send(context.Background(), req, "T3"); ok {
		c.wantClass(res, want, b.String())
		c.wantReceived(req.Body, 1, most, absence(res, "T3"))
	}
}

// absence is the clause that a request which never arrived is blamed on: T5 if the transport claims
// that it was acknowledged.
func absence(res transport.Result, clause string) string {
	if res.Class == transport.Acknowledged {
		return "T5"
	}
	return clause
}

// brokenAnswer: the request was read and no answer came, so only Unknown is true, and trying again
// would be a second copy.
func brokenAnswer(c *check) {
	warm := c.request(0)
	if res, ok := c.send(context.Background(), warm, "T3"); ok {
		c.wantAcknowledged(res, warm, "T3")
	}
	c.s.Arrange(Break)
	// Repeated, because a connection left by an earlier request may be treated otherwise than a new one.
	for n := 1; n <= 3; n++ {
		req := c.request(n)
		if res, ok := c.send(context.Background(), req, "T3"); ok {
			c.wantClass(res, transport.Unknown, Break.String())
			c.wantReceived(req.Body, 1, 1, absence(res, "T3"))
		}
	}
}

// unreachable: nothing left, and the transport can know it.
func unreachable(c *check) {
	c.s.Arrange(Unreachable)
	res, ok := c.send(context.Background(), c.request(0), "T3")
	if !ok {
		return
	}
	switch res.Class {
	case transport.NotSent:
		if n := len(c.s.Log.All()); n > 0 {
			c.failf("T4", "NotSent although the remote received %d requests", n)
		}
	case transport.Acknowledged:
		c.failf("T5", "Acknowledged although the remote is out of reach")
	default:
		c.failf("T3", "the class is %v, want not sent: the remote is out of reach", res.Class)
	}
}
