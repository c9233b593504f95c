// Package plain makes text from outside fit to be printed: what a stranger sent must neither break the columns of an
// output nor reach a terminal as a command.
package plain

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Word returns s as it is if it reads as one word, else quoted.
func Word(s string) string {
	if s == "" || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r == ' ' || r == '"' || !unicode.IsPrint(r) }) {
		return strconv.Quote(s)
	}
	return s
}

// Line returns s as one line, with a question mark for what does not print.
func Line(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}
