package browser_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReconnect breaks the page's connections in every way there is while a conversation goes on. When it has come back, the
// page shows each line and each request once, in their order.
func TestReconnect(t *testing.T) {
	t.Parallel()
	s, p := visit(t, desktop, unreachable)
	p.connect("Ann")
	id := p.conversation()
	want := []string{"Ann joined"}
	burst := func(name string) { // which has all happened when it returns, whether the page hears of it or not
		for i := range 20 {
			text := fmt.Sprintf("%s %d", name, i)
			s.agent(id, "message", "text", text)
			want = append(want, "Ann: "+text)
		}
		s.visitor(id, "write", name+" answer")
		want = append(want, name+" answer")
		p.until(func() bool { return len(s.talk(id).Lines) >= len(want) })
	}
	for _, c := range []struct {
		why  string
		fail func()
	}{
		{"cut, and a burst while nothing gets through", func() {
			p.line.cut()
			p.wait("the loss to be told", `document.querySelector('#connection[data-state=lost]')`)
			p.picture("lost")
			burst("cut")
		}},
		{"what was on its way is lost", func() {
			p.line.stall()
			burst("stalled")
			p.line.cut()
		}},
		{"an event is cut in two", func() {
			p.line.cutWithin()
			burst("halved")
			p.line.waitCut()
		}},
		{"stalled, and nothing is lost", func() {
			p.line.stall()
			burst("slow")
		}},
		{"cut again and again", func() {
			for i := range 4 {
				carried := p.line.connections()
				p.line.cut()
				burst(fmt.Sprintf("again %d", i))
				p.line.mend()
				p.until(func() bool { return p.line.connections() > carried })
			}
		}},
	} {
		c.fail()
		p.line.mend()
		p.connected()
		p.everything(s, id)
		if t.Failed() {
			t.Fatalf("after: %s", c.why)
		}
	}
	p.heardOnce()
	// The order of the visitor's words among the agent's is the platform's: they take two ways.
	count := map[string]int{}
	var got []string
	for _, l := range p.lines() {
		count[l.Text]++
		if l.By == "crm" {
			got = append(got, l.Text)
		}
	}
	for _, text := range want {
		if count[text] != 1 {
			t.Errorf("%q is shown %d times", text, count[text])
		}
	}
	fromCRM := slices.DeleteFunc(slices.Clone(want), func(s string) bool { return strings.HasSuffix(s, "answer") })
	if diff := cmp.Diff(fromCRM, got); diff != "" {
		t.Errorf("lines of the CRM (-want +got):\n%s", diff)
	}
}

// everything waits until the page shows as much as the sandbox knows, and compares all of it.
func (p *page) everything(s *sandbox, id string) {
	p.t.Helper()
	var want, got known
	p.until(func() bool {
		quiet := s.quiet()
		want, got = s.all(id), p.all()
		if !quiet || got.Held || len(got.Lines) < len(want.Lines) || len(got.Wire) < len(want.Wire) {
			return false
		}
		return cmp.Equal(want, s.all(id)) // or the page may know already what has happened meanwhile
	})
	if diff := cmp.Diff(want, got); diff != "" {
		p.t.Errorf("the page (-sandbox +page):\n%s", diff)
	}
}

// known is what was said in a conversation, and the numbers of all requests, in their order.
type known struct {
	Lines []said
	Wire  []int
	Held  bool // an answer is still to come
}

func (s *sandbox) all(id string) (a known) {
	s.t.Helper()
	for _, l := range s.talk(id).Lines {
		a.Lines = append(a.Lines, said{l.By, l.Kind, l.Text})
	}
	for _, x := range s.wire() {
		a.Wire = append(a.Wire, x.N)
		a.Held = a.Held || x.Outcome == "held"
	}
	return a
}

func (p *page) all() known {
	p.t.Helper()
	return eval[known](p, "read the page", `({
		Lines: `+chatLines+`,
		Wire: [...document.querySelectorAll('#exchanges > li')].map(e => +e.dataset.n).reverse(), // the newest is at the top
		Held: !!document.querySelector('#exchanges > li[data-outcome=held]'),
	})`)
}

// quiet reports whether nothing is under way any more between the CRM and the platform.
func (s *sandbox) quiet() bool {
	s.t.Helper()
	webhooks := map[string]int{} // that are still to be answered: the log has them from then on
	for _, c := range s.talks() {
		if c.Desk.Pending > 0 {
			return false
		}
		webhooks[c.ID+" widgetEscalate"] += c.Round
		for _, l := range c.Lines {
			if l.Kind == "widgetMessage" {
				webhooks[c.ID+" widgetMessage"]++
			}
		}
	}
	for _, r := range s.wire() {
		if r.Outcome == "held" || r.Outcome == "" {
			return false
		}
		webhooks[r.Conversation+" "+r.Kind]--
	}
	for _, n := range webhooks {
		if n > 0 {
			return false
		}
	}
	return true
}

// TestRestart: the sandbox is stopped and another one started at the same address. The page shows that of the other one, and
// none of the first.
func TestRestart(t *testing.T) {
	t.Parallel()
	first, p := visit(t, desktop, unreachable)
	p.connect("Ann")
	first.stop()
	p.wait("the loss to be told", `document.querySelector('#connection[data-state=lost]')`)
	startSandbox(t, strings.TrimPrefix(first.URL, "http://"))
	p.connected()
	p.stands("none")
	if lines := p.lines(); len(lines) > 0 {
		t.Errorf("lines of the first sandbox: %q", lines)
	}
	p.connect("Bob")
	p.wait("two requests", `document.querySelectorAll('#exchanges > li').length === 2`)
}

// TestRestartUnderTheSameName: ids that a user chooses come again. What the first sandbox said under one is not shown for the other.
func TestRestartUnderTheSameName(t *testing.T) {
	t.Parallel()
	first := startSandbox(t, "127.0.0.1:0")
	first.visitor("123", "write", "to the first")
	p := open(t, first.URL, desktop, unreachable)
	p.connected()
	p.wait("the line", `document.querySelector('#chat li')?.innerText.includes('to the first')`)
	first.stop()
	p.wait("the loss to be told", `document.querySelector('#connection[data-state=lost]')`)
	second := startSandbox(t, strings.TrimPrefix(first.URL, "http://"))
	second.visitor("123", "write", "to the second")
	p.connected()
	p.wait("the line", `document.querySelector('#chat li')?.innerText.includes('to the second')`)
	if lines := p.lines(); len(lines) != 2 { // the visitor's and the bot's
		t.Errorf("lines: %q", lines)
	}
}
