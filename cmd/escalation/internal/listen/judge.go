package listen

import (
	"bytes"
	"net/http"

	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
)

const (
	keep    = 256     // what the fake remembers of each thing, and of conversations that are over
	maxBots = 1 << 10 // how many bots are taken for known

	standInBot = "bot" // where none is demanded
	standInKey = "key"
)

// A judge is a fake platform that is shown what was sent. It is not safe for concurrent use.
type judge struct {
	fake     *fakeapi.Server
	bot, key string // demanded; empty: any
	rounds   bool   // webhooks say when rounds begin and end
	bots     map[string]bool

	// What the fake's observer told of the request at hand.
	record fakeapi.Record
}

func newJudge(bot, key string, rounds bool) (*judge, error) {
	j := &judge{bot: bot, key: key, rounds: rounds, bots: map[string]bool{}}
	known := bot
	if known == "" {
		known = standInBot
	}
	var err error
	j.fake, err = fakeapi.New(known, j.keyOf(), &fakeapi.Config{
		Keep:      keep,
		OnRequest: func(r fakeapi.Record) { j.record = r },
	})
	return j, err
}

func (j *judge) keyOf() string {
	if j.key == "" {
		return standInKey
	}
	return j.key
}

// A verdict is what the judge says of one request.
type verdict struct {
	status int // the answer of the platform, where none came from elsewhere
	header http.Header
	answer []byte

	bot, conversation, kind string
	kept                    http.Header // of the request: those that may be kept
	state                   fakeapi.State
	findings                []Finding
}

// A Finding is something that is held against a request, or worth knowing of it.
type Finding struct {
	wire.Finding
	Note bool // not a fault
}

// judge shows a request to the fake. status is what somebody else answered it with: 0 if nobody was asked, and
// unknownStatus if no answer came. readErr is why body is not all of the body. crossed: when the request came, a webhook
// of the conversation was on its way.
func (j *judge) judge(r *http.Request, body []byte, readErr error, status int, crossed bool) verdict {
	var notes []Finding
	bot := r.Header.Get("Botid")
	if req, _, err := events.DecodeRequest(body); err == nil && readErr == nil && j.assumeRound(bot, req) {
		notes = append(notes, note("round", "taken for the beginning of a new round: without --webhook nobody says when one begins"))
	}
	if fault, ok := asAnswered(status); ok {
		if err := j.fake.Next(fault); err != nil { // a status that no server can answer with
			notes = append(notes, note("status", err.Error()))
		}
	}
	j.record = fakeapi.Record{}
	w := &answer{header: http.Header{}, status: http.StatusOK}
	j.fake.ServeHTTP(w, j.disguise(r, body, readErr))
	rec := j.record
	v := verdict{
		status: w.status, header: w.header, answer: w.body.Bytes(),
		bot: rec.BotID, conversation: rec.ConversationID, kind: rec.EventType, kept: rec.Header,
		state: j.fake.Bot(bot).State(rec.ConversationID), findings: notes,
	}
	for _, f := range j.fake.Findings() {
		if f.N == rec.N {
			v.findings = append(v.findings, j.finding(f, crossed))
		}
	}
	v.findings = withoutConsequences(v.findings)
	return v
}

// finding returns what the fake found. What a client could not know better is no fault.
func (j *judge) finding(f fakeapi.Finding, crossed bool) Finding {
	out := Finding{wire.Finding{Rule: f.Rule, Detail: f.Detail}, !f.Fault()}
	switch {
	case f.Rule == fakeapi.RuleSequence && crossed:
		out.Note = true
		out.Detail += "; it crossed a webhook that the CRM had not answered yet"
	case f.Rule != fakeapi.RuleSequence && f.Unavoidable: // of the order the fake says so itself
		out.Detail += "; the client could not know"
	}
	return out
}

// withoutConsequences returns what is wrong with a request. Of one that went somewhere else the rest says nothing.
func withoutConsequences(all []Finding) []Finding {
	for _, f := range all {
		if f.Rule == fakeapi.WrongPath.ID() {
			return []Finding{f}
		}
	}
	return all
}

// asAnswered returns how the fake is to treat a request that somebody else has answered. Of what may have taken effect
// it assumes that it did: a client that repeats it is then not blamed, since it could not know.
func asAnswered(status int) (f fakeapi.Fault, ok bool) {
	switch {
	case status == 0:
		return fakeapi.Fault{}, false
	case status == unknownStatus || status/100 == 5:
		return fakeapi.Fault{Status: http.StatusBadGateway, Process: fakeapi.ProcessAnyway}, true
	}
	return fakeapi.Fault{Status: status}, true
}

func note(rule, detail string) Finding {
	return Finding{wire.Finding{Rule: rule, Detail: detail}, true}
}

// answer is what the fake writes to.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header         { return a.header }
func (a *answer) WriteHeader(status int)      { a.status = status }
func (a *answer) Write(p []byte) (int, error) { return a.body.Write(p) }
