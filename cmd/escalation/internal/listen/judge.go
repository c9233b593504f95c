package listen

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

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

	// What the fake's observers told of the request at hand.
	record fakeapi.Record
	breach *fakeapi.Violation
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
		OnLine:    func(s fakeapi.Shown) { j.breach = s.Violation },
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
	j.record, j.breach = fakeapi.Record{}, nil
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

// finding returns what the fake found in the words of this package. What a client could not know better is no fault.
func (j *judge) finding(f fakeapi.Finding, crossed bool) Finding {
	out := Finding{wire.Finding{Rule: f.Rule, Detail: f.Detail}, !f.Fault()}
	if f.Rule == fakeapi.RuleSequence && j.breach != nil {
		out.Detail = words(*j.breach)
		if crossed {
			out.Note = true
			out.Detail += "; it crossed a webhook that the CRM had not answered yet"
		}
	}
	if f.Unavoidable {
		out.Detail += "; it could not know better"
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

// letters are the events as the fake writes those that came in order.
var letters = strings.NewReplacer("Q", ", escalationQueueUpdate", "S", ", escalationSuccess", "M", ", message",
	"F", ", escalationFailed", "D", ", agentDisconnect")

// words says in which way an event came out of order.
func words(v fakeapi.Violation) string {
	text := fmt.Sprintf("%s %v in round %d", v.EventType, v.Reason, v.Round)
	if before := strings.TrimPrefix(letters.Replace(v.After), ", "); before != "" {
		text += ", which has had " + before
	} else {
		text += ", which has had no event before"
	}
	return text
}

// disguise returns r as the fake may see it: below its own base path, and with a key that says nothing unless one is
// demanded.
func (j *judge) disguise(r *http.Request, body []byte, readErr error) *http.Request {
	var content io.Reader = bytes.NewReader(body)
	if readErr != nil && readErr != errTooLarge {
		content = io.MultiReader(content, broken{readErr})
	}
	h := r.Header.Clone()
	if j.key == "" {
		for i, v := range h["Authorization"] {
			h["Authorization"][i] = disguiseKey(v)
		}
	}
	if bots := h.Values("Botid"); j.bot == "" && len(bots) == 1 && !j.bots[bots[0]] && len(j.bots) < maxBots {
		if j.fake.SetKey(bots[0], j.keyOf()) == nil { // else it could not be a bot id, as the fake will find
			j.bots[bots[0]] = true
		}
	}
	return (&http.Request{
		Method: r.Method, URL: &url.URL{Path: belowBase(r.URL.Path), RawQuery: r.URL.RawQuery, ForceQuery: r.URL.ForceQuery},
		Proto: r.Proto, ProtoMajor: r.ProtoMajor, ProtoMinor: r.ProtoMinor,
		Header: h, Body: io.NopCloser(content), ContentLength: r.ContentLength, Host: r.Host, RemoteAddr: r.RemoteAddr,
	}).WithContext(r.Context())
}

// broken is the end of a body that broke off.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// disguiseKey replaces a key and leaves what is around it.
func disguiseKey(v string) string {
	if strings.TrimSpace(v) == "" {
		return v
	}
	if word, _, ok := strings.Cut(strings.TrimSpace(v), " "); ok {
		return word + " " + standInKey
	}
	return standInKey
}

// platformPath is what the platform's base URLs end in. The CRM may keep it in the one that it is given here.
const platformPath = "/ai-agents/api"

func belowBase(path string) string {
	if rest, ok := strings.CutPrefix(path, platformPath); ok && strings.HasPrefix(rest, "/") {
		return rest
	}
	return path
}

// assumeRound begins a round that the webhooks would have told of. A second failure in a row is left to be a
// repeat: that a visitor is turned away twice is rarer.
func (j *judge) assumeRound(bot string, req events.Request) bool {
	if j.rounds {
		return false
	}
	st := j.fake.Bot(bot).State(req.ConversationID)
	over := st.Phase == fakeapi.Failed || st.Phase == fakeapi.Disconnected || st.Phase == fakeapi.Left
	switch req.Event.Kind() {
	case events.KindEscalationQueueUpdate, events.KindEscalationSuccess:
	case events.KindEscalationFailed:
		over = over && st.Phase != fakeapi.Failed
	default:
		over = false
	}
	if over {
		j.fake.Bot(bot).BeginRound(req.ConversationID)
	}
	return over
}

// webhook tells the judge of a webhook that is on its way.
func (j *judge) webhook(env events.Envelope) {
	b := j.fake.Bot(env.BotID)
	switch env.Event.Kind() {
	case events.KindWidgetEscalate:
		if !b.State(env.ConversationID).Live() {
			b.BeginRound(env.ConversationID)
		}
	case events.KindWidgetEndSession:
		if b.State(env.ConversationID).Live() {
			b.VisitorLeft(env.ConversationID)
		}
	}
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
