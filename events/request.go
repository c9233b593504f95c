package events

import "encoding/json"

// Request is the body of one outbound call.
type Request struct {
	ConversationID string // platformConversationId: opaque, never generated or changed by this library
	Event          Outbound
}

// Validate returns nil, or an *InvalidError that lists every problem of the id and the event.
func (r Request) Validate() error {
	return validate(r.Event, checkID(CodeConversationID, fieldConversationID, r.ConversationID))
}

// Encode returns the body as the API documents it. It refuses what Validate refuses. The slice is the
// caller's.
func (r Request) Encode() ([]byte, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	return json.Marshal(wire(r.ConversationID, r.Event))
}

// validate joins the problems of what stands around an event with its own.
func validate(e Event, around ...*Problem) error {
	kind := KindOf(e)
	if !kind.Valid() {
		return invalid(0, append(around, &Problem{CodeEventType, "", "the event is nil or not a value of one of this package's types"})...)
	}
	err := e.Validate()
	outer := gather(kind, around)
	if outer == nil {
		return err
	}
	if own, ok := err.(*InvalidError); ok {
		outer.Problems = append(outer.Problems, own.Problems...)
	}
	return outer
}
