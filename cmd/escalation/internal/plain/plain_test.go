package plain_test

import (
	"testing"

	"github.com/escalationkit/escalation/cmd/escalation/internal/plain"
)

func TestPlain(t *testing.T) {
	for _, c := range []struct{ why, in, word, line string }{
		{"a word", "message", "message", "message"},
		{"letters of any script", "größe-語", "größe-語", "größe-語"},
		{"nothing must be seen to be nothing", "", `""`, ""},
		{"a space would begin another column", "a b", `"a b"`, "a b"},
		{"a quote would look like quoting", `a"b`, `"a\"b"`, `a"b`},
		{"a line end would forge a line", "a\nb", `"a\nb"`, "a?b"},
		{"a terminal obeys an escape", "\x1b[2J", `"\x1b[2J"`, "?[2J"},
		{"an override of direction hides what is read", "a\u202eb", `"a\u202eb"`, "a?b"},
		{"what is not UTF-8", "a\xffb", `"a\xffb"`, "a\ufffdb"},
	} {
		if got := plain.Word(c.in); got != c.word {
			t.Errorf("%s: Word gives %s, want %s", c.why, got, c.word)
		}
		if got := plain.Line(c.in); got != c.line {
			t.Errorf("%s: Line gives %q, want %q", c.why, got, c.line)
		}
	}
}

func TestURL(t *testing.T) {
	for _, c := range []struct{ why, in, want string }{
		{"as it is", "https://crm.example/hook", "https://crm.example/hook"},
		{"no user, no password", "https://me:pw@crm.example/hook", "https://crm.example/hook"},
		{"names of a query without their values", "https://crm.example/hook?a=1&token=s", "https://crm.example/hook?a=…&token=…"},
		{"a value without a name may be the secret itself", "https://crm.example/?x", "https://crm.example/?…"},
		{"a fragment is not sent anyway", "https://crm.example/#secret", "https://crm.example/"},
		{"no URL at all is not repeated", "https://crm example:secret", "(not a URL)"},
	} {
		if got := plain.URL(c.in); got != c.want {
			t.Errorf("%s: %s, want %s", c.why, got, c.want)
		}
	}
}
