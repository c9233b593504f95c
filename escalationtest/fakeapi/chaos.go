package fakeapi

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// A Chaos deals faults by chance, all of them drawn from one seed. The chances are numbers from 0 to 1.
//
// What happens to a request is decided by the seed, the bot, the conversation, and how many requests of that conversation
// passed the checks before; what happens to a webhook, by the same and how many webhooks there were before. Other
// conversations, the time and the order of arrival among them play no part, so a failure repeats.
//
// A request that fails a check is not disturbed, and Next and NextFor take precedence; a request that is spared is treated
// as Always says. Copies of webhooks, and what Redeliver sends, are not disturbed.
type Chaos struct {
	Seed uint64

	// At most one of these happens to a request, so together they must not be more than 1.

	Unauthorized         float64 // 401, without effect, though the key is right
	TooMany              float64 // 429, without effect
	Unavailable          float64 // 503, without effect
	ServerError          float64 // 500, 502 or 504, without effect
	ErrorAfterProcessing float64 // 500, 502 or 504, though the event took effect
	CutBefore            float64 // the connection is cut, and the event has no effect
	CutInAnswer          float64 // the event takes effect, and its 200 is cut in the middle
	CutAfter             float64 // the event takes effect, and the connection is cut
	Late                 float64 // cut, and the event takes effect after the conversation's next one
	Slow                 float64 // answered as it should be, after up to MaxDelay

	// RetryAfter is the chance that a 429 or 503 carries a Retry-After: whole seconds, at most MaxDelay.
	RetryAfter float64

	// At most one of these happens to a webhook, so together they must not be more than 1.

	DropWebhook    float64 // never sent
	DelayWebhook   float64 // sent after up to MaxDelay, and those behind it wait
	DoubleWebhook  float64 // sent twice
	ReorderWebhook float64 // sent after the conversation's next, or after MaxDelay if none comes

	// MaxDelay bounds all delays. Slow, DelayWebhook and ReorderWebhook need it.
	MaxDelay time.Duration

	_ struct{}
}

// SetChaos lets c disturb what comes from now on, in place of an earlier one; nil ends it, and ClearFaults does too. It fails,
// having changed nothing, if c is contradictory, with all that is wrong joined.
func (s *Server) SetChaos(c *Chaos) error {
	if c != nil {
		if err := c.check(); err != nil {
			return err
		}
		copied := *c
		c = &copied
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chaos = c
	return nil
}

// A chance is one thing that may happen.
type chance struct {
	name string
	p    float64
}

func (c *Chaos) ofRequests() []chance {
	return []chance{
		{"Unauthorized", c.Unauthorized}, {"TooMany", c.TooMany}, {"Unavailable", c.Unavailable},
		{"ServerError", c.ServerError}, {"ErrorAfterProcessing", c.ErrorAfterProcessing}, {"CutBefore", c.CutBefore},
		{"CutInAnswer", c.CutInAnswer}, {"CutAfter", c.CutAfter}, {"Late", c.Late}, {"Slow", c.Slow},
	}
}

func (c *Chaos) ofWebhooks() []chance {
	return []chance{
		{"DropWebhook", c.DropWebhook}, {"DelayWebhook", c.DelayWebhook},
		{"DoubleWebhook", c.DoubleWebhook}, {"ReorderWebhook", c.ReorderWebhook},
	}
}

// slack forgives what adding decimal fractions in binary loses.
const slack = 1e-9

// check returns all that is contradictory in c, joined.
func (c *Chaos) check() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("fakeapi: chaos: "+format, args...)) }
	sum := func(chances ...chance) (sum float64) {
		for _, ch := range chances {
			if !(ch.p >= 0 && ch.p <= 1) { // which is also true of what is no number
				bad("%s is %v, not from 0 to 1", ch.name, ch.p)
			}
			sum += ch.p
		}
		return sum
	}
	if p := sum(c.ofRequests()...); p > 1+slack {
		bad("the chances of requests are %v together, more than 1", p)
	}
	if p := sum(c.ofWebhooks()...); p > 1+slack {
		bad("the chances of webhooks are %v together, more than 1", p)
	}
	sum(chance{"RetryAfter", c.RetryAfter})
	switch {
	case c.MaxDelay < 0:
		bad("MaxDelay is %v", c.MaxDelay)
	case c.MaxDelay == 0 && c.Slow+c.DelayWebhook+c.ReorderWebhook > 0:
		bad("Slow, DelayWebhook and ReorderWebhook need a MaxDelay")
	}
	return errors.Join(errs...)
}

// maxSeeds is how many seeds a conversation keeps.
const maxSeeds = 4

// disturbedBy keeps the seed of what decides on the conversation's next request or webhook.
func (t *talk) disturbedBy(c *Chaos) {
	if n := len(t.seeds); n > 0 && t.seeds[n-1] == c.Seed {
		return
	}
	t.seeds = append(t.seeds, c.Seed)
	if len(t.seeds) > maxSeeds {
		t.seeds = slices.Delete(t.seeds, 0, 1)
	}
}

// request returns the fault of a conversation's request, and whether there is one.
func (c *Chaos) request(id talkID, index int) (Fault, bool) {
	r := c.dice("request", id, index)
	what := draw(r, c.ofRequests())
	f := Fault{}
	switch what {
	case "Unauthorized":
		f.Status = http.StatusUnauthorized
	case "TooMany":
		f.Status, f.Header = http.StatusTooManyRequests, c.retryAfter(r)
	case "Unavailable":
		f.Status, f.Header = http.StatusServiceUnavailable, c.retryAfter(r)
	case "ServerError":
		f.Status = oneOf(r, serverErrors)
	case "ErrorAfterProcessing":
		f.Status, f.Process = oneOf(r, serverErrors), ProcessAnyway
	case "CutBefore":
		f.Cut = CutAfterBody // the body names the conversation, so it has been read
	case "CutInAnswer":
		f.Cut = CutInAnswer
	case "CutAfter":
		f.Cut, f.Process = CutAfterBody, ProcessAnyway
	case "Late":
		f.Cut, f.AfterNext = CutAfterBody, true
	case "Slow":
		f.Delay = c.delay(r)
	}
	return f, what != ""
}

// webhook returns the fault of a conversation's webhook.
func (c *Chaos) webhook(id talkID, index int) WebhookFault {
	r := c.dice("webhook", id, index)
	switch draw(r, c.ofWebhooks()) {
	case "DropWebhook":
		return WebhookFault{Drop: true}
	case "DelayWebhook":
		return WebhookFault{Delay: c.delay(r)}
	case "DoubleWebhook":
		return WebhookFault{Copies: 1}
	case "ReorderWebhook":
		return WebhookFault{AfterNext: true, Delay: c.MaxDelay}
	}
	return WebhookFault{}
}

// dice returns the source of all that is drawn for one request or webhook.
func (c *Chaos) dice(what string, id talkID, index int) *rand.Rand {
	var key []byte
	for _, part := range []string{what, id.bot, id.conversation} {
		key = binary.BigEndian.AppendUint64(key, uint64(len(part)))
		key = append(key, part...)
	}
	key = binary.BigEndian.AppendUint64(key, c.Seed)
	key = binary.BigEndian.AppendUint64(key, uint64(index))
	sum := sha256.Sum256(key)
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:]), binary.BigEndian.Uint64(sum[8:])))
}

// draw returns the name of what happens, or nothing.
func draw(r *rand.Rand, chances []chance) string {
	at := r.Float64()
	for _, ch := range chances {
		if at < ch.p {
			return ch.name
		}
		at -= ch.p
	}
	return ""
}

var serverErrors = []int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusGatewayTimeout}

func oneOf(r *rand.Rand, of []int) int { return of[r.IntN(len(of))] }

// delay is from 1 ns to MaxDelay.
func (c *Chaos) delay(r *rand.Rand) time.Duration {
	return 1 + time.Duration(r.Int64N(int64(c.MaxDelay)))
}

func (c *Chaos) retryAfter(r *rand.Rand) http.Header {
	if r.Float64() >= c.RetryAfter {
		return nil
	}
	seconds := r.Int64N(int64(c.MaxDelay/time.Second) + 1)
	return http.Header{"Retry-After": {strconv.FormatInt(seconds, 10)}}
}
