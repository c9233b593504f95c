package desk

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/escalationkit/escalation/cmd/escalation/internal/plain"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// wireView is a View in which a missing field can be told from a zero.
type wireView struct {
	Conversation *string     `json:"conversation"`
	State        *fsm.State  `json:"state"`
	Accepted     *fsm.State  `json:"accepted"`
	Round        int         `json:"round"`
	Pending      int         `json:"pending"`
	Parked       string      `json:"parked"`
	Kinds        *[]KindView `json:"kinds"`
	Repairs      []Repair    `json:"repairs"`
}

// decodeView reads the view of one conversation and refuses what the protocol does not allow.
func decodeView(body []byte, conversationID string) (View, error) {
	if !utf8.Valid(body) {
		return View{}, errors.New("it is not valid UTF-8")
	}
	var w wireView
	if err := json.Unmarshal(body, &w); err != nil {
		return View{}, err
	}
	switch {
	case w.Conversation == nil:
		return View{}, errors.New(`"conversation" is missing`)
	case *w.Conversation != conversationID:
		return View{}, fmt.Errorf(`"conversation" is %q, asked for was %q`, brief(*w.Conversation), brief(conversationID))
	case w.State == nil:
		return View{}, errors.New(`"state" is missing`)
	case w.Round < 0:
		return View{}, fmt.Errorf(`"round" is %d`, w.Round)
	case w.Pending < 0:
		return View{}, fmt.Errorf(`"pending" is %d`, w.Pending)
	case w.Kinds == nil:
		return View{}, errors.New(`"kinds" is missing`)
	}
	if err := checkKinds(*w.Kinds); err != nil {
		return View{}, err
	}
	if err := checkRepairs(w.Repairs); err != nil {
		return View{}, err
	}
	if w.Accepted == nil {
		w.Accepted = w.State
	}
	return View{*w.Conversation, *w.State, *w.Accepted, w.Round, w.Pending, w.Parked, *w.Kinds, w.Repairs}.withLists(), nil
}

// checkKinds demands each outbound kind once, and a reason wherever one is not allowed.
func checkKinds(kinds []KindView) error {
	var seen []events.Kind
	for _, k := range kinds {
		switch {
		case !k.Kind.Outbound():
			return fmt.Errorf(`"kinds" has %q, which no agent can do`, k.Kind)
		case events.NewKindSet(seen...).Has(k.Kind):
			return fmt.Errorf(`"kinds" has %q twice`, k.Kind)
		case !k.Allowed && k.Reason == "":
			return fmt.Errorf(`"kinds" says that %q is not allowed, and no "reason"`, k.Kind)
		}
		seen = append(seen, k.Kind)
	}
	for _, k := range events.OutboundKinds().Kinds() {
		if !events.NewKindSet(seen...).Has(k) {
			return fmt.Errorf(`"kinds" says nothing of %q`, k)
		}
	}
	return nil
}

// decodeRefusal reads the body of a 409. That is a refusal even if nothing in it can be read.
func decodeRefusal(body []byte) *Refusal {
	var r Refusal
	if err := json.Unmarshal(body, &r); err != nil {
		r = Refusal{} // it holds what was read before the error
	}
	if r.Message == "" {
		r.Message = "the CRM gave no reason in the form of the protocol"
	}
	return r.withLists()
}

// trouble is the body of every other answer that is not 2xx.
type trouble struct {
	Message string `json:"message"`
}

// decodeTrouble returns what a body says, in one short line.
func decodeTrouble(body []byte) string {
	var t trouble
	if err := json.Unmarshal(body, &t); err != nil || t.Message == "" {
		t.Message = string(body)
	}
	return brief(t.Message)
}

// brief cuts a text from outside to one short line that is fit to be printed.
func brief(text string) string {
	const most = 200
	text = plain.Line(strings.Join(strings.Fields(text), " "))
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// withLists returns a copy without nil lists: they would be null on the wire, which is no list.
func (v View) withLists() View {
	v.Kinds = append([]KindView{}, v.Kinds...)
	for i := range v.Kinds {
		v.Kinds[i].Rules = list(v.Kinds[i].Rules)
	}
	return v
}

func (r *Refusal) withLists() *Refusal {
	return &Refusal{Rules: list(r.Rules), Message: r.Message, Allowed: list(r.Allowed)}
}

func list(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}

// writeJSON answers with a small JSON body.
func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil { // a view with an invalid state or kind
		status, text = http.StatusInternalServerError, []byte(`{"message":"the answer cannot be written"}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // an error is the caller's: it is gone
}
