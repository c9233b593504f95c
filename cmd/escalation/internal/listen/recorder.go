package listen

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/plain"
	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
)

// An Exchange is what is told of a request or a webhook.
type Exchange struct {
	wire.Exchange
	State string         `json:"state"` // of the conversation afterwards; empty for a webhook
	Round int            `json:"round"`
	Notes []wire.Finding `json:"notes"` // beside the findings: what is no fault
}

// Totals count what was told.
type Totals struct{ Requests, Webhooks, Findings int }

// A Recorder is an http.Handler that takes the requests of a CRM, and webhooks on their way to it.
type Recorder struct {
	cfg    Config
	failed chan struct{} // closed when err is set

	mu       sync.Mutex // one exchange at a time is judged, recorded and told
	judge    *judge
	webhooks map[talk]int // how many are on their way to the CRM
	totals   Totals
	err      error
}

// New returns a Recorder. Nothing listens yet.
func New(cfg Config) (*Recorder, error) {
	full, err := cfg.checked()
	if err != nil {
		return nil, err
	}
	j, err := newJudge(full.Bot, full.Key, full.Webhook != "")
	if err != nil {
		return nil, err
	}
	return &Recorder{cfg: full, failed: make(chan struct{}), judge: j, webhooks: map[talk]int{}}, nil
}

// Failed is closed when something could not be recorded or told; Err then says why.
func (r *Recorder) Failed() <-chan struct{} { return r.failed }

// Err returns why something could not be recorded or told.
func (r *Recorder) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Totals returns what was told so far.
func (r *Recorder) Totals() Totals {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.totals
}

// ServeHTTP treats one request. What a page in a browser sends is refused, wherever the page is from: it has no business
// here, and a webhook of its making would reach the CRM as if the platform had sent it. Every browser says who is calling,
// and no CRM and no platform has a reason to.
func (r *Recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Header.Get("Origin") != "" || req.Header.Get("Sec-Fetch-Site") != "" {
		writeError(w, http.StatusForbidden, "this is for programs, not for pages in a browser")
		return
	}
	if r.cfg.Webhook != "" && req.URL.Path == WebhookPath {
		r.webhook(w, req)
		return
	}
	r.request(w, req)
}

// request treats one of the CRM's.
func (r *Recorder) request(w http.ResponseWriter, req *http.Request) {
	x := wire.Exchange{At: time.Now().UTC(), Direction: wire.ToWidget, Method: req.Method, URL: "http://" + req.Host + req.URL.RequestURI(), Attempt: 1}
	body, err := read(req, fakeapi.DefaultMaxBody)
	crossed := r.underway(req.Header.Get("Botid"), body)
	var back passed
	if r.cfg.Forward != "" && err == nil {
		x.URL = target(r.cfg.Forward, req.URL)
		back = r.pass(req, x.URL, body)
		defer back.close()
	}
	r.mu.Lock()
	v := r.judge.judge(req, body, err, back.judged(), crossed)
	x.Bot, x.Conversation, x.Kind, x.Headers, x.Body = v.bot, v.conversation, v.kind, v.kept, string(body)
	if !back.asked {
		back.set(v.status, v.header, v.answer)
	}
	r.record(req, x, back, v)
	r.mu.Unlock()
	back.write(w)
}

// target returns where a request is passed on to. Whatever it names, that is below base.
func target(base string, u *url.URL) string {
	to := base + "/" + strings.TrimPrefix(belowBase(u.EscapedPath()), "/")
	if u.RawQuery != "" {
		to += "?" + u.RawQuery
	}
	return to
}

// webhook treats one of the platform's.
func (r *Recorder) webhook(w http.ResponseWriter, req *http.Request) {
	x := wire.Exchange{
		At: time.Now().UTC(), Direction: wire.ToCRM, Method: req.Method, URL: r.cfg.Webhook,
		Headers: req.Header, Attempt: 1, // the log keeps none that matter
	}
	body, err := read(req, events.MaxBodyBytes)
	x.Body = string(body)
	var v verdict
	var back passed
	if err != nil {
		back.set(http.StatusRequestEntityTooLarge, nil, errorBody("the body could not be read whole: "+err.Error()))
	} else {
		env, _, err := events.DecodeEnvelope(body)
		if err != nil {
			v.findings = append(v.findings, note("webhook", strings.TrimPrefix(err.Error(), "events: ")))
		}
		x.Bot, x.Conversation = env.BotID, env.ConversationID
		if env.Event != nil {
			x.Kind = env.Event.Kind().String()
			r.begin(env)
			defer r.end(env)
		}
		back = r.pass(req, r.cfg.Webhook, body)
		defer back.close()
		if back.whole() && back.status/100 != 2 {
			v.findings = append(v.findings, Finding{wire.Finding{Rule: "webhook-status",
				Detail: fmt.Sprintf("the CRM answered %d; every webhook is to be answered with 2xx", back.status)}, false})
		}
	}
	r.mu.Lock()
	r.record(req, x, back, v)
	r.mu.Unlock()
	back.write(w)
}

// read returns the body, or what came of it and why that is not all.
func read(req *http.Request, most int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(req.Body, most+1))
	if err == nil && int64(len(body)) > most {
		err = errTooLarge
	}
	return body, err
}

var errTooLarge = fmt.Errorf("more than the limit")

func errorBody(problem string) []byte {
	text, _ := json.Marshal(map[string]string{"error": "listen: " + plain.Line(problem)}) // cannot fail: strings only
	return text
}

func writeError(w http.ResponseWriter, status int, problem string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(errorBody(problem)) // an error is the caller's: it is gone
}
