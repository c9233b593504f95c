package check

import (
	"encoding/json"
	"io"

	"github.com/escalationkit/escalation/events"
)

// NewJSON returns a Printer for programs: one JSON object a line.
func NewJSON(w io.Writer) Printer {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return &jsonLines{enc: enc, names: map[events.KindSet][]events.Kind{}}
}

type jsonLines struct {
	enc   *json.Encoder
	names map[events.KindSet][]events.Kind // the few sets that occur, spelt out once
}

// record is a verdict on the wire. Names and order are part of the command's interface.
type record struct {
	File         string        `json:"file,omitempty"`
	Line         int           `json:"line"`
	Conversation string        `json:"conversation"`
	Kind         string        `json:"kind"`
	Verdict      string        `json:"verdict"`
	State        string        `json:"state"`
	Rules        []string      `json:"rules"`
	Allowed      []events.Kind `json:"allowed"`
	Message      string        `json:"message"`
}

func (p *jsonLines) Print(file string, v Verdict) error {
	r := record{
		File: file, Line: v.Line, Conversation: v.Conversation, Kind: v.Kind,
		Verdict: v.Outcome.String(), Rules: v.Rules, Message: v.Message,
	}
	if v.Conversation != "" {
		r.State = v.State.String()
	}
	if r.Rules == nil {
		r.Rules = []string{}
	}
	if _, ok := p.names[v.Allowed]; !ok {
		p.names[v.Allowed] = v.Allowed.Kinds()
	}
	r.Allowed = p.names[v.Allowed]
	return p.enc.Encode(&r)
}
