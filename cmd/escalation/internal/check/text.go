package check

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// NewText returns a Printer for people. files are the names that Print will be given, none if there
// is but one input; their length decides how far the columns are moved in.
func NewText(w io.Writer, files ...string) Printer {
	const digits = 6 // of a line number; a longer one moves its own line
	p := &text{w: w, prefix: digits}
	for _, file := range files {
		p.prefix = max(p.prefix, len(word(file))+len(":")+digits)
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
		at = word(file) + ":" + at
	}
	kind := "-"
	if v.Kind != "" {
		kind = word(v.Kind)
	}
	line := fmt.Sprintf("%-*s  %-7s  %-21s", p.prefix, at, v.Outcome, kind)
	if v.Conversation != "" {
		line += fmt.Sprintf("  conversation %s  state %-9s", word(v.Conversation), v.State)
	}
	if v.Message != "" {
		line += "  " + clean(v.Message)
	}
	if v.Outcome == Refused {
		line += fmt.Sprintf(" (allowed: %v)", v.Allowed)
	}
	_, err := io.WriteString(p.w, strings.TrimRight(line, " ")+"\n")
	return err
}

// word returns s as it is if it reads as one word, else quoted. What a line holds must neither break
// the columns nor reach the terminal as a command.
func word(s string) string {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r == ' ' || r == '"' || !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}

// clean replaces what does not print.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}
