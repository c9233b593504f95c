package browser_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestCRMWithoutDesk: the CRM is somebody else's, and its agents work elsewhere. The page offers no buttons for them, says what to
// do instead, and shows what the CRM sends.
func TestCRMWithoutDesk(t *testing.T) {
	t.Parallel()
	source := axe(t)
	crm := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(crm.Close)
	s := startSandbox(t, "127.0.0.1:0", "--webhook", crm.URL+"/converse-webhook")
	p := open(t, s.URL, desktop)
	p.connected()
	p.see("#crm", crm.URL+"/converse-webhook")
	p.see("#desk-absent", "--desk URL")
	if n := len(p.texts("#desk form")); n > 0 {
		t.Errorf("%d forms for an agent who is not there", n)
	}
	p.click("#escalate")
	p.wait("the webhook to be answered", `document.querySelector('#exchanges > li[data-kind=widgetEscalate][data-status="200"]')`)
	p.stands("pending")
	p.see("#curl", p.conversation())
	if strings.Contains(strings.Join(p.texts("#curl"), ""), theKey) {
		t.Error("the key is shown")
	}
	p.fits(source, "")

	for _, event := range []map[string]string{
		{"eventType": "message", "text": "Hello?"}, // before anybody has joined
		{"eventType": "escalationSuccess", "agent": "Zoe"},
		{"eventType": "message", "text": "Hello!"},
	} {
		event["platformConversationId"] = p.conversation()
		if status := s.bypass(theKey, event); status != http.StatusOK {
			t.Fatalf("%v: %d", event, status)
		}
	}
	p.chat("Zoe: Hello!")
	p.stands("connected")
	p.see("#chat li[data-broken=sequence]", "no agent is connected yet")
	if n := len(p.texts("#chat li[data-broken]")); n != 1 {
		t.Errorf("%d lines are marked as broken", n)
	}
}

// TestReadAloud: what changes without a click is read out by a screen reader.
func TestReadAloud(t *testing.T) {
	t.Parallel()
	_, p := visit(t, phone, unreachable)
	for selector, role := range map[string]string{"#announcer": "status", "#connection": "status", "#desk-notice": "status", "#chat": "log"} {
		if s := p.spoken(selector); s.Role != role {
			t.Errorf("%s is a %s", selector, s.Role)
		}
		p.until(func() bool { return p.spoken(selector).Live == "polite" }) // not while a whole history is being filled in
	}
	says := func(selector, text string) {
		t.Helper()
		p.wait(selector+" to say "+text, `document.querySelector(`+quote(selector)+`).textContent.includes(`+quote(text)+`)`)
	}
	p.connect("Ann")
	says("#announcer", "connected")
	p.do("agentDisconnect")
	says("#announcer", "ended")
	p.wait("the desk to follow", `document.querySelector(`+quote(button("message"))+`).getAttribute('aria-disabled') === 'true'`)
	p.click(button("message"))
	says("#desk-notice", roundIsOver)
	p.line.cut()
	says("#connection", "lost")
	p.line.mend()
	says("#connection", "Live")
}
