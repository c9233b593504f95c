package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/escalationkit/escalation/events"
)

// decoded is what a body says, as far as it could be read. Exactly one of event, foreign and invalid
// is set.
type decoded struct {
	conversation string
	event        events.Event
	foreign      string // the name of an event that is not ours to judge
	invalid      *events.InvalidError
	unknown      []string // names of fields that are not documented
}

func decode(body []byte) decoded {
	var d decoded
	var err error
	if isEnvelope(body) {
		var env events.Envelope
		env, d.unknown, err = events.DecodeEnvelope(body)
		d.conversation, d.event = env.ConversationID, env.Event
		d.foreign = foreignName(err)
	} else {
		var req events.Request
		req, d.unknown, err = events.DecodeRequest(body)
		d.conversation, d.event = req.ConversationID, req.Event
	}
	if err != nil {
		d.event = nil
		if d.foreign == "" {
			d.invalid, _ = errors.AsType[*events.InvalidError](err) // they return no other
		}
	}
	if len(d.conversation) > events.MaxFieldBytes {
		d.conversation = "" // among the problems; there can be no such conversation
	}
	return d
}

// isEnvelope reports whether a body is a webhook's: an object with a key "data" of its own. It looks
// at no more than it has to; of what is not JSON the answer does not matter, since both directions
// find the same wrong with it.
func isEnvelope(body []byte) bool {
	depth := 0
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			end := stringEnd(body, i)
			rest := bytes.TrimLeft(body[end:], " \t\r\n")
			if depth == 1 && len(rest) > 0 && rest[0] == ':' && isData(body[i:end]) {
				return true
			}
			i = end - 1
		}
	}
	return false
}

// stringEnd returns where the JSON string that begins at start is over.
func stringEnd(body []byte, start int) int {
	for i := start + 1; i < len(body); i++ {
		switch body[i] {
		case '\\':
			i++ // whatever is escaped does not end the string
		case '"':
			return i + 1
		}
	}
	return len(body)
}

// isData reports whether a JSON string, in its quotes, says data, perhaps with escapes.
func isData(quoted []byte) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted) == `"data"`
	}
	var s string
	return json.Unmarshal(quoted, &s) == nil && s == "data"
}

// foreignName returns the event name of a webhook body that is about something else than escalation,
// or nothing. A name that is ours but for its case or direction is not foreign: it is a mistake.
func foreignName(err error) string {
	invalid, ok := errors.AsType[*events.InvalidError](err)
	if !ok {
		return ""
	}
	for k := events.Kind(1); k.Valid(); k++ {
		if strings.EqualFold(k.String(), invalid.EventType) {
			return ""
		}
	}
	return invalid.EventType
}
