package verify

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/plain"
	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
)

// What a text report shows of one scenario; the other formats have all of it.
const (
	maxTalks = 3  // failed conversations
	maxLines = 60 // lines of a widget or a chart
)

// Text writes a whole report for people. With verbose it also shows what the visitor saw where nothing failed.
func Text(w io.Writer, r *Report, verbose bool) error {
	for _, result := range r.Results {
		if err := ResultText(w, result, verbose); err != nil {
			return err
		}
	}
	return SummaryText(w, r)
}

// SummaryText writes the last lines of a text report.
func SummaryText(w io.Writer, r *Report) error {
	text := fmt.Sprintf("\n%d passed, %d failed, %d skipped in %s\n",
		r.Count(Passed), r.Count(Failed), r.Count(Skipped), seconds(r.Took))
	if !r.Played() {
		text += "no scenario was played, so nothing is known\n"
	}
	if r.Count(Failed) > 0 {
		text += fmt.Sprintf("to repeat it with the same conversation ids: --seed %d\n", r.Seed)
	}
	_, err := io.WriteString(w, text)
	return err
}

// ResultText writes one result for people.
func ResultText(w io.Writer, r Result, verbose bool) error {
	t := &text{}
	word := map[Status]string{Passed: "ok", Failed: "FAIL", Skipped: "skip"}[r.Status]
	head := fmt.Sprintf("%-4s  %-29s %6s", word, r.Name, seconds(r.Took))
	switch r.Status {
	case Failed:
		head += "  " + r.About
	case Skipped:
		head += "  " + r.Why
	}
	t.line(0, head)
	t.reasons(4, "", about(r.Reasons, r.Conversations, ""))
	shown, failed := 0, 0
	for _, c := range r.Conversations {
		reasons := about(r.Reasons, r.Conversations, c.ID)
		if len(reasons) > 0 {
			failed++
		}
		if len(reasons) == 0 && !verbose || shown == maxTalks {
			continue
		}
		shown++
		t.line(4, fmt.Sprintf("conversation %s", c.ID))
		t.reasons(6, "", reasons)
		t.reasons(6, "note: ", about(r.Notes, r.Conversations, c.ID))
		t.widget(c)
		if c.Chart != "" {
			t.line(6, "all that happened:")
			t.lines(8, strings.Split(strings.TrimRight(c.Chart, "\n"), "\n"))
		}
	}
	if more := failed - shown; more > 0 && r.Status == Failed {
		t.line(4, fmt.Sprintf("and %d more conversations failed", more))
	}
	if verbose {
		t.reasons(4, "note: ", about(r.Notes, r.Conversations, ""))
	}
	_, err := io.WriteString(w, t.String())
	return err
}

// about returns the reasons that are about a conversation, or with an empty id those that are about none of them.
func about(reasons []scenario.Reason, talks []scenario.Conversation, id string) []scenario.Reason {
	known := map[string]bool{}
	for _, c := range talks {
		known[c.ID] = true
	}
	var out []scenario.Reason
	for _, r := range reasons {
		if r.Conversation == id && id != "" || id == "" && !known[r.Conversation] {
			out = append(out, r)
		}
	}
	return out
}

// text is a report in the making.
type text struct{ strings.Builder }

func (t *text) line(indent int, line string) {
	fmt.Fprintf(t, "%*s%s\n", indent, "", plain.Line(line))
}

func (t *text) lines(indent int, lines []string) {
	for i, l := range lines {
		if i == maxLines {
			t.line(indent, fmt.Sprintf("… and %d lines more", len(lines)-maxLines))
			return
		}
		t.line(indent, strings.ReplaceAll(l, "\t", "  "))
	}
}

func (t *text) reasons(indent int, prefix string, reasons []scenario.Reason) {
	for _, r := range reasons {
		t.line(indent, prefix+r.String())
	}
}

func (t *text) widget(c scenario.Conversation) {
	if len(c.Lines) == 0 {
		t.line(6, "the visitor saw nothing")
		return
	}
	t.line(6, "the visitor saw:")
	var lines []string
	for _, l := range c.Lines {
		at := "-"
		if l.Request > 0 {
			at = fmt.Sprintf("request %d", l.Request)
		}
		lines = append(lines, fmt.Sprintf("%-12s %-8s %s", at, l.By, l.Text))
	}
	t.lines(8, lines)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }
