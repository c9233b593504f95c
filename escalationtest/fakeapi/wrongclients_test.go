package fakeapi_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

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
	{"escapes a slash", spoiled(failed, func(r *http.Request) {
		r.URL.RawPath = strings.Replace(r.URL.Path, "/converse/", "%2Fconverse%2F", 1)
	}), "endpoint-path"},
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
