package fakeapi

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hidden stands in a record for a value that may be a key.
const hidden = "[hidden]"

// identify judges bot id and key, and keeps the bot id. Neither what it keeps nor its problems hold a key, wherever the client
// put it.
func (s *Server) identify(h http.Header, rec *Record) []Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	bots, keys := h.Values("Botid"), h.Values("Authorization")
	for i, bot := range bots {
		if s.mayBeKey(bot, keys) {
			rec.Header["Botid"][i] = hidden
		}
	}
	rec.BotID = rec.Header.Get("Botid")

	var ps []Problem
	var want string
	known := false
	if flaw := notOnce(bots); flaw != "" {
		ps = append(ps, Problem{Rule: MissingBotID, Field: "botid", Detail: flaw})
	} else if want, known = s.keys[bots[0]]; !known {
		detail := "names no known bot: " + brief(bots[0])
		if rec.BotID == hidden {
			detail = "names no known bot, and may hold the key; are botid and Authorization swapped?"
		}
		ps = append(ps, Problem{Rule: UnknownBot, Field: "botid", Detail: detail})
	}
	flaw := notOnce(keys)
	switch {
	case flaw != "":
		ps = append(ps, Problem{Rule: MissingKey, Field: "Authorization", Detail: flaw})
	case !known || keys[0] == want:
	case strings.HasSuffix(keys[0], " "+want):
		ps = append(ps, Problem{Rule: SchemeWord, Field: "Authorization", Detail: fmt.Sprintf(
			"has %s before the key; the API wants the bare key", schemeWord(strings.TrimSuffix(keys[0], want)))})
	default:
		ps = append(ps, Problem{Rule: WrongKey, Field: "Authorization", Detail: "holds a wrong key"})
	}
	return ps
}

// notOnce says what is wrong with a header that must be there once, or nothing.
func notOnce(values []string) string {
	switch {
	case len(values) == 0:
		return "is missing"
	case len(values) > 1:
		return fmt.Sprintf("is there %d times", len(values))
	case values[0] == "":
		return "is empty"
	}
	return ""
}

// mayBeKey reports whether the value of a botid header may hold a key: one that is in use, or what the client takes for its
// key. The caller holds mu.
func (s *Server) mayBeKey(bot string, keys []string) bool {
	if _, known := s.keys[bot]; known || bot == "" {
		return false
	}
	for _, key := range s.keys {
		if standsIn(bot, key) {
			return true
		}
	}
	return slices.ContainsFunc(keys, func(key string) bool {
		_, swapped := s.keys[key]
		return swapped || key != "" && standsIn(bot, key)
	})
}

// standsIn reports whether word is in text and no part of a longer word there.
func standsIn(text, word string) bool {
	joins := func(r rune) bool { return r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
	for at := 0; ; {
		i := strings.Index(text[at:], word)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at+i])
		after, _ := utf8.DecodeRuneInString(text[at+i+len(word):])
		if !joins(before) && !joins(after) {
			return true
		}
		at += i + 1
	}
}

// schemeWord names what stands before a key. A word that is none of the usual ones is not quoted: it may be a key.
func schemeWord(before string) string {
	before = strings.TrimSpace(before)
	for _, usual := range []string{"Bearer", "Basic", "Token", "Key", "ApiKey", "Api-Key", "Digest"} {
		if strings.EqualFold(before, usual) {
			return fmt.Sprintf("the scheme word %q", before)
		}
	}
	return "something"
}
