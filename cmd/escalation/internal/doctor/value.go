package doctor

import (
	"fmt"
	"regexp"
	"strings"
)

// scheme words that the keys of other APIs stand behind.
var schemeWord = regexp.MustCompile(`(?i)^(bearer|basic|token|digest|api[-_ ]?key|key)[ :=]`)

// headerLine begins with the name of a header that was copied along with its value.
var headerLine = regexp.MustCompile(`(?i)^(authorization|bot-?id|x-[a-z0-9-]+) *:`)

// standIn matches what documentation prints in place of a value.
var standIn = regexp.MustCompile(`(?i)^(<.*>|\[.*\]|\{.*\}|\$\(?\{?[a-z_].*|%[a-z_]+%|your[-_ ]?.*(key|id|bot|secret).*|x{4,}|\*{3,}|\.{3,}|…|todo|change-?me|placeholder|undefined|null|none)$`)

// checkCopied finds what happens to a value on its way from a page or a file into a setting.
func checkCopied(f *found, value string) {
	trimmed := strings.Trim(value, " \t\r\n")
	if i := strings.IndexFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }); i >= 0 {
		at := fmt.Sprintf("holds a control character at byte %d of %d", i+1, len(value))
		if i >= len(strings.TrimRight(value, "\r\n\t ")) {
			at = "ends in a line break or a tab"
		}
		f.add(Wrong, at, "take it out; what is read from a file often ends in a line break")
	} else if trimmed != value {
		f.add(Wrong, "begins or ends with a space", "take the space away")
	}
	if i := strings.IndexFunc(value, func(r rune) bool { return r > 0x7e }); i >= 0 {
		f.add(Wrong, fmt.Sprintf("holds a character that is not ASCII at byte %d of %d", i+1, len(value)),
			"copy it anew; pages and word processors add characters that nobody sees")
	}
	if n := len(trimmed); n > 1 && strings.ContainsRune(`"'`+"`", rune(trimmed[0])) && trimmed[n-1] == trimmed[0] {
		f.add(Wrong, "stands in quotes", "take the quotes away; they are part of the value here")
	}
	if standIn.MatchString(trimmed) {
		f.add(Wrong, "is a placeholder, not a value", "put the real one in its place")
	}
}

func checkKey(s Settings) []Finding {
	f := &found{check: Key}
	if s.Key == "" {
		return skipped(Key, "it is in the dashboard of the AI agents; the documentation names two pages for it")
	}
	checkCopied(f, s.Key)
	trimmed := strings.TrimSpace(s.Key)
	switch {
	case headerLine.MatchString(trimmed):
		f.add(Wrong, "is a whole header line", "give only what follows the colon")
	case schemeWord.MatchString(trimmed):
		f.add(Wrong, "begins with a scheme word such as Bearer", "leave the word out: the API wants the bare key in Authorization")
	case strings.ContainsAny(trimmed, " \t"):
		f.add(Wrong, "holds a space", "give the bare key; nothing stands in front of it or behind it in Authorization")
	}
	switch {
	case s.Key == s.BotID:
		f.add(Wrong, "is the same as the bot id", "these are two values: the bot id stands in the dashboard's address of the bot, the key does not")
	case s.Key == s.Secret:
		f.add(Warning, "is the same as the webhook secret", "these are two settings, even where a page gives them one name; make sure that this is meant")
	}
	return f.or("has the form of a bare key (whether it is the right one, only the API knows)")
}

func checkBotID(id string) []Finding {
	f := &found{check: BotID}
	if id == "" {
		return skipped(BotID, "it is a part of the dashboard's address of the bot; every request needs it in the header botid")
	}
	checkCopied(f, id)
	trimmed := strings.TrimSpace(id)
	switch {
	case headerLine.MatchString(trimmed):
		f.add(Wrong, "is a whole header line", "give only what follows the colon")
	case strings.Contains(trimmed, "/"):
		f.add(Wrong, "is a URL or a path", "give only the part of the dashboard's address that names the bot")
	case strings.ContainsAny(trimmed, " \t"):
		f.add(Wrong, "holds a space", "this looks like the bot's name; its id is a part of the dashboard's address of the bot")
	}
	return f.or("has the form of an id (whether there is such a bot, only the API knows)")
}

func checkSecret(s Settings) []Finding {
	f := &found{check: Secret}
	if s.Secret == "" {
		return skipped(Secret, "without one, anybody who finds the webhook's URL can speak for visitors")
	}
	if s.SecretInHeader {
		checkCopied(f, s.Secret)
	} else if strings.TrimSpace(s.Secret) != s.Secret {
		f.add(Warning, "begins or ends with a space or a line break", "take it away unless the other side has it as well; a signature depends on every byte")
	}
	if standIn.MatchString(strings.TrimSpace(s.Secret)) && Worst(f.list) < Wrong {
		f.add(Wrong, "is a placeholder, not a value", "put the real one in its place")
	}
	return f.or("can be used (whether the platform has the same one, a webhook shows)")
}
