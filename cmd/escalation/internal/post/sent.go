package post

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/escalationkit/escalation/cmd/escalation/internal/plain"
)

// Sent is what is told of one call.
type Sent struct {
	N, Of        int // which of how many
	Kind         string
	Conversation string
	To           string // where it went, fit to be printed
	Body         []byte
	Answer       Answer
	Problem      string // why it did not do what it should, or empty
}

// OK reports whether the call was answered with 2xx and nothing is wrong.
func (s Sent) OK() bool { return s.Problem == "" && s.Answer.OK() }

// A Printer writes what was sent.
type Printer func(Sent) error

// NewText returns a Printer for people.
func NewText(w io.Writer) Printer {
	return func(s Sent) error {
		var b strings.Builder
		b.WriteString(plain.Word(s.Kind))
		if s.Of > 1 {
			fmt.Fprintf(&b, " (%d of %d)", s.N, s.Of)
		}
		fmt.Fprintf(&b, " to %s, conversation %s\n", plain.Line(s.To), plain.Word(s.Conversation))
		fmt.Fprintf(&b, "  sent      %s\n", compact(s.Body))
		if s.Answer.Status != 0 {
			fmt.Fprintf(&b, "  answered  %s in %s", status(s.Answer.Status), took(s.Answer.Took))
			if text := excerpt(s.Answer); text != "" {
				fmt.Fprintf(&b, ": %s", text)
			}
			b.WriteByte('\n')
		}
		if s.Problem != "" {
			fmt.Fprintf(&b, "  problem   %s\n", oneLine(s.Problem))
		}
		_, err := io.WriteString(w, b.String())
		return err
	}
}

func status(code int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code)))
}

func took(d time.Duration) string {
	if d < time.Millisecond {
		return "less than 1ms"
	}
	return d.Round(time.Millisecond).String()
}

func excerpt(a Answer) string {
	text := oneLine(strings.ToValidUTF8(string(a.Body), "?"))
	if a.Truncated {
		text += " …"
	}
	return text
}

// compact returns a body on one line: JSON without its spaces between tokens, anything else with what does not print replaced.
func compact(body []byte) string {
	var b bytes.Buffer
	if json.Compact(&b, body) == nil {
		body = b.Bytes()
	}
	return plain.Line(string(body))
}

// oneLine makes one line of several.
func oneLine(text string) string { return plain.Line(strings.Join(strings.Fields(text), " ")) }

// NewJSON returns a Printer for programs: one JSON object a line.
func NewJSON(w io.Writer) Printer {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return func(s Sent) error {
		return enc.Encode(&record{
			N: s.N, Kind: s.Kind, Conversation: s.Conversation, To: s.To, Body: raw(s.Body),
			Status: s.Answer.Status, Took: s.Answer.Took.Milliseconds(), Answer: string(s.Answer.Body), Problem: s.Problem,
		})
	}
}

// record is a call on the wire. Names and order are part of the commands' interface.
type record struct {
	N            int             `json:"n"`
	Kind         string          `json:"kind"`
	Conversation string          `json:"conversation"`
	To           string          `json:"to"`
	Body         json.RawMessage `json:"body"`
	Status       int             `json:"status"`
	Took         int64           `json:"took"`
	Answer       string          `json:"answer"`
	Problem      string          `json:"problem"`
}

// raw returns a body as it stands in JSON: itself if it is JSON, else a string that holds it.
func raw(body []byte) json.RawMessage {
	if json.Valid(body) && utf8.Valid(body) {
		return body
	}
	text, _ := json.Marshal(string(body)) // cannot fail for a string
	return text
}
