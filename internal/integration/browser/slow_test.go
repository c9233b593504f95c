package browser_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/fetch"
	"github.com/google/go-cmp/cmp"
)

// TestSlowDesk: whoever presses again because the CRM takes its time has not sent twice.
func TestSlowDesk(t *testing.T) {
	t.Parallel()
	acts := make(chan struct{}, 10)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /webhook", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /desk", func(w http.ResponseWriter, r *http.Request) {
		acts <- struct{}{}
		w.WriteHeader(http.StatusAccepted)
	})
	crm := httptest.NewServer(mux)
	t.Cleanup(crm.Close)
	s := startSandbox(t, "127.0.0.1:0", "--webhook", crm.URL+"/webhook", "--desk", crm.URL+"/desk")
	p := open(t, s.URL, desktop)
	p.connected()
	p.fill("#message-text", "Hello")
	p.hold("/api/desk", fetch.RequestStageResponse) // a CRM that took so long itself would be given up by the sandbox at some time
	p.click(button("message"))
	p.waitHeld()
	p.click(button("message"))
	p.see("#desk-notice", "message was not sent: the CRM has not answered the event before it yet.")
	p.letGo()
	p.wait("the field to be empty", `document.querySelector('#message-text').value === ''`)
	p.fill("#message-text", "Are you there?")
	p.do("message")
	p.wait("the field to be empty", `document.querySelector('#message-text').value === ''`)
	if diff := cmp.Diff(2, len(acts)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestDeskThatIsNotThere: an event that did not arrive was not refused, and one that may have arrived was not either.
func TestDeskThatIsNotThere(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /webhook", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /desk", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	crm := httptest.NewUnstartedServer(mux)
	crm.Listener.Close()
	crm.Listener = must(net.Listen("tcp", freeAddress()))(t)
	crm.Start()
	t.Cleanup(crm.Close)
	s := startSandbox(t, "127.0.0.1:0", "--webhook", crm.URL+"/webhook", "--desk", crm.URL+"/desk")
	p := open(t, s.URL, desktop, regexp.MustCompile("50[23]"))
	p.connected()
	p.fill("#message-text", "Hello")
	p.click(button("message"))
	p.see("#desk-notice", "Whether the CRM took message is not known: ")
	crm.Close()
	p.click(button("message"))
	p.see("#desk-notice", "message was not sent: connection refused: nothing listens on "+strings.TrimPrefix(crm.URL, "http://"))
	p.wait("what was typed to be there still", `document.querySelector('#message-text').value === 'Hello'`)
}

// TestWordsKeepTheirOrder: whoever writes two lines before the first has gone has said them in that order.
func TestWordsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	_, p := visit(t, desktop)
	p.connect("Ann")
	p.hold("/api/visitor", fetch.RequestStageRequest)
	p.write("one")
	p.waitHeld()
	p.write("two")
	p.frames(5)
	if n := len(p.tap.holding()); n != 1 {
		t.Errorf("%d requests are under way, which may overtake one another", n)
	}
	p.letGo()
	p.chat("two")
	if diff := cmp.Diff([]said{{"crm", "escalationSuccess", "Ann joined"}, {"visitor", "widgetMessage", "one"}, {"visitor", "widgetMessage", "two"}}, p.lines()); diff != "" {
		t.Errorf("the chat (-want +got):\n%s", diff)
	}
}
