package fakeapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// late connects an agent whose first words are stuck until the second have been sent.
func late(first, second string) func(*program) {
	return func(p *program) {
		hold := new(fakeapi.Hold)
		p.sendAll("S")
		must(p.t, p.platform.Next(fakeapi.Fault{Cut: fakeapi.CutAfterBody, Late: hold}))
		p.send(event("message", `"text":"`+first+`"`))
		p.send(event("message", `"text":"`+second+`"`))
		hold.Release()
	}
}

// TestRightClientsAreNotNamed runs programs that do nothing wrong, some of them on a platform that does.
func TestRightClientsAreNotNamed(t *testing.T) {
	lost := fakeapi.Fault{Status: 502}
	unsaid := fakeapi.Fault{Status: 502, Process: fakeapi.ProcessAnyway}
	for _, c := range []struct {
		why  string
		run  func(*program)
		want string // what is noted all the same: ids, with ~ for an unavoidable one and ? for a note
	}{
		{"the whole of a good round", inOrder("QQ" + "SM" + "D"), "queue-update-unchanged?"},
		{"no queue, and nothing to say", inOrder("SD"), ""},
		{"nobody there", inOrder("QF"), ""},
		{"a second round", func(p *program) { p.sendAll("QF"); p.escalate(); p.sendAll("QSMD") }, ""},
		{"quiet once the visitor has left", func(p *program) { p.sendAll("SM"); p.leave(); p.escalate(); p.sendAll("SM") }, ""},
		{"the same words twice may be meant", inOrder("SMM"), "duplicate?"},
		{"a new key", func(p *program) {
			must(p.t, p.platform.SetKey("bot-1", "key-2"))
			p.send(failed, header("Authorization", "key-2"))
		}, ""},
		{"fields, headers and a query of its own", func(p *program) {
			p.send(event("escalationFailed", `"x":"y"`), header("Idempotency-Key", "1"), func(r *http.Request) { r.URL.RawQuery = "a=b" })
		}, "header-idempotency? endpoint-query? field-unknown?"},
		{"sends again what was lost", func(p *program) {
			must(p.t, p.platform.Next(lost, lost, fakeapi.Fault{Cut: fakeapi.CutAfterBody}, lost))
			for _, l := range "SMD" {
				for p.send(events[l]) != 200 {
				}
			}
		}, ""},
		{"sends again what was not lost, as it could not know", func(p *program) {
			for _, l := range "QSMD" {
				must(p.t, p.platform.Next(unsaid))
				for p.send(events[l]) != 200 {
				}
			}
		}, "queue-update-unchanged~ sequence~ duplicate~ duplicate~ sequence~ duplicate~"},
		{"sends again after half an answer", func(p *program) {
			must(p.t, p.platform.Next(fakeapi.Fault{Cut: fakeapi.CutInAnswer}))
			for p.send(success) != 200 {
			}
		}, "sequence~ duplicate~"},
		{"sends again, and the first copy comes late", func(p *program) {
			must(p.t, p.platform.Next(fakeapi.Fault{Cut: fakeapi.CutAfterBody, AfterNext: true}))
			for p.send(success) != 200 {
			}
		}, "sequence~ duplicate~"},
		{"sends again, goes on, and the first copies come much later", func(p *program) {
			hold := new(fakeapi.Hold)
			late := fakeapi.Fault{Cut: fakeapi.CutAfterBody, Late: hold}
			must(p.t, p.platform.Next(late, fakeapi.Fault{}, late))
			for _, l := range "SM" {
				for p.send(events[l]) != 200 {
				}
			}
			p.send(event("message", `"text":"And now?"`))
			hold.Release()
		}, "sequence~ duplicate~ duplicate~"},
		{"gives up, and what it gave up comes late", func(p *program) {
			must(p.t, p.platform.Next(fakeapi.Fault{}, fakeapi.Fault{Cut: fakeapi.CutAfterBody, AfterNext: true}))
			p.sendAll("S")
			p.send(message)
			p.sendAll("D")
		}, "sequence~"},
		{"believes a 200 that was a lie", func(p *program) {
			must(p.t, p.platform.Next(fakeapi.Fault{Process: fakeapi.ProcessNever}))
			p.sendAll("SM")
		}, "sequence~"},
		{"believes a 200 that was a lie in a second round", func(p *program) {
			p.sendAll("SD")
			p.escalate()
			must(p.t, p.platform.Next(fakeapi.Fault{Process: fakeapi.ProcessNever}))
			p.sendAll("SM")
		}, "sequence~"},
		{"says something else after words that come late", late("Hello", "And now?"), ""},
		{"says the same as before in words that come late", func(p *program) {
			hold := new(fakeapi.Hold)
			p.sendAll("SM")
			must(p.t, p.platform.Next(fakeapi.Fault{Cut: fakeapi.CutAfterBody, Late: hold}))
			p.send(message)
			p.send(event("message", `"text":"And now?"`))
			hold.Release()
		}, ""},
		{"sends again, and the first copy comes in the next round", func(p *program) {
			hold := new(fakeapi.Hold)
			p.sendAll("S")
			must(p.t, p.platform.Next(fakeapi.Fault{Cut: fakeapi.CutAfterBody, Late: hold}))
			p.send(message)
			p.sendAll("MD")
			p.escalate()
			p.sendAll("S")
			hold.Release()
		}, "duplicate~"},
		{"believes a refusal, too", func(p *program) {
			must(p.t, p.platform.Next(fakeapi.Fault{Process: fakeapi.ProcessNever}, fakeapi.Fault{Status: 429}))
			p.sendAll("S")
			p.send(disconnect)
			p.sendAll("M")
		}, "sequence~"},
		{"believes a 200, whatever becomes known of the round before", func(p *program) {
			hold := new(fakeapi.Hold)
			p.sendAll("S")
			must(p.t, p.platform.Next(fakeapi.Fault{Hold: hold, Process: fakeapi.ProcessAnyway}, fakeapi.Fault{Process: fakeapi.ProcessNever}))
			first := postInBackground(p.ctx, p.base, disconnect)
			must(p.t, hold.Wait(p.ctx, 1))
			p.escalate()
			p.sendAll("S")
			hold.Release()
			<-first
			p.sendAll("M")
		}, "sequence~"},
		{"believes a 200 whose event comes late", func(p *program) {
			must(p.t, p.platform.Next(fakeapi.Fault{AfterNext: true}))
			p.sendAll("SMD")
		}, "sequence~"},
		{"hears first that the visitor has left, and then that there is one", func(p *program) {
			p.sendAll("SD")
			must(p.t, p.platform.NextWebhook(fakeapi.WebhookFault{AfterNext: true}))
			must(p.t, p.platform.Escalate("c1", ""))
			must(p.t, p.platform.Leave("c1"))
			p.told()
			p.told()
			p.sendAll("SMD")
		}, "sequence~ sequence~ sequence~"},
		{"cannot know yet that the visitor has left", func(p *program) {
			p.sendAll("S")
			hold := new(fakeapi.Hold)
			must(p.t, p.platform.NextWebhook(fakeapi.WebhookFault{Hold: hold}))
			must(p.t, p.platform.Leave("c1"))
			p.sendAll("M")
			hold.Release()
			p.told()
		}, "sequence~"},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			s := judged(t, c.run)
			var got []string
			for _, f := range s.Findings() {
				mark := ""
				if f.Unavoidable {
					mark = "~"
				} else if f.Drift {
					mark = "?"
				}
				got = append(got, f.Rule+mark)
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("findings (-want +got):\n%s\n%s", diff, s.Report("c1"))
			}
			fakeapi.AssertClean(t, s)
		})
	}
}
