package fakeapi_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// A rightClient does one thing at a time and believes what it is told: it sends what is in order as far as it knows, sends
// that again until it is told 200, and begins and ends rounds as the webhooks say.
type rightClient struct {
	http *http.Client
	sent int // how many events

	mu   sync.Mutex
	turn int    // how many rounds have begun or ended
	live bool   // a round is
	word string // what was told 200 in it
	lost bool   // in this round a lifecycle event never was: nothing more is sent
}

// hear takes a webhook. One more escalation in a live round is taken for a repeat.
func (c *rightClient) hear(body string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	begins, ends := strings.Contains(body, "widgetEscalate"), strings.Contains(body, "widgetEndSession")
	if begins && !c.live || ends && c.live {
		c.turn, c.live, c.word, c.lost = c.turn+1, begins, "", false
	}
}

// act sends one of the events that are in order, four times at most.
func (c *rightClient) act(t *testing.T, choice int) {
	c.mu.Lock()
	turn, idle, options := c.turn, !c.live || c.lost, "QSF"
	if strings.Contains(c.word, "S") {
		options = "MMD"
	}
	c.mu.Unlock()
	if idle {
		return
	}
	c.sent++
	letter := options[choice]
	body := events[rune(letter)]
	switch letter {
	case 'M':
		body = event("message", fmt.Sprintf(`"text":"%d"`, c.sent))
	case 'Q':
		body = event("escalationQueueUpdate", fmt.Sprintf(`"queuePosition":"%d"`, c.sent))
	}
	for attempt := 0; ; attempt++ {
		taken := c.post(t, body)
		c.mu.Lock()
		moved := c.turn != turn
		switch {
		case moved:
		case taken:
			c.word += string(letter)
			if letter == 'F' || letter == 'D' {
				c.turn, c.live = c.turn+1, false
			}
		case attempt == 3:
			c.lost = letter != 'M' && letter != 'Q' // words may be left out
		}
		c.mu.Unlock()
		if moved || taken || attempt == 3 {
			return
		}
	}
}

func (c *rightClient) post(t *testing.T, body string) bool {
	resp, err := c.http.Do(request(t.Context(), memoryURL, body, nil))
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, err = io.ReadAll(resp.Body)
	return err == nil && resp.StatusCode == 200
}

// A happening is one step of a history; what the fields mean depends on what happens.
type happening struct {
	What   rune // a the agent acts, l the visitor leaves, e the bot escalates, t time passes, h what was stuck comes, r a webhook is repeated
	Choice int
	Fault  int // an index of the faults below; beyond them: none
}

func requestFaults(stuck *fakeapi.Hold) []fakeapi.Fault {
	return []fakeapi.Fault{
		{Status: 503},
		{Status: 429},
		{Status: 401},
		{Status: 502, Process: fakeapi.ProcessAnyway},
		{Process: fakeapi.ProcessNever},
		{Cut: fakeapi.CutAfterBody},
		{Cut: fakeapi.CutAfterBody, Process: fakeapi.ProcessAnyway},
		{Cut: fakeapi.CutInAnswer},
		{Cut: fakeapi.CutAfterBody, AfterNext: true},
		{AfterNext: true},
		{Cut: fakeapi.CutAfterBody, Late: stuck},
		{Late: stuck},
		{Delay: 1009 * time.Millisecond}, // the client waits for that one
		{Delay: 3 * time.Second},
		{Delay: 3 * time.Second, Process: fakeapi.ProcessAnyway},
		{Cut: fakeapi.CutBeforeBody},
		{Status: 204},
		{Status: 302},
		{Status: 302, Process: fakeapi.ProcessAnyway},
		{Status: 401, Process: fakeapi.ProcessAnyway},
		{Status: 404},
		{Status: 200, Body: []byte("odd")},
		{Status: 202, Process: fakeapi.ProcessNever},
		{Status: 429, AfterNext: true},
		{Status: 429, Late: stuck},
	}
}

// No two of the times are such that things happen at the same moment: then nobody could tell what was first.
var webhookFaults = []fakeapi.WebhookFault{
	{Drop: true},
	{Delay: 2317 * time.Millisecond},
	{AfterNext: true, Delay: 4127 * time.Millisecond},
	{Copies: 1},
	{Copies: 1, Delay: 1013 * time.Millisecond},
	{AfterNext: true},
	{Copies: 3, Delay: 5017 * time.Millisecond},
	{Delay: 30037 * time.Millisecond},
}

// A mood is how the client answers a webhook.
type mood int

const (
	prompt    mood = iota // it hears it and says so
	pensive               // it hears it, and takes its time to say so
	sleepy                // it takes its time to hear it
	faltering             // it hears it, and fails to say so
	deaf                  // it does not hear it
)

var anyMoods = rapid.SliceOfN(rapid.SampledFrom([]mood{prompt, prompt, prompt, prompt, pensive, sleepy, faltering, deaf}), 1, 8)

func (c *rightClient) answer(in mood, body string) int {
	switch in {
	case deaf:
		return 500
	case sleepy:
		time.Sleep(521 * time.Millisecond)
	}
	c.hear(body)
	switch in {
	case faltering:
		return 500
	case pensive:
		time.Sleep(607 * time.Millisecond)
	}
	return 200
}

var anyHappening = rapid.Custom(func(rt *rapid.T) happening {
	return happening{
		What:   rapid.SampledFrom([]rune("aaaaaaalleeetthr")).Draw(rt, "what"),
		Choice: rapid.IntRange(0, 2).Draw(rt, "choice"),
		Fault:  rapid.IntRange(0, 32).Draw(rt, "fault"),
	}
})

// onlyWrongClientsAreBlamed: whatever the visitor and the platform do, a right client is blamed for nothing. Once it has become
// a wrong one and nothing is in the dark any more, it is blamed.
func onlyWrongClientsAreBlamed(t *testing.T, rt *rapid.T) {
	history := rapid.SliceOfN(anyHappening, 1, 30).Draw(rt, "history")
	lag := rapid.SampledFrom([]time.Duration{0, 0, 3079 * time.Millisecond}).Draw(rt, "lag")
	moods := anyMoods.Draw(rt, "moods")
	var wrong string // the test's own goroutine must report it
	synctest.Test(t, func(t *testing.T) {
		s, other := newPair(t, &fakeapi.Config{Lag: lag})
		c := &rightClient{http: &http.Client{Transport: s.RoundTripper(), Timeout: 1931 * time.Millisecond}}
		other.answer = func(_ *http.Request, body string) (*http.Response, error) {
			return status(c.answer(moods[len(other.got())%len(moods)], body)), nil
		}
		must(t, s.Escalate("c1", ""))
		synctest.Wait()
		play := &player{t: t, s: s, client: c, stuck: new(fakeapi.Hold)}
		for _, h := range history {
			play.one(h)
			synctest.Wait()
		}
		s.ClearFaults()
		time.Sleep(time.Hour) // the webhooks wait for each other, so their delays add up
		if n := faultsOf(s); n != 0 {
			wrong = fmt.Sprintf("a right client is blamed:\n%s\n%s", s.Findings(), s.Report("c1"))
			return
		}
		moods = []mood{prompt}
		_ = s.Escalate("c1", "") // a round may be live already
		must(t, s.Leave("c1"))
		must(t, s.Escalate("c1", ""))
		synctest.Wait()
		if open := underWay(s); open != "" {
			wrong = fmt.Sprintf("%s:\n%s", open, s.Report("c1"))
			return
		}
		c.post(t, message)
		time.Sleep(time.Minute)
		if n := faultsOf(s); n != 1 {
			wrong = fmt.Sprintf("talking too early is blamed %d times:\n%s\n%s", n, s.Findings(), s.Report("c1"))
		}
	})
	if wrong != "" {
		rt.Fatal(wrong)
	}
}

// A player makes a history happen.
type player struct {
	t      *testing.T
	s      *fakeapi.Server
	client *rightClient
	stuck  *fakeapi.Hold
}

func (p *player) one(h happening) {
	p.s.ClearFaults()
	if fs := requestFaults(p.stuck); h.Fault < len(fs) {
		must(p.t, p.s.Next(fs[h.Fault]))
	}
	if h.Fault < len(webhookFaults) {
		must(p.t, p.s.NextWebhook(webhookFaults[h.Fault]))
	}
	switch h.What {
	case 'a':
		p.client.act(p.t, h.Choice)
	case 'l':
		_ = p.s.Leave("c1") // refused where no round is live
	case 'e':
		_ = p.s.Escalate("c1", "") // and where one is
	case 't':
		time.Sleep(time.Duration(1+h.Choice) * time.Second)
	case 'h':
		p.stuck.Release()
		p.stuck = new(fakeapi.Hold)
	case 'r':
		_ = p.s.Redeliver(p.t.Context(), 1+h.Fault) // if there is that one
	}
}

// underWay names what has not come to its end yet, if there is anything.
func underWay(s *fakeapi.Server) string {
	for _, w := range s.Webhooks() {
		if !w.Ended {
			return fmt.Sprintf("webhook %d is under way", w.N)
		}
	}
	for _, r := range s.Requests() {
		if r.End == fakeapi.Open {
			return fmt.Sprintf("request %d is under way", r.N)
		}
	}
	return ""
}

func faultsOf(s *fakeapi.Server) (n int) {
	for _, f := range s.Findings() {
		if f.Fault() {
			n++
		}
	}
	return n
}

func TestOnlyWrongClientsAreBlamed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { onlyWrongClientsAreBlamed(t, rt) })
}
