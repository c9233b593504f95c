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
