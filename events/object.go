package events

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// member is one key of a JSON object with its value, undecoded.
type member struct {
	name  string
	value json.RawMessage
}

// readObject splits a body into the members of its one JSON object. Unlike encoding/json alone it
// refuses what that package repairs or overlooks: duplicate keys, keys that differ only in case,
// data after the object, invalid UTF-8 and unpaired surrogates, both of which would silently turn
// into U+FFFD.
func readObject(body []byte) ([]member, *Problem) {
	switch {
	case len(body) > MaxBodyBytes:
		return nil, &Problem{CodeBodySize, "", "the body is over the size limit"}
	case !utf8.Valid(body):
		return nil, &Problem{CodeBodyUTF8, "", "the body is not valid UTF-8"}
	case !json.Valid(body):
		return nil, &Problem{CodeBodyJSON, "", "the body is not one JSON value"}
	case hasLoneSurrogate(body):
		return nil, &Problem{CodeBodyUTF8, "", "the body holds half of a surrogate pair"}
	}
	return splitObject(body, "")
}

// splitObject does the same for a value already known to be valid JSON; path names it in problems.
func splitObject(value []byte, path string) ([]member, *Problem) {
	dec := json.NewDecoder(bytes.NewReader(value))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		if path == "" {
			return nil, &Problem{CodeBodyJSON, "", "the body is not a JSON object"}
		}
		return nil, &Problem{CodeFieldType, path, "is not a JSON object"}
	}
	var members []member
	seen := map[string]bool{}
	for dec.More() {
		m, err := readMember(dec)
		if err != nil { // the value is valid JSON, so this does not happen; a loop for ever must not either
			return nil, &Problem{CodeBodyJSON, path, "cannot be read"}
		}
		if strings.IndexByte(m.name, 0) >= 0 {
			return nil, &Problem{CodeBodyKeys, path, "holds a key with a NUL character"}
		}
		folded := strings.Map(foldRune, m.name)
		if seen[folded] {
			return nil, &Problem{CodeBodyKeys, join(path, clip(m.name)), "stands twice, perhaps in another case"}
		}
		seen[folded] = true
		members = append(members, m)
	}
	return members, nil
}

func readMember(dec *json.Decoder) (m member, err error) {
	key, err := dec.Token()
	if err != nil {
		return m, err
	}
	m.name, _ = key.(string) // inside an object a key is always a string
	return m, dec.Decode(&m.value)
}

// foldRune maps all spellings of a letter to one, as widely as [strings.EqualFold] does.
func foldRune(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}

// hasLoneSurrogate looks through the \u escapes of valid JSON.
func hasLoneSurrogate(body []byte) bool {
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		i++ // the escaped character; in valid JSON there is one
		if body[i] != 'u' {
			continue
		}
		unit := hex4(body[i+1:])
		i += 4
		if !utf16.IsSurrogate(unit) {
			continue
		}
		rest := body[i+1:]
		if len(rest) < 6 || rest[0] != '\\' || rest[1] != 'u' ||
			utf16.DecodeRune(unit, hex4(rest[2:])) == utf8.RuneError {
			return true
		}
		i += 6
	}
	return false
}

// hex4 reads the four digits of a \u escape.
func hex4(digits []byte) rune {
	var r rune
	for _, c := range digits[:4] {
		switch {
		case c <= '9':
			c -= '0'
		case c <= 'F':
			c -= 'A' - 10
		default:
			c -= 'a' - 10
		}
		r = r<<4 | rune(c)
	}
	return r
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
