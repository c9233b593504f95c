package specgen

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

const (
	outbound = "outbound"
	inbound  = "inbound"
)

// body is one vector of the section bodies: what is judged, and by hand what the answer must be.
type body struct {
	about string // the rule that the vector is there for
	name  string // what is special about it
	dir   string
	kind  string // the event it holds; empty if that cannot be told
	input input
	// broken are the rules that it breaks, sorted; none if it is fine.
	broken []string
	// unknown are the names of fields that the API does not document; of bodies that are fine only.
	unknown []string
}

// input is a body in one of three forms, or the values of an event that is to be encoded.
type input struct {
	raw    string            // the bytes of the body
	parts  []part            // the same, put together from repeated texts
	values map[string]string // field values by wire name
}

// part is a text that stands Times times in a row.
type part struct {
	Text  string `json:"text"`
	Times int    `json:"times"`
}

// bodyJSON is a body on its line of vectors.json. Exactly one of Body, Base64, Parts and Values is set.
type bodyJSON struct {
	About     string            `json:"about"`
	Name      string            `json:"name"`
	Direction string            `json:"direction"`
	Kind      string            `json:"kind,omitempty"`
	Body      *string           `json:"body,omitempty"`
	Base64    *string           `json:"bodyBase64,omitempty"`
	Parts     []part            `json:"bodyParts,omitempty"`
	Values    map[string]string `json:"valuesBase64,omitempty"`
	Broken    []string          `json:"broken"`
	Unknown   []string          `json:"unknown,omitempty"`
}

// bodies returns every body vector in the order of the rules.
func bodies() []body {
	var all []body
	for _, group := range [][]body{formBodies, nameBodies, fieldBodies, valueBodies, policyBodies} {
		all = append(all, group...)
	}
	return all
}

func (b body) line() bodyJSON {
	j := bodyJSON{About: b.about, Name: b.name, Direction: b.dir, Kind: b.kind,
		Broken: append([]string{}, b.broken...), Unknown: b.unknown}
	switch in := b.input; {
	case in.parts != nil:
		j.Parts = in.parts
	case in.values != nil:
		j.Values = map[string]string{}
		for name, value := range in.values {
			j.Values[name] = base64.StdEncoding.EncodeToString([]byte(value))
		}
	case utf8.ValidString(in.raw):
		j.Body = &in.raw
	default:
		encoded := base64.StdEncoding.EncodeToString([]byte(in.raw))
		j.Base64 = &encoded
	}
	return j
}

// raw is a body as it stands.
func raw(text string) input { return input{raw: text} }

// call is the body of an outbound call for the sample conversation, with the given further members.
func call(kind, members string) input {
	return raw(`{"platformConversationId":"123456789","eventType":"` + kind + `"` + comma(members) + `}`)
}

// hook is the body of a webhook call for it.
func hook(kind, members string) input {
	return raw(`{"botId":"bot-1","channel":"chat","data":` + call(kind, members).raw + `}`)
}

func comma(members string) string {
	if members == "" {
		return ""
	}
	return "," + members
}

// padded is a body filled up with spaces to a size in bytes.
func padded(in input, size int) input {
	return input{parts: []part{{in.raw, 1}, {" ", size - len(in.raw)}}}
}

// repeated is a body whose one ~ stands for so many repetitions of a text.
func repeated(in input, text string, times int) input {
	before, after, _ := strings.Cut(in.raw, "~")
	return input{parts: []part{{before, 1}, {text, times}, {after, 1}}}
}

// breaks makes the list of broken rules read well in the tables.
func breaks(ids ...string) []string { return ids }
