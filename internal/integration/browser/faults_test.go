package browser_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// preset is a fault that the sandbox offers.
type preset struct {
	Name, Group string
	Armed       int
}

func (s *sandbox) presets() []preset {
	s.t.Helper()
	var state struct{ Faults struct{ Presets []preset } }
	s.get("/api/state", &state)
	return state.Faults.Presets
}

func fault(name string) string { return `#faults button[data-fault="` + name + `"]` }

// arm presses the switch of a fault.
func (p *page) arm(name string) {
	p.t.Helper()
	p.click(fault(name))
	p.wait(name+" to be armed", `document.querySelector(`+quote(fault(name))+`).getAttribute('aria-pressed') === 'true'`)
}

// TestFaultSwitches: each fault has its switch, which shows that it is on, also to a screen reader, and moves no other; all go off at
// once.
func TestFaultSwitches(t *testing.T) {
	t.Parallel()
	s, p := visit(t, desktop)
	presets := s.presets()
	if len(presets) < 8 {
		t.Fatalf("the sandbox offers %+v", presets)
	}
	places := func() []string {
		return eval[[]string](p, "measure", `(panel => [...document.querySelectorAll('#faults .chip')].map(e => {
			const at = e.getBoundingClientRect()
			return [e.dataset.fault, at.x - panel.x, at.y - panel.y, at.width, at.height].join(' ')
		}))(document.querySelector('#faults').getBoundingClientRect())`)
	}
	before := places()
	weather := ""
	for _, one := range presets {
		p.arm(one.Name)
		if said := p.spoken(fault(one.Name)); said.Role != "button" || said.Name == "" || said.Description == "" {
			t.Errorf("of %s a screen reader hears %+v", one.Name, said)
		}
		if one.Group == "weather" {
			weather = one.Name // there is one weather at a time
		}
	}
	for _, one := range s.presets() {
		if on := one.Group != "weather" || one.Name == weather; on != (one.Armed > 0) {
			t.Errorf("%s is armed %d times", one.Name, one.Armed)
		}
	}
	if diff := cmp.Diff(before, places()); diff != "" {
		t.Errorf("moved (-before +after):\n%s", diff)
	}
	p.picture("armed")
	p.click("#faults-clear")
	p.wait("all faults to be off", `!document.querySelector('#faults [aria-pressed=true]')`)
	for _, one := range s.presets() {
		if one.Armed > 0 {
			t.Errorf("%s is still armed", one.Name)
		}
	}
	// The switches are the sandbox's, not the page's: another page shows them too.
	p.arm("server-error")
	other := open(t, s.URL, desktop)
	other.connected()
	other.wait("the switch on another page", `document.querySelector(`+quote(fault("server-error"))+`)?.getAttribute('aria-pressed') === 'true'`)
}

// TestFaultsHappen: a message for each fault that ends quickly. The visitor reads each of them, once unless the fault makes that
// unknowable; the wire log shows what the CRM met, attempt by attempt.
func TestFaultsHappen(t *testing.T) {
	t.Parallel()
	_, p := visit(t, desktop)
	p.connect("Ann")
	attempts := 0
	for _, c := range []struct {
		fault string
		wire  []string // outcome, status and attempt of each request
		shown int
	}{
		{"rate-limit", []string{"answered 429 1", "answered 200 2"}, 1},
		{"unauthorized", []string{"answered 401 1", "answered 200 2"}, 1},
		{"outage", []string{"answered 503 1", "answered 503 2", "answered 503 3", "answered 200 4"}, 1},
		{"lost-answer", []string{"answered 502 1", "answered 200 2"}, 2},
	} {
		p.arm(c.fault)
		text := "despite " + c.fault
		p.say(text)
		p.chat("Ann: " + text)
		rows := `[...document.querySelectorAll('#exchanges > li[data-kind=message]')].slice(0, ` + fmt.Sprint(len(c.wire)) + `).reverse().map(e =>
			[e.dataset.outcome, e.dataset.status, e.dataset.attempt].join(' '))`
		attempts += len(c.wire)
		p.wait("all answers", fmt.Sprintf(`document.querySelectorAll('#exchanges > li[data-kind=message][data-outcome=answered]').length === %d`, attempts))
		if diff := cmp.Diff(c.wire, eval[[]string](p, "read the wire", rows)); diff != "" {
			t.Errorf("%s: on the wire (-want +got):\n%s", c.fault, diff)
		}
		p.wait(fmt.Sprintf("the visitor to read it %d times", c.shown), fmt.Sprintf(
			`[...document.querySelectorAll('#chat .line-text')].filter(e => e.innerText.trim() === %q).length === %d`, "Ann: "+text, c.shown))
		p.wait(c.fault+" to be used up", `document.querySelector(`+quote(fault(c.fault))+`).getAttribute('aria-pressed') === 'false'`)
		p.wait("nothing to be said to be armed", `document.querySelector('#faults-notice').textContent === ''`)
	}
	p.picture("happened")
}

// TestKeyRotation: the platform takes another key in mid-chat. The agent's next words meet a 401, and arrive once.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	s, p := visit(t, desktop)
	p.connect("Ann")
	p.click("#rotate-key")
	p.see("#key-notice", "The new key is key-")
	p.wait("it to be in sight, with its button", `['#key-notice', '#rotate-key'].every(s => {
		const r = document.querySelector(s).getBoundingClientRect()
		return r.top >= 0 && r.bottom <= innerHeight
	})`)
	p.say("Under another key")
	p.chat("Ann: Under another key")
	p.until(s.quiet)
	var got []string
	for _, r := range s.wire() {
		if r.Kind == "message" {
			got = append(got, fmt.Sprint(r.Status))
		}
	}
	if diff := cmp.Diff([]string{"401", "200"}, got); diff != "" {
		t.Errorf("the message was answered (-want +got):\n%s", diff)
	}
}

// trouble adds to a connected conversation what goes wrong: armed faults, a request that failed and was repeated, and requests
// of a client that breaks the rules.
func trouble(s *sandbox, p *page) {
	p.t.Helper()
	p.arm("unauthorized")
	p.say("Are you there?")
	p.chat("Ann: Are you there?")
	p.arm("rate-limit")
	p.arm("webhook-double")
	id := p.conversation()
	event := map[string]string{"platformConversationId": id, "eventType": "escalationFailed"}
	for _, try := range []struct {
		key  string
		want int
	}{{theKey, http.StatusTooManyRequests}, {"wrong-key", http.StatusUnauthorized}, {theKey, http.StatusOK}} {
		if status := s.bypass(try.key, event); status != try.want {
			p.t.Fatalf("with %s: %d, not %d", try.key, status, try.want)
		}
	}
	p.wait("the broken line", `document.querySelector('#chat li[data-broken=sequence]')`)
	p.eval(`document.querySelector('#wire-scope').focus()`)
	p.press("p") // problems
	p.wait("the failed requests", `document.querySelectorAll('#exchanges > li[data-status="401"]').length === 2`)
	p.click(`#exchanges > li[data-status="401"] summary`)
	p.wait("the findings", `document.querySelector('.ex-findings li')`)
}

// TestWireLog: a request shows all of itself but what is secret, and what was wrong with it.
func TestWireLog(t *testing.T) {
	t.Parallel()
	s, p := visit(t, desktop)
	p.connect("Ann")
	const text = `{"a": "<b>1</b>"} & more`
	p.say(text)
	p.chat("Ann: " + text)
	id := p.conversation()
	p.openRow("message")
	p.see("#exchanges > li[data-kind=message] .ex-words", text)
	p.see("#exchanges > li[data-kind=message] .ex-head", "Authorization: (hidden)")
	body := eval[map[string]any](p, "read the body", `JSON.parse(document.querySelector('#exchanges .ex-body').textContent)`)
	if diff := cmp.Diff(map[string]any{"platformConversationId": id, "eventType": "message", "text": text}, body); diff != "" {
		t.Errorf("the body (-want +got):\n%s", diff)
	}
	p.picture("open")

	// The platform can send a webhook once more; the CRM takes it for the repeat it is.
	p.openRow("widgetEscalate")
	p.click("#exchanges > li[data-kind=widgetEscalate] .ex-resend")
	p.wait("the repeat", `document.querySelectorAll('#exchanges > li[data-kind=widgetEscalate][data-status="200"]').length === 2`)
	p.stands("connected")

	trouble(s, p)
	for _, status := range []string{"401", "429"} {
		p.wait(status, `document.querySelector('#exchanges > li[data-status="`+status+`"]')`)
	}
	if n := eval[int](p, "count", `document.querySelectorAll('#exchanges > li[data-status="200"]:not([data-trouble])').length`); n > 0 {
		t.Errorf("%d requests without trouble among what went wrong", n)
	}
	p.picture("trouble")

	everything := eval[string](p, "read all", `document.documentElement.outerHTML`)
	for _, path := range []string{"/api/state", "/api/wire?limit=500"} {
		var v any
		s.get(path, &v)
		everything += fmt.Sprint(v)
	}
	for _, secret := range []string{theKey, "wrong-key"} {
		if strings.Contains(everything, secret) {
			t.Errorf("%q is shown", secret)
		}
	}
}
