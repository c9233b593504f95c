package fakeapi_test

import (
	"testing"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// An excuse holds for what it excuses and no more.
func TestExcusesEnd(t *testing.T) {
	for _, c := range []struct {
		why  string
		run  func(*program)
		want []string
	}{
		{"something else after an unknown outcome", func(p *program) {
			must(p.t, p.platform.Next(fakeapi.Fault{Status: 502, Process: fakeapi.ProcessAnyway}))
			p.send(success)
			p.send(event("escalationSuccess", `"agent":"Ann"`))
		}, []string{"sequence"}},
		{"on as if nothing were unknown", func(p *program) {
			must(p.t, p.platform.Next(fakeapi.Fault{Status: 502}))
			p.send(success)
			p.send(message)
		}, []string{"sequence"}},
		{"on though it was refused", func(p *program) {
			must(p.t, p.platform.Next(fakeapi.Fault{Status: 429}))
			p.send(success)
			p.send(message)
		}, []string{"sequence"}},
		{"a third time after the second was answered", func(p *program) {
			must(p.t, p.platform.Next(fakeapi.Fault{Status: 502, Process: fakeapi.ProcessAnyway}))
			p.send(success)
			p.send(success)
			p.send(success)
		}, []string{"sequence", "duplicate"}},
		{"an event that was wrong when it was sent, and came late", func(p *program) {
			must(p.t, p.platform.Next(fakeapi.Fault{AfterNext: true}))
			p.send(message)
			p.send(queueUpdate)
		}, []string{"sequence"}},
		{"an event beside one whose answer was not awaited", func(p *program) {
			hold := new(fakeapi.Hold)
			must(p.t, p.platform.Next(fakeapi.Fault{Hold: hold}))
			first := postInBackground(p.ctx, p.base, success)
			must(p.t, hold.Wait(p.ctx, 1))
			p.send(message)
			hold.Release()
			<-first
		}, []string{"sequence"}},
		{"the same beside itself", func(p *program) {
			hold := new(fakeapi.Hold)
			must(p.t, p.platform.Next(fakeapi.Fault{Hold: hold}))
			first := postInBackground(p.ctx, p.base, success)
			must(p.t, hold.Wait(p.ctx, 1))
			p.send(success)
			hold.Release()
			<-first
		}, []string{"sequence", "duplicate"}},
		{"the queue beside the success", func(p *program) {
			hold := new(fakeapi.Hold)
			must(p.t, p.platform.Next(fakeapi.Fault{Hold: hold}))
			first := postInBackground(p.ctx, p.base, queueUpdate)
			must(p.t, hold.Wait(p.ctx, 1))
			p.send(success)
			hold.Release()
			<-first
		}, []string{"sequence"}},
		{"words beside a good-bye whose answer was not awaited", func(p *program) {
			hold := new(fakeapi.Hold)
			p.sendAll("S")
			must(p.t, p.platform.Next(fakeapi.Fault{Hold: hold, Process: fakeapi.ProcessAnyway}))
			first := postInBackground(p.ctx, p.base, disconnect)
			must(p.t, hold.Wait(p.ctx, 1))
			p.send(message)
			hold.Release()
			<-first
		}, []string{"sequence"}},
		{"words in a round that a repeated escalation seemed to begin, once the end of the true one is told", func(p *program) {
			p.sendAll("F")
			escalation, end := new(fakeapi.Hold), new(fakeapi.Hold)
			must(p.t, p.platform.NextWebhook(fakeapi.WebhookFault{Hold: escalation}, fakeapi.WebhookFault{Hold: end}))
			must(p.t, p.platform.Escalate("c1", ""))
			must(p.t, p.platform.Leave("c1"))
			must(p.t, p.platform.Redeliver(p.ctx, 1))
			p.told()
			p.sendAll("S") // excused: it has not been told of the end
			escalation.Release()
			p.told()
			p.sendAll("M") // excused: the escalation may be the repeat
			end.Release()
			p.told()
			p.sendAll("M")
		}, []string{"sequence"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			fakeapi.AssertFindings(t, judged(t, c.run), c.want...)
		})
	}
}
