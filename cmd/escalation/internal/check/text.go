package check

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/escalationkit/escalation/cmd/escalation/internal/plain"
)

// NewText returns a Printer for people. files are the names that Print will be given, none if there
// is but one input; their length decides how far the columns are moved in.
func NewText(w io.Writer, files ...string) Printer {
	const digits = 6 // of a line number; a longer one moves its own line
	p := &text{w: w, prefix: digits}
	for _, file := range files {
		p.prefix = max(p.prefix, len(plain.Word(file))+len(":")+digits)
	}
	return p
}

type text struct {
	w      io.Writer
	prefix int
}

func (p *text) Print(file string, v Verdict) error {
	at := strconv.Itoa(v.Line)
	if file != "" {
		at = plain.Word(file) + ":" + at
	}
	kind := "-"
	if v.Kind != "" {
		kind = plain.Word(v.Kind)
	}
	line := fmt.Sprintf("%-*s  %-7s  %-21s", p.prefix, at, v.Outcome, kind)
	if v.Conversation != "" {
		line += fmt.Sprintf("  conversation %s  state %-9s", plain.Word(v.Conversation), v.State)
	}
	if v.Message != "" {
		line += "  " + plain.Line(v.Message)
	}
	if v.Outcome == Refused {
		line += fmt.Sprintf(" (allowed: %v)", v.Allowed)
	}
	_, err := io.WriteString(p.w, strings.TrimRight(line, " ")+"\n")
	return err
}
