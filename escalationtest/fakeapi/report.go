package fakeapi

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Report returns all that happened in this conversation, of the bot named to New, as a chart for people to read: the
// webhooks, the requests with their answers, what was shown, and the findings, in the order of happening and with the seconds since
// the first of them. It names the seed of each [Chaos] that had a say in it, at least of the last few. It holds no key; its form
// may change. For an empty id it is about the requests that named no conversation.
func (s *Server) Report(conversationID string) string { return s.mainBot().Report(conversationID) }

// Report is [Server.Report] for this bot.
func (b *Bot) Report(conversationID string) string {
	s, id := b.s, b.talkID(conversationID)
	s.mu.Lock()
	defer s.mu.Unlock()
	r := report{lines: []string{s.reportHead(id)}}
	found := map[int][]Finding{}
	for _, f := range s.findings.kept() {
		found[f.N] = append(found[f.N], f)
	}
	for _, e := range s.journal.kept() {
		if e.talk != id {
			continue
		}
		switch {
		case e.rec != nil:
			r.request(e.rec)
			for _, f := range found[e.rec.N] {
				r.add(time.Time{}, "finding", f.verdict())
			}
		case e.hook != nil:
			r.webhook(e.hook)
		default:
			r.shown(e.line)
		}
	}
	if len(r.lines) == 1 {
		r.add(time.Time{}, "", "nothing happened, or it is forgotten")
	}
	return strings.Join(r.lines, "\n") + "\n"
}

func (s *Server) reportHead(id talkID) string {
	if id.conversation == "" {
		return fmt.Sprintf("requests of bot %q that named no conversation", id.bot)
	}
	head := fmt.Sprintf("conversation %q of bot %q", id.conversation, id.bot)
	if t := s.talks[id]; t != nil {
		st := t.state()
		head += fmt.Sprintf(", %s, round %d", st, st.Round)
		for _, seed := range t.seeds {
			head += fmt.Sprintf(", chaos seed %d", seed)
		}
	}
	return head
}

// A report is the chart while it is drawn.
type report struct {
	lines []string
	zero  time.Time // what the times are counted from
}

// add draws a line; the zero time leaves the time out.
func (r *report) add(at time.Time, what, text string) {
	stamp := ""
	if !at.IsZero() {
		if r.zero.IsZero() {
			r.zero = at
		}
		stamp = fmt.Sprintf("%.3f", at.Sub(r.zero).Seconds())
	}
	r.lines = append(r.lines, strings.TrimRight(fmt.Sprintf("%9s  %-12s %s", stamp, what, text), " "))
}

func (r *report) request(rec *Record) {
	text := word(rec.EventType)
	if text == "" {
		text = word(rec.Method) + " " + brief(rec.Path)
	}
	shown := maps.Clone(rec.others)
	for name, value := range rec.Fields {
		if name != fieldConversation && name != fieldEventType {
			shown[name] = brief(value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(shown)) {
		text += " " + word(name) + "=" + shown[name]
	}
	r.add(rec.Time, fmt.Sprintf("request %d", rec.N), text+" -> "+rec.outcome())
}

// outcome says what the client and the event got.
func (r *Record) outcome() string {
	out := fmt.Sprint(r.Status)
	switch {
	case r.End == Answered:
	case r.End == Open:
		out = "no answer yet"
	case r.Status == 0 || r.End == ClientGone || r.End == ServerClosed:
		out = r.End.String()
	default:
		out += ", " + r.End.String()
	}
	good := r.End == Answered && r.Status/100 == 2
	switch {
	case r.Processed && !good:
		out += ", but it took effect"
	case r.Passed() && !r.Processed && r.awaited:
		out += ", no effect yet"
	case r.Passed() && !r.Processed && r.End != Open:
		out += ", without effect"
	}
	return out
}

func (r *report) webhook(rec *WebhookRecord) {
	what := fmt.Sprintf("webhook %d", rec.N)
	text := rec.EventType
	if rec.Of != rec.N {
		text += fmt.Sprintf(", a copy of %d", rec.Of)
	}
	switch {
	case !rec.Ended:
		text += " -> under way"
	case rec.Dropped:
		text += " -> dropped"
	case rec.Status == 0:
		text += " -> " + rec.Err
	default:
		text += fmt.Sprintf(" -> %d", rec.Status)
		if rec.Err != "" {
			text += ", " + rec.Err
		}
	}
	r.add(rec.Time, what, text)
}

func (r *report) shown(l *Line) {
	if l.By != ByCRM {
		r.add(l.At, l.By.String(), brief(l.Text))
		return
	}
	text := fmt.Sprintf("%s (of request %d)", brief(l.Text), l.N)
	if l.Repeat {
		text += ", again"
	}
	r.add(l.At, "shown", text)
}

// word returns the text as it is if it is a plain word, and else as brief does.
func word(text string) string {
	for _, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' {
			return brief(text)
		}
	}
	if len(text) > briefly {
		return brief(text)
	}
	return text
}

const briefly = 80 // characters

// brief returns the text quoted, and cut short if it is long.
func brief(text string) string {
	if n := len([]rune(text)); n > briefly {
		return fmt.Sprintf("%q… (%d characters)", string([]rune(text)[:briefly]), n)
	}
	return fmt.Sprintf("%q", text)
}
