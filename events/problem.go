package events

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of this library; the API states none. Every valid event encodes to less than MaxBodyBytes.
const (
	// MaxFieldBytes is the most a single field may hold, in bytes of UTF-8.
	MaxFieldBytes = 64 << 10
	// MaxBodyBytes is the most a body may hold, in either direction.
	MaxBodyBytes = 2 << 20
)

// Code names the rule that an event or a body breaks. The set is closed; package rules lists
// the same names with basis and source.
type Code string

const (
	CodeBodySize       Code = "body-size"       // the body is over MaxBodyBytes
	CodeBodyUTF8       Code = "body-utf8"       // invalid UTF-8, or half of a surrogate pair
	CodeBodyJSON       Code = "body-json"       // not exactly one JSON object
	CodeBodyKeys       Code = "body-keys"       // a key twice, or a known key in another case
	CodeEventType      Code = "event-type"      // eventType missing or not one of ours
	CodeConversationID Code = "conversation-id" // platformConversationId missing or empty
	CodeBotID          Code = "bot-id"          // botId missing or empty (inbound only)
	CodeFieldType      Code = "field-type"      // a known field that is not of its JSON type
	CodeFieldKind      Code = "field-kind"      // a field that belongs to another event
	CodeQueueFields    Code = "queue-fields"    // a queue field on escalationSuccess (contradiction C1)
	CodeFieldEmpty     Code = "field-empty"     // an optional field of an outbound event sent as ""
	CodeTextRequired   Code = "text-required"   // a message without text
	CodeFieldUTF8      Code = "field-utf8"      // a field that is not valid UTF-8
	CodeFieldNUL       Code = "field-nul"       // a field with a NUL character
	CodeFieldSize      Code = "field-size"      // a field over MaxFieldBytes
)

// Problem is one broken rule.
type Problem struct {
	Code   Code
	Field  string // wire name of the field, dotted below "data"; empty if the body as a whole is meant
	Detail string // a clause in English; never holds the field's value
}

func (p Problem) String() string {
	if p.Field == "" {
		return p.Detail
	}
	return p.Field + " " + p.Detail
}

// InvalidError lists everything that is wrong with an event or a body.
type InvalidError struct {
	Kind     Kind      // the event's kind; zero if it could not be told
	Problems []Problem // at least one, in the order found
	// EventType is the name that a body gave for its event where CodeEventType is among the
	// problems because the name is none of ours. It comes from outside and is cut to 40 bytes.
	EventType string
}

// Error says what is wrong without repeating any field's value.
func (e *InvalidError) Error() string {
	details := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		details[i] = p.String()
	}
	subject := "body"
	if e.Kind.Valid() {
		subject = e.Kind.String()
	}
	return fmt.Sprintf("events: invalid %s: %s", subject, strings.Join(details, "; "))
}

// Has reports whether the rule c is among the broken ones.
func (e *InvalidError) Has(c Code) bool {
	for _, p := range e.Problems {
		if p.Code == c {
			return true
		}
	}
	return false
}

// invalid builds an error from the checks that failed, which gave a problem instead of nil, or nil. It
// allocates only for a failure.
func invalid(k Kind, checks ...*Problem) error {
	if failed := gather(k, checks); failed != nil {
		return failed
	}
	return nil // not failed: a nil *InvalidError in an error is not nil
}

func gather(k Kind, checks []*Problem) *InvalidError {
	var failed *InvalidError
	for _, p := range checks {
		if p == nil {
			continue
		}
		if failed == nil {
			failed = &InvalidError{Kind: k}
		}
		failed.Problems = append(failed.Problems, *p)
	}
	return failed
}

// checkField looks at what every field must keep, whatever it means.
func checkField(name, value string) *Problem {
	switch {
	case len(value) > MaxFieldBytes:
		return &Problem{CodeFieldSize, name, fmt.Sprintf("is longer than %d bytes", MaxFieldBytes)}
	case !utf8.ValidString(value):
		return &Problem{CodeFieldUTF8, name, "is not valid UTF-8"}
	case strings.IndexByte(value, 0) >= 0:
		return &Problem{CodeFieldNUL, name, "holds a NUL character"}
	}
	return nil
}

func checkText(text string) *Problem {
	if text == "" {
		return &Problem{CodeTextRequired, fieldText, "is required and must not be empty"}
	}
	return checkField(fieldText, text)
}

func checkID(code Code, name, id string) *Problem {
	if id == "" {
		return &Problem{code, name, "is required and must not be empty"}
	}
	return checkField(name, id)
}
