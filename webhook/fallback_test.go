package webhook_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/webhook"
)

// Chat API events as the shared URL may receive them, with whatever their payloads hold.
var foreignBodies = map[string]string{
	"sendMessage":  `{"botId":"b","channel":"chat","data":{"platformConversationId":"c","eventType":"sendMessage","text":"hi","buttons":[{"type":"link","n":1.5}],"carousel":{"cards":[null,true]}}}`,
	"escalate":     `{"botId":"b","data":{"platformConversationId":"c","eventType":"escalate","escalateTo":{"team":{"id":7}},"queuePosition":3}}`,
	"isTeamOnline": `{"channel":7,"data":{"eventType":"isTeamOnline","text":null,"escalateTo":["a"],"EventTypes":"x","PlatformConversationID":1}}` + "\n ",
}

func TestFallbackGetsTheRequest(t *testing.T) {
	for name, body := range foreignBodies {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s chunked=%v", name, chunked), func(t *testing.T) {
				var got string
				var length int64
				var seen http.Header
				fallback := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					read, err := io.ReadAll(r.Body)
					if err != nil {
						t.Errorf("reading the body again: %v", err)
					}
					got, length, seen = string(read), r.ContentLength, r.Header
					if len(r.TransferEncoding) != 0 {
						t.Errorf("TransferEncoding %v with a body of known length", r.TransferEncoding)
					}
					w.Header().Set("X-From", "fallback")
					w.WriteHeader(http.StatusTeapot)
					io.WriteString(w, `{"isOnline":true}`)
				})
				var recv recorder
				log, out := logger()
				v := must(webhook.SharedSecret(secretHeader, "alpha"))(t)
				h := must(webhook.NewHandler(&recv, v, &webhook.Config{Fallback: fallback, Logger: log}))(t)
				server := httptest.NewServer(h)
				defer server.Close()

				var src io.Reader = strings.NewReader(body)
				if chunked {
					src = io.MultiReader(src) // hides the length
				}
				req, err := http.NewRequest(http.MethodPost, server.URL+"/hook?x=1", src)
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set(secretHeader, "alpha")
				req.Header.Set("X-Trace", "7")
				res, err := server.Client().Do(req)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				answer, _ := io.ReadAll(res.Body)

				if got != body || length != int64(len(body)) || seen.Get("X-Trace") != "7" {
					t.Errorf("the fallback saw %q (%d), headers %v", got, length, seen)
				}
				if res.StatusCode != http.StatusTeapot || string(answer) != `{"isOnline":true}` || res.Header.Get("X-From") != "fallback" {
					t.Errorf("the fallback's answer was changed: %d %s", res.StatusCode, answer)
				}
				if len(recv.envelopes()) != 0 || out.String() != "" {
					t.Errorf("receiver got %v; log: %s", recv.envelopes(), out)
				}
			})
		}
	}
}

func TestForeignEventsWithoutFallback(t *testing.T) {
	for name, body := range foreignBodies {
		var recv recorder
		log, out := logger()
		h := must(webhook.NewHandler(&recv, webhook.NoVerification(), &webhook.Config{Logger: log}))(t)
		res, answer := serve(h, post(body))
		if res.StatusCode != 200 || answer != `{}` || len(recv.envelopes()) != 0 {
			t.Errorf("%s: got %d %s, receiver %v", name, res.StatusCode, answer, recv.envelopes())
		}
		if log := out.String(); strings.Count(log, "level=") != 1 || !strings.Contains(log, "level=DEBUG") || !strings.Contains(log, "event_type="+name) {
			t.Errorf("%s: log: %s", name, log)
		}
	}
}

// Our own events never reach the fallback, valid or not.
func TestOwnEventsStay(t *testing.T) {
	fallback := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the fallback was called") })
	h := must(webhook.NewHandler(&recorder{}, webhook.NoVerification(), &webhook.Config{Fallback: fallback, Logger: quiet()}))(t)
	for body, status := range map[string]int{bodyEnd: 200, `{"data":{"eventType":"widgetMessage"}}`: 400, `{`: 400, ``: 400} {
		if res, _ := serve(h, post(body)); res.StatusCode != status {
			t.Errorf("%q: got %d, want %d", body, res.StatusCode, status)
		}
	}
}

// The request that the server goes on using keeps its own body.
func TestFallbackGetsACopy(t *testing.T) {
	r := post(foreignBodies["isTeamOnline"])
	before := r.Body
	fallback := http.HandlerFunc(func(_ http.ResponseWriter, again *http.Request) {
		if again == r {
			t.Error("the fallback got the server's own request")
		}
	})
	serve(must(webhook.NewHandler(&recorder{}, webhook.NoVerification(), &webhook.Config{Fallback: fallback}))(t), r)
	if r.Body != before {
		t.Error("the server's request was changed")
	}
}
