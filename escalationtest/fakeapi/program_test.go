package fakeapi_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// A program is a CRM under judgement: it takes the platform's webhooks and posts events, over loopback and with nothing but
// net/http.
type program struct {
	t        *testing.T
	ctx      context.Context
	platform *fakeapi.Server // for the visitor's part, and for faults
	base     string
	webhooks int // how many it has had
}

// send posts one event of conversation c1 and returns the status, or 0 if there was no whole answer.
func (p *program) send(body string, spoil ...func(*http.Request)) int {
	p.t.Helper()
	resp, err := client.Do(request(p.ctx, p.base, body, both(spoil...)))
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); err != nil {
		return 0
	}
	return resp.StatusCode
}

// sendAll posts events by their letters.
func (p *program) sendAll(letters string) {
	p.t.Helper()
	for _, l := range letters {
		if code := p.send(events[l]); code != 200 {
			p.t.Fatalf("%c was answered %d", l, code)
		}
	}
}

// told waits until the platform knows that it has had one more webhook.
func (p *program) told() {
	p.t.Helper()
	p.webhooks++
	must(p.t, p.platform.WaitWebhooks(p.ctx, p.webhooks))
}

// leave makes the visitor leave, and waits until the program has been told.
func (p *program) leave() {
	p.t.Helper()
	must(p.t, p.platform.Leave("c1"))
	p.told()
}

// escalate makes the visitor come back, and waits until the program has been told.
func (p *program) escalate() {
	p.t.Helper()
	must(p.t, p.platform.Escalate("c1", ""))
	p.told()
}

// judged runs a program on a conversation that has just been escalated, and returns what the judge found.
func judged(t *testing.T, run func(*program)) *fakeapi.Server {
	t.Helper()
	crm := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	t.Cleanup(crm.Close)
	s := startServer(t, &fakeapi.Config{RequireRound: true, MaxBody: 1 << 10, BasePath: "/api", Webhook: &fakeapi.Webhook{URL: crm.URL, Timeout: time.Minute}})
	p := &program{t: t, ctx: bounded(t), platform: s, base: s.URL()}
	p.escalate()
	run(p)
	return s
}

// event writes the body of an event of c1 with these members, as JSON.
func event(kind, members string) string {
	if members != "" {
		members = "," + members
	}
	return `{"platformConversationId":"c1","eventType":"` + kind + `"` + members + `}`
}

func spoiled(body string, change ...func(*http.Request)) func(*program) {
	return func(p *program) { p.send(body, change...) }
}

func inOrder(letters string) func(*program) {
	return func(p *program) { p.sendAll(letters) }
}
