package listen

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/escalationkit/escalation/cmd/escalation/internal/plain"
	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
)

// NewText returns what tells people of exchanges: a line for each, and one for each finding. bodies shows what was sent, too.
func NewText(w io.Writer, bodies bool) func(Exchange) error {
	return func(x Exchange) error {
		var b strings.Builder
		fmt.Fprintf(&b, "%5d  %-9s  %-21s  %-3s  %4.0fms", x.N, x.Direction, kind(x.Kind), status(x.Exchange), x.Took)
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
