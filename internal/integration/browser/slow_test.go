package browser_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSlowDesk: whoever presses again because the CRM takes its time has not sent twice.
func TestSlowDesk(t *testing.T) {
	t.Parallel()
	acts, answer := make(chan struct{}, 10), make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("POST /webhook", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /desk", func(w http.ResponseWriter, r *http.Request) {
		acts <- struct{}{}
		<-answer
		w.WriteHeader(http.StatusAccepted)
	})
	crm := httptest.NewServer(mux)
	t.Cleanup(crm.Close)
	s := startSandbox(t, "127.0.0.1:0", "--webhook", crm.URL+"/webhook", "--desk", crm.URL+"/desk")
	p := open(t, s.URL, desktop)
	p.connected()
	p.fill("#message-text", "Hello")
	p.click(button("message"))
	<-acts
	p.click(button("message"))
	p.see("#desk-notice", "message was not sent: the CRM has not answered the event before it yet.")
	close(answer)
	p.wait("the field to be empty", `document.querySelector('#message-text').value === ''`)
	p.fill("#message-text", "Are you there?")
	p.click(button("message"))
	p.wait("the field to be empty", `document.querySelector('#message-text').value === ''`)
	if diff := cmp.Diff(1, len(acts)); diff != "" {
		t.Errorf("events after the first (-want +got):\n%s", diff)
	}
}

// TestDeskThatIsNotThere: an event that did not arrive was not refused, and one that may have arrived was not either.
func TestDeskThatIsNotThere(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /webhook", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /desk", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	crm := httptest.NewServer(mux)
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
