package fakeapi

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"unicode/utf8"
)

// The names of the wire, written here a second time on purpose: the fake must not share a mistake with the client.
const (
	fieldConversation = "platformConversationId"
	fieldEventType    = "eventType"
	fieldText         = "text"
	fieldAgent        = "agent"
	fieldAvatar       = "agentAvatar"
	fieldPosition     = "queuePosition"
	fieldWaiting      = "waitingTime"

	typeQueueUpdate = "escalationQueueUpdate"
	typeSuccess     = "escalationSuccess"
	typeMessage     = "message"
	typeFailed      = "escalationFailed"
	typeDisconnect  = "agentDisconnect"
)

// ownFields are the fields that belong to each event type besides the two that all have.
var ownFields = map[string][]string{
	typeQueueUpdate: {fieldPosition, fieldWaiting},
	typeSuccess:     {fieldAgent, fieldAvatar},
	typeMessage:     {fieldText},
	typeFailed:      nil,
	typeDisconnect:  nil,
}

// detailFields are all fields that belong to some event types only, in the order in which they are checked.
var detailFields = []string{fieldText, fieldAgent, fieldAvatar, fieldPosition, fieldWaiting}

// parseBody returns the string fields of the object in raw, the first of each name, what can be shown of its other fields, and
// what is wrong with the body.
func parseBody(raw []byte) (fields, others map[string]string, ps []Problem) {
	switch {
	case !utf8.Valid(raw):
		return nil, nil, []Problem{{Rule: NotUTF8}}
	case !json.Valid(raw):
		return nil, nil, []Problem{{Rule: NotJSON}}
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // whatever its size, a number is JSON
	if first, err := dec.Token(); err != nil || first != json.Delim('{') {
		return nil, nil, []Problem{{Rule: NotObject}}
	}
	fields, others = map[string]string{}, map[string]string{}
	seen := map[string]bool{}
	for dec.More() {
		tok, err := dec.Token()
		name, ok := tok.(string)
		var value any
		if err == nil && ok {
			err = dec.Decode(&value)
		}
		if err != nil || !ok {
			return nil, nil, append(ps, Problem{Rule: NotJSON})
		}
		if seen[name] {
			ps = append(ps, Problem{Rule: DuplicateField, Field: name})
			continue
		}
		seen[name] = true
		if text, ok := value.(string); ok {
			fields[name] = text
		} else {
			others[name] = show(name, value)
			ps = append(ps, Problem{Rule: NotString, Field: name, Detail: wantString(name, value)})
		}
		if name != fieldConversation && name != fieldEventType && !slices.Contains(detailFields, name) {
			ps = append(ps, Problem{Rule: UnknownField, Field: name})
		}
	}
	return fields, others, append(ps, checkFields(fields, seen)...)
}

// checkFields judges the known fields. A field that was seen but is not in fields was no string, which has been reported.
func checkFields(fields map[string]string, seen map[string]bool) []Problem {
	var ps []Problem
	require := func(name string) {
		if !seen[name] {
			ps = append(ps, Problem{Rule: MissingField, Field: name})
		}
	}
	nonEmpty := func(name string) {
		if v, ok := fields[name]; ok && v == "" {
			ps = append(ps, Problem{Rule: EmptyField, Field: name})
		}
	}
	require(fieldConversation)
	nonEmpty(fieldConversation)
	require(fieldEventType)
	nonEmpty(fieldEventType)

	kind := fields[fieldEventType]
	own, known := ownFields[kind]
	if kind != "" && !known {
		ps = append(ps, Problem{Rule: UnknownEventType, Field: fieldEventType, Detail: "is " + brief(kind) + ", which is none of the five"})
	}
	if kind == typeMessage {
		require(fieldText)
	}
	for _, name := range detailFields {
		switch {
		case !known: // what would belong to it is not known either
		case slices.Contains(own, name):
			nonEmpty(name)
		case seen[name]:
			ps = append(ps, Problem{Rule: MisplacedField, Field: name, Detail: "not with " + kind, EventType: kind})
		}
	}
	if v := fields[fieldAvatar]; v != "" {
		if u, err := url.Parse(v); err != nil || !u.IsAbs() {
			ps = append(ps, Problem{Rule: NotURL, Field: fieldAvatar, Detail: "must be an absolute URL"})
		}
	}
	return ps
}
