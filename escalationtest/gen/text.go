package gen

import (
	"strings"

	"github.com/escalationkit/escalation/events"
	"pgregory.net/rapid"
)

// pieces are bits of text that programs have stumbled over.
var pieces = []string{
	" ", "'", `"`, `\`, `\u0041`, `\ud800`, "%s%n", "${HOME}", "{{.}}", "'; DROP TABLE x; --",
	"<b>", "</p>", "<script>alert(1)</script>", "&amp;", "<!--", "]]>",
	"\t", "\r\n", "\n", "\x01", "\b\f", "\x1b[31m", "\x7f", "\u0085", "\u2028", "\u2029",
	"é", "e\u0301", "ß", "Ж", "漢字", "한글", "שלום", "\u202egnp.exe", "\u200b", "\ufeff", "\ufffd", "\U0010ffff",
	"😀", "👩‍👩‍👧‍👦", "🇫🇮", "K", "ſ", "İ", "null", "true", "0", "{}", "[]", "-1", "1e9",
}

// broken are bytes that no valid field holds.
var broken = []string{"\x00", "\xff", "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80"}

var (
	plain  = rapid.StringOfN(rapid.RuneFrom([]rune("abcdefghijklmnopqrstuvwxyz ")), 1, 40, -1)
	runes  = rapid.StringOfN(rapid.Rune().Filter(func(r rune) bool { return r != 0 }), 1, 40, -1)
	joined = rapid.Map(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 12), func(p []string) string { return strings.Join(p, "") })
	long   = rapid.Custom(func(t *rapid.T) string {
		unit := rapid.OneOf(rapid.Just("a"), rapid.SampledFrom(pieces)).Draw(t, "unit")
		most := events.MaxFieldBytes / len(unit)
		some := rapid.IntRange(1, 500)
		times := rapid.OneOf(some, some, some, rapid.Just(most)).Draw(t, "times")
		return strings.Repeat(unit, times)
	})
	text = rapid.OneOf(plain, plain, joined, joined, runes, runes, plain, long)
)

// Text makes a valid field: not empty, valid UTF-8, no NUL, at most events.MaxFieldBytes.
func Text() *rapid.Generator[string] { return text }

// AnyText makes what a field may hold in a careless program: a valid text, nothing, a NUL or
// invalid UTF-8 somewhere inside, or more bytes than are allowed.
func AnyText() *rapid.Generator[string] { return anyText }

var anyText = rapid.OneOf(
	text,
	rapid.Just(""),
	rapid.Custom(func(t *rapid.T) string {
		before := rapid.OneOf(rapid.Just(""), joined).Draw(t, "before")
		after := rapid.OneOf(rapid.Just(""), joined).Draw(t, "after")
		return before + rapid.SampledFrom(broken).Draw(t, "broken") + after
	}),
	rapid.Map(rapid.IntRange(1, 9), func(over int) string { return strings.Repeat("x", events.MaxFieldBytes+over) }),
)

// ConversationID makes a valid platformConversationId. Ids are opaque, so besides numbers and UUIDs
// there are some with slashes, spaces, markup or nothing but an emoji. Equal ids come up often enough
// for two draws to meet.
func ConversationID() *rapid.Generator[string] { return conversationID }

var conversationID = rapid.OneOf(
	rapid.SampledFrom([]string{"1", "2", "3"}),
	rapid.StringMatching(`[1-9][0-9]{0,8}`),
	rapid.StringMatching(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`),
	rapid.SampledFrom([]string{" ", " 1", "01", "a/b", "../x", "a\nb", "💬", "<id>", "%2F", "ID", "id", "é", "e\u0301"}),
	text,
)

// BotID makes a valid bot id, fit for the botid header as well: letters, digits and hyphens.
func BotID() *rapid.Generator[string] { return botID }

var botID = rapid.OneOf(
	rapid.SampledFrom([]string{"bot", "bot-2"}),
	rapid.StringMatching(`[0-9a-f]{24}`),
)
