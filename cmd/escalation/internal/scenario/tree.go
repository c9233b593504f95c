package scenario

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// A node is a JSON value and the line it begins in.
type node struct {
	line  int
	value any // nil, bool, json.Number, string, []*node or []member
}

// A member is one key of an object with its value. Their order, and keys that come twice, are kept.
type member struct {
	key   string
	line  int
	value *node
}

// maxDepth bounds how deep values may be nested; a scenario needs six.
const maxDepth = 20

// parse reads exactly one JSON value. A byte order mark before it is skipped: some editors write one.
func parse(text []byte) (*node, error) {
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	if at := firstInvalid(text); at >= 0 {
		return nil, &syntaxError{lineAt(text, at), "not valid UTF-8"}
	}
	p := &parser{text: text, dec: json.NewDecoder(bytes.NewReader(text))}
	p.dec.UseNumber()
	root, err := p.value(0)
	if err != nil {
		return nil, p.at(err)
	}
	if _, err := p.dec.Token(); err != io.EOF {
		return nil, &syntaxError{p.line(), "something follows the end of the object"}
	}
	return root, nil
}

type syntaxError struct {
	line int
	text string
}

func (e *syntaxError) Error() string { return e.text }

type parser struct {
	text []byte
	dec  *json.Decoder
}

// line is that of the next token.
func (p *parser) line() int {
	at := int(p.dec.InputOffset())
	for at < len(p.text) && bytes.IndexByte([]byte(" \t\r\n,:"), p.text[at]) >= 0 {
		at++
	}
	return lineAt(p.text, at)
}

func lineAt(text []byte, offset int) int {
	return 1 + bytes.Count(text[:min(offset, len(text))], []byte("\n"))
}

// at says where an error of the decoder is.
func (p *parser) at(err error) error {
	var own *syntaxError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &syntax):
		return &syntaxError{lineAt(p.text, int(syntax.Offset)), "not JSON: " + syntax.Error()}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &syntaxError{lineAt(p.text, len(p.text)), "the file ends before the JSON does"}
	}
	return &syntaxError{p.line(), err.Error()}
}

func (p *parser) value(depth int) (*node, error) {
	n := &node{line: p.line()}
	tok, err := p.dec.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, &syntaxError{n.line, fmt.Sprintf("nested deeper than %d", maxDepth)}
	}
	switch tok {
	case json.Delim('['):
		n.value, err = p.array(depth)
	case json.Delim('{'):
		n.value, err = p.object(depth)
	default:
		n.value = tok
	}
	return n, err
}

func (p *parser) array(depth int) ([]*node, error) {
	items := []*node{}
	for p.dec.More() {
		item, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	_, err := p.dec.Token()
	return items, err
}

func (p *parser) object(depth int) ([]member, error) {
	members := []member{}
	for p.dec.More() {
		line := p.line()
		key, err := p.dec.Token()
		if err != nil {
			return nil, err
		}
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		members = append(members, member{key.(string), line, value})
	}
	_, err := p.dec.Token()
	return members, err
}

func firstInvalid(text []byte) int {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}
