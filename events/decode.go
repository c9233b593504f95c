package events

import (
	"encoding/json"
	"slices"
	"strings"
)

// DecodeRequest reads the body of an outbound call. The names of fields that the API does not
// document are returned beside it: a sign that the vendor's format has moved on.
//
// A refusal is an *InvalidError; the Request returned with it holds what could be read, for
// diagnostics only: its Event may be nil.
func DecodeRequest(body []byte) (req Request, unknown []string, err error) {
	members, problem := readObject(body)
	if problem != nil {
		return Request{}, nil, invalid(0, problem)
	}
	d := decoder{kinds: outboundKinds, names: outboundNames}
	d.read(members, "")
	event, err := d.finish("")
	outbound, _ := event.(Outbound)
	return Request{ConversationID: d.payload.ConversationID, Event: outbound}, d.unknown, err
}

// DecodeEnvelope reads the body of a webhook call, with the same rules as [DecodeRequest]. Names of
// unknown fields below data are given as "data.name".
//
// One URL receives the vendor's Chat API events too: an event type that is none of ours is an
// *InvalidError with CodeEventType whose EventType holds the name.
func DecodeEnvelope(body []byte) (env Envelope, unknown []string, err error) {
	members, problem := readObject(body)
	if problem != nil {
		return Envelope{}, nil, invalid(0, problem)
	}
	d := decoder{kinds: inboundKinds, names: inboundNames}
	if !d.openEnvelope(members, &env) {
		return env, d.unknown, invalid(0, d.problems...)
	}
	event, err := d.finish(fieldData)
	env.ConversationID = d.payload.ConversationID
	env.Event, _ = event.(Inbound)
	return env, d.unknown, err
}

// decoder gathers the fields of one payload and every problem on the way.
type decoder struct {
	kinds    KindSet  // the kinds that this direction carries
	names    []string // the fields that any of them may have
	payload  payload
	present  []string // known fields seen, by wire name
	unknown  []string
	problems []*Problem
}

// add notes a problem, but only the first of a field: the later ones follow from it.
func (d *decoder) add(p *Problem) {
	if p == nil {
		return
	}
	for _, earlier := range d.problems {
		if p.Field != "" && p.Field == earlier.Field {
			return
		}
	}
	d.problems = append(d.problems, p)
}

// openEnvelope takes the outer members into env and hands those of data on. It reports whether
// data could be read; without it there is no payload to judge.
func (d *decoder) openEnvelope(members []member, env *Envelope) bool {
	data := &Problem{CodeFieldType, fieldData, "is required and must be a JSON object"}
	for _, m := range members {
		switch m.name {
		case fieldBotID:
			env.BotID = d.text(m, "")
		case fieldChannel:
			env.Channel = d.text(m, "")
			d.add(checkField(fieldChannel, env.Channel))
		case fieldData:
			var inner []member
			inner, data = splitObject(m.value, fieldData)
			d.read(inner, fieldData)
		default:
			d.other(m.name, "", []string{fieldBotID, fieldChannel, fieldData})
		}
	}
	d.add(checkID(CodeBotID, fieldBotID, env.BotID))
	d.add(data)
	return data == nil
}

// read takes the members of a payload.
func (d *decoder) read(members []member, path string) {
	for _, m := range members {
		if !slices.Contains(d.names, m.name) {
			d.other(m.name, path, d.names)
			continue
		}
		*d.payload.field(m.name) = d.text(m, path)
		d.present = append(d.present, m.name)
	}
}

// other deals with a name that is none of the known ones: drift, or one of them in another case.
func (d *decoder) other(name, path string, known []string) {
	for _, k := range known {
		if strings.EqualFold(k, name) {
			d.add(&Problem{CodeBodyKeys, join(path, clip(name)), "must be spelt " + k})
			return
		}
	}
	d.unknown = append(d.unknown, join(path, name))
}

// text decodes a value that has to be a JSON string.
func (d *decoder) text(m member, path string) string {
	var s string
	if m.value[0] != '"' || json.Unmarshal(m.value, &s) != nil {
		d.add(&Problem{CodeFieldType, join(path, m.name), "is not a JSON string"})
	}
	return s
}

// finish judges the gathered fields together. The event is nil if its type is none of ours.
func (d *decoder) finish(path string) (Event, error) {
	kind, err := ParseKind(d.payload.EventType)
	if err != nil || !d.kinds.Has(kind) {
		return nil, d.unknownType(path)
	}
	d.add(checkID(CodeConversationID, join(path, fieldConversationID), d.payload.ConversationID))
	for _, name := range d.present {
		d.add(d.misplaced(kind, name, path))
	}
	event := d.payload.event(kind)
	if own, ok := event.Validate().(*InvalidError); ok {
		for _, p := range own.Problems {
			p.Field = join(path, p.Field)
			d.add(&p)
		}
	}
	return event, invalid(kind, d.problems...)
}

// misplaced judges a field that is present by the event it came with.
func (d *decoder) misplaced(kind Kind, name, path string) *Problem {
	for _, f := range payloadFields {
		if f.Name != name || !f.Kinds.Has(kind) {
			continue
		}
		// The widget may fill in what it leaves unset; nobody says that it does not.
		if value := *d.payload.field(name); value == "" && !f.Required && kind.Outbound() {
			return &Problem{CodeFieldEmpty, join(path, name), "must be left out rather than sent empty"}
		}
		return nil
	}
	if kind == KindEscalationSuccess && (name == fieldQueuePosition || name == fieldWaitingTime) {
		return &Problem{CodeQueueFields, join(path, name), "belongs to escalationQueueUpdate, not to escalationSuccess: " +
			"the vendor's reference and guide disagree and the guide is followed (contradiction C1)"}
	}
	return &Problem{CodeFieldKind, join(path, name), "does not belong to " + kind.String()}
}

// unknownType is the error for a missing or foreign event type. Nothing else of the payload can be
// judged then, because which fields it may have depends on its type.
func (d *decoder) unknownType(path string) error {
	d.add(&Problem{CodeEventType, join(path, fieldEventType), "is required and must be one of " + d.kinds.String()})
	failed := gather(0, d.problems)
	failed.EventType = clip(d.payload.EventType)
	return failed
}
