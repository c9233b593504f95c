package fakeapi

import (
	"fmt"
	"slices"
	"strings"
)

// A TB is what the assertions need of a test: *testing.T and its like have it.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// A Viewer shows conversations: a [Server] those of its main bot, a [Bot] its own.
type Viewer interface {
	Widget(conversationID string) []Line
	Report(conversationID string) string
}

// AssertClean fails the test if the client broke a rule, and says which, where, and what had happened in the conversation.
// It lets pass what is no fault of the client: unavoidable findings and mere notes. Equal findings are told in one line, and the
// chart of a conversation is not shown again to a test that an assertion has shown the same chart before. With a [Config.Keep] it sees only the
// findings that are kept, notes among them.
func AssertClean(tb TB, s *Server) {
	tb.Helper()
	assertFindings(tb, s, nil)
}

// AssertFindings fails the test unless the client broke exactly these rules, given by their ids, in this order and each as
// often as it stands there. Like AssertClean it looks at faults only.
func AssertFindings(tb TB, s *Server, want ...string) {
	tb.Helper()
	assertFindings(tb, s, want)
}

func assertFindings(tb TB, s *Server, want []string) {
	tb.Helper()
	var got []string
	var out strings.Builder
	var faults, about []Finding
	for _, f := range s.Findings() {
		if f.Fault() {
			got, faults = append(got, f.Rule), append(faults, f)
			if !slices.ContainsFunc(about, f.sameConversation) {
				about = append(about, f)
			}
		}
	}
	if slices.Equal(got, want) {
		return
	}
	folded := fold(faults)
	for _, f := range folded[:min(len(folded), maxFindings)] {
		fmt.Fprintf(&out, "  %s\n", f)
	}
	if more := len(folded) - maxFindings; more > 0 {
		fmt.Fprintf(&out, "  and %d more such lines\n", more)
	}
	for _, f := range about[:min(len(about), maxReports)] {
		out.WriteString("\n" + chart(tb, s.Bot(f.BotID), f.ConversationID))
	}
	if more := len(about) - maxReports; more > 0 {
		fmt.Fprintf(&out, "\nand %d conversations more\n", more)
	}
	if want == nil {
		tb.Errorf("the client broke rules:\n%s", out.String())
		return
	}
	tb.Errorf("the client broke the rules [%s], want [%s]:\n%s", strings.Join(got, " "), strings.Join(want, " "), out.String())
}

const (
	maxFindings = 20 // how many different findings a failure tells
	maxReports  = 3  // how many conversations it shows
)

func (f Finding) sameConversation(other Finding) bool {
	return f.BotID == other.BotID && f.ConversationID == other.ConversationID
}

// AssertWidget fails the test unless what the CRM sent was shown in this conversation as these texts, in this order and as
// often. The lines of the visitor and the bot do not count. See [Server.Widget] for the texts.
func AssertWidget(tb TB, v Viewer, conversationID string, want ...string) {
	tb.Helper()
	assertWidget(tb, v, conversationID, want, func(Line) bool { return true })
}

// AssertWidgetOnce is AssertWidget for a platform that disturbs: a line that repeats another because the client could not know
// better (see Line.Repeat) does not count.
func AssertWidgetOnce(tb TB, v Viewer, conversationID string, want ...string) {
	tb.Helper()
	assertWidget(tb, v, conversationID, want, func(l Line) bool { return !l.Repeat })
}

func assertWidget(tb TB, v Viewer, conversationID string, want []string, counts func(Line) bool) {
	tb.Helper()
	var got []string
	for _, l := range v.Widget(conversationID) {
		if l.By == ByCRM && counts(l) {
			got = append(got, l.Text)
		}
	}
	if !slices.Equal(got, want) {
		tb.Errorf("conversation %q does not show what it should (- is missing, + is not wanted):\n%s\n%s",
			conversationID, difference(want, got), chart(tb, v, conversationID))
	}
}
