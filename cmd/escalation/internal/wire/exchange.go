package wire

import (
	"net/http"
	"time"
)

// The directions.
const (
	ToWidget = "to-widget" // a request of the CRM's
	ToCRM    = "to-crm"    // a webhook
)

// The outcomes.
const (
	Answered = "answered"
	Cut      = "cut"     // the connection was severed on purpose
	Held     = "held"    // not answered yet
	Dropped  = "dropped" // never sent
	Failed   = "error"   // no answer came, or nobody was left to read it
)

// MaxBody is how much of a body is kept.
const MaxBody = 64 << 10

// An Exchange is one request and what became of it.
type Exchange struct {
	N            int64       `json:"n"`
	At           time.Time   `json:"at"`
	Direction    string      `json:"direction"`
	Bot          string      `json:"bot"`
	Conversation string      `json:"conversation"`
	Kind         string      `json:"kind"` // eventType
	Method       string      `json:"method"`
	URL          string      `json:"url"`
	Headers      http.Header `json:"headers"`
	Body         string      `json:"body"`
	BodyCut      bool        `json:"bodyCut"` // Body is only the beginning
	Status       int         `json:"status"`  // 0: none was sent or came
	Outcome      string      `json:"outcome"`
	Detail       string      `json:"detail"`  // more about the outcome in words, or empty
	Attempt      int         `json:"attempt"` // 1: the first time that this was sent
	Findings     []Finding   `json:"findings"`
	Took         float64     `json:"took"` // milliseconds
	Answer       string      `json:"answer"`
}

// A Finding is a rule that the exchange broke.
type Finding struct {
	Rule   string `json:"rule"`
	Detail string `json:"detail"`
	Note   bool   `json:"note,omitempty"` // it is not held against anybody
}
