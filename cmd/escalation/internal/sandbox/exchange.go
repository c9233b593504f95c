package sandbox

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox/feed"
	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// An exchange is a wire.Exchange as the page shows it. It is replaced, never changed.
type exchange struct {
	Seq int64 `json:"seq"`
	wire.Exchange
	Of     int64 `json:"of"`     // the number of the first copy, if this is a repeat sent on purpose
	Resend bool  `json:"resend"` // whether the platform can send it again

	record int // the platform's number
}

// request takes a request of the CRM's, when it has arrived and again when its exchange has ended.
func (b *book) request(baseURL string, rec fakeapi.Record) {
	x := wire.Exchange{
		At: rec.Time.UTC(), Direction: wire.ToWidget, Bot: rec.BotID, Conversation: rec.ConversationID, Kind: rec.EventType,
		Method: rec.Method, URL: baseURL + rec.Path, Headers: rec.Header, Body: string(rec.Body), Status: rec.Status, Attempt: 1,
	}
	if rec.Query != "" {
		x.URL += "?" + rec.Query
	}
	x.Outcome, x.Detail = requestOutcome(rec)
	if x.Outcome == wire.Held || x.Outcome == wire.Failed {
		x.Status = 0 // it was decided, and not sent
	}
	for _, p := range rec.Problems {
		x.Findings = append(x.Findings, wire.Finding{Rule: p.ID(), Detail: p.String(), Note: p.Rule.Drift()})
	}
	if rec.End != fakeapi.Open {
		x.Took = milliseconds(time.Since(rec.Time))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	n, known := b.requests[rec.N]
	if !known {
		if t := b.talks[rec.ConversationID]; t != nil {
			x.Attempt = t.sent.attempt(rec)
			if t.accuse(x.Findings) {
				b.changed(t)
			}
		}
		b.append(exchange{Exchange: x, record: rec.N}, b.requests)
		return
	}
	if t := b.talks[rec.ConversationID]; t != nil {
		t.sent.end(rec)
	}
	if old := b.exchanges[n]; old != nil {
		x.Attempt = old.Attempt
		x.Findings = old.Findings // the problems do not change, but more may have been found since
		b.replace(exchange{Exchange: x, record: rec.N}, old)
	}
}

func requestOutcome(rec fakeapi.Record) (outcome, detail string) {
	switch rec.End {
	case fakeapi.Open:
		return wire.Held, ""
	case fakeapi.Answered:
		return wire.Answered, ""
	case fakeapi.Severed:
		return wire.Cut, "the connection was cut"
	}
	return wire.Failed, rec.End.String()
}

// webhook takes an attempt to send a webhook, when it has ended.
func (b *book) webhook(url string, rec fakeapi.WebhookRecord) {
	x := wire.Exchange{
		At: rec.Time.UTC(), Direction: wire.ToCRM, Bot: rec.BotID, Conversation: rec.ConversationID, Kind: rec.EventType,
		Method: http.MethodPost, URL: url, Headers: http.Header{"Content-Type": {"application/json"}}, Body: string(rec.Body),
		Status: rec.Status, Detail: rec.Err, Took: milliseconds(rec.Took), Answer: string(rec.Answer),
	}
	switch {
	case rec.Dropped:
		x.Outcome = wire.Dropped
	case rec.Status == 0:
		x.Outcome = wire.Failed
	default:
		x.Outcome = wire.Answered
		if rec.Status/100 != 2 {
			x.Findings = []wire.Finding{{Rule: "webhook-status", Detail: fmt.Sprintf("the CRM answered %d; every webhook is to be answered with 2xx", rec.Status)}}
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	x.Attempt = 2 // a copy of one that is long forgotten
	if b.copies[rec.Of] > 0 || rec.Of == rec.N {
		b.copies[rec.Of]++
		x.Attempt = b.copies[rec.Of]
	}
	b.append(exchange{Exchange: x, Of: b.webhooks[rec.Of], Resend: true, record: rec.N}, b.webhooks)
	if t := b.talks[rec.ConversationID]; t != nil && t.accuse(x.Findings) {
		b.changed(t)
	}
}

// append gives the exchange its number, in the log and in the map of records. The caller holds mu.
func (b *book) append(x exchange, numbers map[int]int64) {
	var err error
	if x.Exchange, err = b.log.Append(x.Exchange); err != nil {
		return // the log says so to whoever runs the sandbox
	}
	b.last, numbers[x.record] = x.N, x.N
	b.publish(x, numbers)
}

// replace puts a newer form of an exchange in the place of the old one. The caller holds mu.
func (b *book) replace(x exchange, old *exchange) {
	x.N, x.Of, x.Resend = old.N, old.Of, old.Resend
	var err error
	if x.Exchange, err = b.log.Update(x.Exchange); err != nil {
		return
	}
	b.publish(x, b.requests)
}

// publish gives the exchange its next version. The caller holds mu.
func (b *book) publish(x exchange, numbers map[int]int64) {
	kept := &x
	b.exchanges[x.N] = kept
	x.Seq = b.feed.Publish(feed.Change{
		Key: "exchange " + strconv.FormatInt(x.N, 10), Event: "exchange", Weight: len(x.Body) + len(x.Answer) + 1024,
		Value: func() any { return *kept },
		Forget: func() {
			if kept.Outcome == wire.Held {
				return // its end is still to be told; there are no more of these than open connections
			}
			delete(b.exchanges, kept.N)
			delete(numbers, kept.record)
			if kept.Direction == wire.ToCRM && kept.Of == 0 {
				delete(b.copies, kept.record)
			}
		},
	})
}

// blame adds what was found about an event to the exchange of its request, and to the conversation. The caller holds mu.
func (b *book) blame(t *talk, found []fakeapi.Finding) {
	if len(found) == 0 {
		return
	}
	var more []wire.Finding
	for _, f := range found {
		more = append(more, wire.Finding{Rule: f.Rule, Detail: f.Detail, Note: !f.Fault()})
	}
	t.accuse(more)
	old := b.exchanges[b.requests[found[0].N]]
	if old == nil {
		return
	}
	x := *old
	x.Findings = slices.Concat(x.Findings, more)
	b.replace(x, old)
}

// fresh puts what is known in this run in the place of what the log has.
func (b *book) fresh(all []wire.Exchange) []exchange {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := []exchange{}
	for _, x := range all {
		if known := b.exchanges[x.N]; known != nil {
			out = append(out, *known)
		} else {
			out = append(out, exchange{Exchange: x})
		}
	}
	return out
}

// sent is the last request of a conversation: equal to the next, that one is another attempt, unless this one was plainly
// taken.
type sent struct {
	record   int
	body     [sha256.Size]byte
	attempts int
	taken    bool
}

// attempt takes the next request and returns how often the same was sent.
func (s *sent) attempt(rec fakeapi.Record) int {
	body := sha256.Sum256(rec.Body)
	if s.attempts == 0 || s.taken || body != s.body {
		s.attempts = 0
	}
	*s = sent{rec.N, body, s.attempts + 1, false}
	return s.attempts
}

// end takes the end of a request.
func (s *sent) end(rec fakeapi.Record) {
	if rec.N == s.record {
		s.taken = rec.End == fakeapi.Answered && rec.Status/100 == 2
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// resendable returns the platform's number of a webhook that it can send again, or says why it cannot.
func (b *book) resendable(n int64) (record, status int, problem string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	x := b.exchanges[n]
	switch {
	case n < 1 || n > b.last:
		return 0, http.StatusNotFound, fmt.Sprintf("there is no exchange %d", n)
	case x == nil && n <= b.log.Found().Last:
		return 0, http.StatusConflict, "the exchange is of an earlier run: 'escalation resend' sends those, with --db and --webhook"
	case x == nil:
		return 0, http.StatusConflict, "the platform does not have this exchange any more"
	case x.Direction != wire.ToCRM:
		return 0, http.StatusConflict, "the platform sends webhooks again; what the CRM sent, only the CRM can send again"
	}
	return x.record, 0, ""
}
