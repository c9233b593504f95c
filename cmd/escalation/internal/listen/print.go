package listen

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/plain"
	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
)

// NewText returns what tells people of exchanges: a line for each, and one for each finding. bodies shows what was sent, too.
func NewText(w io.Writer, bodies bool) func(Exchange) error {
	return newText(w, bodies, func(time.Time) string { return "" })
}

// NewList is NewText with what was sent, for exchanges of the past: each line has the local time of day, and if one of all is of another
// day than now, the date too.
func NewList(w io.Writer, all []wire.Exchange, now time.Time) func(Exchange) error {
	layout := "15:04:05  "
	if slices.ContainsFunc(all, func(x wire.Exchange) bool { return !sameDay(x.At, now) }) {
		layout = "_2 Jan " + layout
	}
	return newText(w, true, func(at time.Time) string { return at.Local().Format(layout) })
}

func sameDay(a, b time.Time) bool {
	const day = "2006-01-02"
	return a.Local().Format(day) == b.Local().Format(day)
}

// newText puts when before each exchange.
func newText(w io.Writer, bodies bool, when func(at time.Time) string) func(Exchange) error {
	return func(x Exchange) error {
		var b strings.Builder
		fmt.Fprintf(&b, "%5d  %s%-9s  %-21s  %-3s  %4.0fms", x.N, when(x.At), x.Direction, kind(x.Kind), status(x.Exchange), x.Took)
		if x.Conversation != "" {
			fmt.Fprintf(&b, "  conversation %s", plain.Word(x.Conversation))
			if x.State != "" {
				fmt.Fprintf(&b, "  state %s", x.State)
			}
		}
		b.WriteByte('\n')
		if bodies {
			fmt.Fprintf(&b, "       %s\n", plain.Line(strings.TrimSpace(x.Body)))
		}
		if x.Detail != "" {
			fmt.Fprintf(&b, "       %s\n", plain.Line(x.Detail))
		}
		if x.Status/100 != 2 && len(x.Findings) == 0 && x.Answer != "" { // else the findings say why
			fmt.Fprintf(&b, "       answer %s\n", plain.Line(beginning(x.Answer)))
		}
		for _, f := range x.Findings {
			fmt.Fprintf(&b, "       wrong  %s: %s\n", f.Rule, plain.Line(f.Detail))
		}
		for _, f := range x.Notes {
			fmt.Fprintf(&b, "       note   %s: %s\n", f.Rule, plain.Line(f.Detail))
		}
		_, err := io.WriteString(w, b.String())
		return err
	}
}

// beginning returns the first words of an answer.
func beginning(text string) string {
	const most = 200
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + " …"
	}
	return text
}

func kind(k string) string {
	if k == "" {
		return "-"
	}
	return plain.Word(k)
}

func status(x wire.Exchange) string {
	if x.Status == 0 {
		return "-"
	}
	return fmt.Sprint(x.Status)
}

// NewJSON returns what tells programs of exchanges: one JSON object a line.
func NewJSON(w io.Writer) func(Exchange) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return func(x Exchange) error { return enc.Encode(x) }
}
