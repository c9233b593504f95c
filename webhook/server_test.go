package webhook_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/webhook"
)

// exchange writes raw bytes to a server on loopback and reads one answer. The limit only ends a test
// that would otherwise hang.
func exchange(t *testing.T, server *httptest.Server, raw string) (*http.Response, string, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatalf("no answer: %v", err)
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body), in
}

func rawPost(headers, body string) string {
	return "POST /hook HTTP/1.1\r\nHost: crm.example\r\nContent-Type: application/json\r\n" + headers + "\r\n" + body
}

// loopback serves a handler that reads for no longer than the time given.
func loopback(t *testing.T, recv webhook.Receiver, readTimeout time.Duration) *httptest.Server {
	t.Helper()
	h := must(webhook.NewHandler(recv, webhook.NoVerification(), &webhook.Config{ReadTimeout: readTimeout, Logger: quiet()}))(t)
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

// A sender that stops in the middle is answered; without a deadline the handler would wait for ever.
func TestSlowBody(t *testing.T) {
	for why, raw := range map[string]string{
		"with a length":          rawPost("Content-Length: 500\r\n", bodyEnd),
		"in chunks":              rawPost("Transfer-Encoding: chunked\r\n", "5\r\n{\"bot\r\n"),
		"nothing after the head": rawPost("Content-Length: 500\r\n", ""),
	} {
		t.Run(why, func(t *testing.T) {
			var recv recorder
			res, body, in := exchange(t, loopback(t, &recv, 50*time.Millisecond), raw)
			if res.StatusCode != 400 || !strings.Contains(body, "could not be read") || !res.Close {
				t.Errorf("got %d %s, close %v", res.StatusCode, body, res.Close)
			}
			if _, err := in.ReadByte(); err != io.EOF {
				t.Errorf("the connection stays open: %v", err)
			}
			if len(recv.envelopes()) != 0 {
				t.Error("the receiver was called with half a body")
			}
		})
	}
}

// After an early refusal net/http reads on for what is left of the body: that has to end too.
func TestSlowBodyAfterRefusal(t *testing.T) {
	raw := strings.Replace(rawPost("Content-Length: 500\r\n", bodyEnd), "application/json", "text/plain", 1)
	res, _, in := exchange(t, loopback(t, &recorder{}, 50*time.Millisecond), raw)
	if res.StatusCode != 415 {
		t.Errorf("got %d", res.StatusCode)
	}
	if _, err := in.ReadByte(); err != io.EOF {
		t.Errorf("the connection stays open: %v", err)
	}
}

func TestLargeBody(t *testing.T) {
	huge := strings.Repeat(" ", 8<<20)
	for why, raw := range map[string]string{
		"announced, not one byte of it sent": rawPost("Content-Length: 8388608\r\n", ""),
		"in one chunk":                       rawPost("Transfer-Encoding: chunked\r\n", "800000\r\n"+huge[:64<<10+1]),
	} {
		t.Run(why, func(t *testing.T) {
			var recv recorder
			res, body, _ := exchange(t, loopback(t, &recv, time.Minute), raw)
			if res.StatusCode != 413 || !strings.Contains(body, "over the size limit") || !res.Close {
				t.Errorf("got %d %s, close %v", res.StatusCode, body, res.Close)
			}
			if len(recv.envelopes()) != 0 {
				t.Error("the receiver was called")
			}
		})
	}
}

// Chunks that are no chunks are no slow body: the answer comes at once.
func TestBrokenBody(t *testing.T) {
	var recv recorder
	res, _, _ := exchange(t, loopback(t, &recv, time.Minute), rawPost("Transfer-Encoding: chunked\r\n", "zz\r\n"))
	if res.StatusCode != 400 || len(recv.envelopes()) != 0 {
		t.Errorf("got %d, %v", res.StatusCode, recv.envelopes())
	}
}

func TestConcurrentRequests(t *testing.T) {
	const senders, each = 16, 25
	var recv recorder
	log, _ := logger()
	v := must(webhook.All(must(webhook.SharedSecret(secretHeader, "old", "alpha"))(t),
		must(webhook.HMACSHA256("X-Sig", webhook.Hex, "old", "key"))(t)))(t)
	h := must(webhook.NewHandler(&recv, v, &webhook.Config{Logger: log}))(t)
	server := httptest.NewServer(h)
	defer server.Close()
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for i := range each {
				body := fmt.Sprintf(`{"botId":"b","new%d":1,"data":{"platformConversationId":"c%d","eventType":"widgetMessage","text":"%d"}}`, i, s, i)
				req, _ := http.NewRequest(http.MethodPost, server.URL, strings.NewReader(body))
				req.Header.Set("Content-Type", "application/json")
				req.Header.Set(secretHeader, "alpha")
				req.Header["X-Sig"] = sign("X-Sig", "key", body).Header["X-Sig"]
				res, err := server.Client().Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				io.Copy(io.Discard, res.Body)
				res.Body.Close()
				if res.StatusCode != 200 {
					t.Errorf("got %d", res.StatusCode)
				}
			}
		})
	}
	wg.Wait()
	next := map[string]int{} // a sender that waits for each answer keeps its order
	for _, env := range recv.envelopes() {
		if want := fmt.Sprint(next[env.ConversationID]); env.Event.(events.WidgetMessage).Text != want {
			t.Fatalf("%s: got %v, want %s", env.ConversationID, env.Event, want)
		}
		next[env.ConversationID]++
	}
	if len(next) != senders || len(recv.envelopes()) != senders*each {
		t.Errorf("%d events of %d conversations", len(recv.envelopes()), len(next))
	}
}
