package fakeapi_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
	s := startServer(t, &fakeapi.Config{RequireRound: true, MaxBody: 1 << 10, BasePath: "/api", Webhook: &fakeapi.Webhook{URL: crm.URL}})
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

var wrongClients = []struct {
	why  string
	run  func(*program)
	want string // the ids of the rules it broke, in order
}{
	// The order.
	{"talks before an agent has joined", inOrder("M"), "sequence"},
	{"talks while the visitor is in the queue", inOrder("QM"), "sequence"},
	{"talks after the agent has left", inOrder("SMDM"), "sequence"},
	{"talks after it has failed", inOrder("QFM"), "sequence"},
	{"talks after the visitor left", func(p *program) { p.sendAll("S"); p.leave(); p.sendAll("M") }, "sequence"},
	{"says good-bye after the visitor left", func(p *program) { p.sendAll("SM"); p.leave(); p.sendAll("D") }, "sequence"},
	{"goes on where it was in the round before", func(p *program) { p.sendAll("SMD"); p.escalate(); p.sendAll("M") }, "sequence"},
	{"queues who is connected", inOrder("SQ"), "sequence"},
	{"fails who is connected", inOrder("SF"), "sequence"},
	{"fails who has left it", func(p *program) { p.leave(); p.sendAll("F") }, "sequence"},
	{"disconnects who was never connected", inOrder("QD"), "sequence"},
	{"has a second agent join", func(p *program) {
		p.sendAll("S")
		p.send(event("escalationSuccess", `"agent":"Ann"`))
	}, "sequence"},
	{"begins without being asked", spoiled(strings.Replace(success, "c1", "c9", 1)), "sequence"},
	{"sends in the wrong order: the words overtake the agent", inOrder("MSD"), "sequence"},
	{"sends in the wrong order: the end overtakes the words", inOrder("SDM"), "sequence"},
	{"sends in the wrong order: the queue comes last", inOrder("SMQ"), "sequence"},

	// Duplicates.
	{"joins twice", inOrder("SS"), "sequence duplicate"},
	{"joins once more for every webhook", func(p *program) {
		p.sendAll("S")
		must(p.t, p.platform.Redeliver(p.ctx, 1))
		p.sendAll("S")
	}, "sequence duplicate"},
	{"fails twice", inOrder("FF"), "sequence duplicate"},
	{"leaves twice", inOrder("SDD"), "sequence duplicate"},
	{"leaves twice more", inOrder("SDDD"), "sequence duplicate sequence duplicate"},

	// Headers.
	{"forgets the bot", spoiled(failed, header("botid")), "auth-bot-required"},
	{"names the bot twice", spoiled(failed, header("botid", "bot-1", "bot-1")), "auth-bot-required"},
	{"names another bot", spoiled(failed, header("botid", "bot-9")), "auth-bot"},
	{"forgets the key", spoiled(failed, header("Authorization")), "auth-key-required"},
	{"forgets key and bot", spoiled(failed, header("Authorization"), header("botid")), "auth-bot-required auth-key-required"},
	{"uses a wrong key", spoiled(failed, header("Authorization", "key-9")), "auth-key"},
	{"goes on with the old key", func(p *program) {
		p.sendAll("S")
		must(p.t, p.platform.SetKey("bot-1", "key-2"))
		p.send(message)
		p.send(message)
	}, "auth-key auth-key"},
	{"calls the key a bearer's", spoiled(failed, header("Authorization", "Bearer key-1")), "auth-key-bare"},
	{"forgets the content type", spoiled(failed, header("Content-Type")), "content-type"},
	{"sends a form", spoiled("eventType=message", header("Content-Type", "application/x-www-form-urlencoded")), "content-type body-json"},

	// Where.
	{"uses another path", spoiled(failed, func(r *http.Request) { r.URL.Path = "/api/agent/converse" }), "endpoint-path"},
	{"forgets the base path", spoiled(failed, func(r *http.Request) { r.URL.Path = fakeapi.Path }), "endpoint-path"},
	{"adds a slash", spoiled(failed, func(r *http.Request) { r.URL.Path += "/" }), "endpoint-path"},
	{"uses another method", spoiled(failed, func(r *http.Request) { r.Method = "PUT" }), "endpoint-method"},

	// Fields.
	{"forgets the text", spoiled(event("message", "")), "text-required"},
	{"sends an empty text", spoiled(event("message", `"text":""`)), "text-required"},
	{"forgets the conversation", spoiled(`{"eventType":"escalationFailed"}`), "conversation-id"},
	{"sends an empty conversation", spoiled(`{"platformConversationId":"","eventType":"escalationFailed"}`), "conversation-id"},
	{"forgets the event type", spoiled(`{"platformConversationId":"c1"}`), "event-type"},
	{"forgets everything", spoiled(`{}`), "conversation-id event-type"},
	{"sends nothing", spoiled(``), "body-json"},
	{"invents an event", spoiled(event("typing", "")), "event-type"},
	{"mistakes the case of an event", spoiled(event("Message", `"text":"Hi"`)), "event-type"},
	{"sends a webhook's event back", spoiled(event("widgetMessage", `"text":"Hi"`)), "event-type"},
	{"sends a number", spoiled(event("escalationQueueUpdate", `"queuePosition":3`)), "field-type"},
	{"sends null for what it has not", spoiled(event("escalationSuccess", `"agent":null`)), "field-type"},
	{"sends an empty text for what it has not", spoiled(event("escalationSuccess", `"agent":""`)), "field-empty"},
	{"sends the place in the queue with the success", spoiled(event("escalationSuccess", `"queuePosition":"1"`)), "queue-fields"},
	{"sends the agent with every message", spoiled(event("message", `"text":"Hi","agent":"Ann"`)), "field-kind"},
	{"sends an avatar that is a path", spoiled(event("escalationSuccess", `"agentAvatar":"/ann.png"`)), "avatar-https"},
	{"sends a key twice", spoiled(event("message", `"text":"Hi","text":"Ho"`)), "body-keys"},
	{"sends Latin-1", spoiled(event("message", "\"text\":\"Gr\xfc\xdfe\"")), "body-utf8"},
	{"sends a list of events", spoiled("[" + failed + "]"), "body-json"},
	{"sends too much", spoiled(event("message", `"text":"`+strings.Repeat("x", 2000)+`"`)), "body-size"},
	{"hangs up in the middle", func(p *program) {
		// net/http's client sends nothing of a body that it cannot get whole.
		addr, _ := strings.CutPrefix(strings.TrimSuffix(p.base, "/api"), "http://")
		conn, err := new(net.Dialer).DialContext(p.ctx, "tcp", addr)
		must(p.t, err)
		head := "POST /api" + fakeapi.Path + " HTTP/1.1\r\nHost: x\r\nAuthorization: key-1\r\nbotid: bot-1\r\n"
		_, err = io.WriteString(conn, head+"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
		must(p.t, errors.Join(err, conn.Close()))
		must(p.t, p.platform.WaitEnded(p.ctx, 1))
	}, "body-complete"},
	{"never learns", func(p *program) {
		for range 3 {
			p.send(event("message", ""))
		}
	}, "text-required text-required text-required"},
}

// TestWrongClientsAreNamed runs programs that do one thing wrong: the judge must name exactly that.
func TestWrongClientsAreNamed(t *testing.T) {
	for _, c := range wrongClients {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			s := judged(t, c.run)
			var got []string
			for _, f := range s.Findings() {
				if f.Unavoidable || f.Drift {
					t.Errorf("excused: %s", f)
				}
				got = append(got, f.Rule)
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("rules (-want +got):\n%s\n%s", diff, s.Report("c1"))
			}
		})
	}
}

// TestEveryFaultHasAWrongClient wants for each id that can be held against a client a program that earns it.
func TestEveryFaultHasAWrongClient(t *testing.T) {
	notes := []string{
		"field-unknown", "header-idempotency", "endpoint-query", // see TestRightClientsAreNotNamed
		"field-required", // no field is required that the spec has no rule of its own for
	}
	named := strings.Join(notes, " ")
	for _, c := range wrongClients {
		named += " " + c.want
	}
	for _, id := range append(everyID(), fakeapi.RuleSequence, fakeapi.RuleDuplicate) {
		if !strings.Contains(" "+named+" ", " "+id+" ") {
			t.Errorf("no client breaks %s", id)
		}
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
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			fakeapi.AssertFindings(t, judged(t, c.run), c.want...)
		})
	}
}
