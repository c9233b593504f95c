package browser_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"
)

// stop has the next event of the agent stop delivery: three attempts do not get it across.
func (p *page) stop() {
	p.t.Helper()
	for range 3 {
		p.click(fault("server-error"))
	}
	p.wait("three faults", `document.querySelector(`+quote(fault("server-error"))+`).innerText.includes('×3')`)
}

// park has the agent say something that does not get across.
func (p *page) park(text string) {
	p.t.Helper()
	p.stop()
	p.say(text)
	p.see("#desk-trouble", "Delivery has stopped: nobody knows whether message (event ")
}

// choice is the button of what may be decided.
func choice(verb string) string { return `#repairs form[data-repair$="` + verb + `"] button` }

// goesOn waits until nothing is left to decide.
func (p *page) goesOn() {
	p.t.Helper()
	p.wait("delivery to go on", `!document.querySelector('#desk-parked').checkVisibility()`)
}

// TestParked: where delivery has stopped, the page says what may be done, and does what is chosen: by keyboard, with other words,
// and for good. axe has no complaint, and nothing scrolls sideways.
func TestParked(t *testing.T) {
	t.Parallel()
	source := axe(t)
	_, p := visit(t, desktop, regexp.MustCompile("status of 409"))
	p.connect("Ann")
	if got := p.texts("#desk-parked"); len(got) > 0 {
		t.Errorf("nothing is parked, and there is %q", got)
	}
	p.park("Are you there?")
	p.see("#announcer", "Delivery has stopped")
	want := []string{"Send it again", "Send this instead", "It has arrived", "Leave it out", "End the round"}
	if diff := cmp.Diff(want, p.texts("#repairs button")); diff != "" {
		t.Errorf("choices (-want +got):\n%s", diff)
	}
	told := spoken{Role: "button", Name: "Send it again",
		Description: "If it has arrived already, it is seen twice."}
	if diff := cmp.Diff(told, p.spoken(choice("retry"))); diff != "" {
		t.Errorf("spoken (-want +got):\n%s", diff)
	}
	p.see("#desk-pending", "1 waiting")
	if diff := cmp.Diff([]string{"Send it again"}, p.texts("#desk [data-next]")); diff != "" {
		t.Errorf("proposed (-want +got):\n%s", diff)
	}
	p.fits(source, "")

	p.reach(choice("retry"))
	p.press(kb.Enter)
	p.chat("Ann: Are you there?")
	p.goesOn()
	p.wait("the focus to stay at the desk", `document.activeElement.id === 'desk-title'`)

	p.park("I am Bob")
	p.fill("#repair-message-text", " ")
	p.click(choice("replace"))
	p.see("#desk-notice", "“Send this instead” was refused (text-required)")
	p.fill("#repair-message-text", "I am Ann")
	p.click(choice("replace"))
	p.chat("Ann: I am Ann")
	p.goesOn()

	p.park("Never mind")
	p.click(choice("skip"))
	p.goesOn()
	p.say("Good")
	p.chat("Ann: Good")

	p.park("Hello?")
	p.click(choice("abort"))
	p.goesOn()
	p.wait("the desk to know that the round is over", `document.querySelector('#desk-state').dataset.state === 'ended'`)
	p.see("#desk-differs", "The widget is at “connected”, the CRM at “ended”")
}

// TestParkedElsewhere: a CRM whose desk offers no choice has to be asked itself.
func TestParkedElsewhere(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /webhook", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /desk", func(w http.ResponseWriter, r *http.Request) {
		kinds := ""
		for _, kind := range []string{"escalationQueueUpdate", "escalationSuccess", "message", "escalationFailed", "agentDisconnect"} {
			kinds += `,{"kind":"` + kind + `","allowed":true}`
		}
		io.WriteString(w, `{"conversation":"`+r.FormValue("conversation")+`","state":"pending","pending":1,"parked":"the printer is out of paper","kinds":[`+kinds[1:]+`]}`)
	})
	crm := httptest.NewServer(mux)
	t.Cleanup(crm.Close)
	s := startSandbox(t, "127.0.0.1:0", "--webhook", crm.URL+"/webhook", "--desk", crm.URL+"/desk")
	p := open(t, s.URL, desktop)
	p.connected()
	p.see("#desk-trouble", "Delivery has stopped: the printer is out of paper. Its desk offers no choice here: decide in the CRM.")
	if got := p.texts("#repairs"); len(got) > 0 {
		t.Errorf("choices: %q", got)
	}
}
