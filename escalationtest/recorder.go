package escalationtest

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/escalationkit/escalation/transport"
)

var _ transport.Transport = (*Recorder)(nil)

// Recorder is a transport.Transport in memory that remembers every attempt and acknowledges it,
// unless it was told otherwise. The zero Recorder is ready to use, by many goroutines at once.
//
// It keeps the clauses of transport.Transport as far as the answers it is told to give allow: an
// attempt whose context is done already is not recorded and consumes no answer [T6], bodies are
// copied [T10], and an answer's Err is made to fit its class [T8].
type Recorder struct {
	// Answer, if set, gives the result of each attempt for which Next left none. It is called
	// without a lock, after the attempt was recorded, and should return when ctx ends. It must not
	// be changed while a Send is under way.
	Answer func(ctx context.Context, req transport.Request) transport.Result

	mu       sync.Mutex
	attempts []*Attempt
	next     []transport.Result
}

// Attempt is one call of Send.
type Attempt struct {
	Request transport.Request
	// Result is what Send returned; the zero Result, whose class is Unknown, until then.
	Result transport.Result
}

// ScriptedError is the Err of an answer that was told to be no acknowledgement and came without one.
type ScriptedError struct {
	Class transport.Class
}

// Error names the class.
func (e *ScriptedError) Error() string {
	return fmt.Sprintf("escalationtest: the recorder was told to answer: %v", e.Class)
}

// Next queues answers for the attempts to come, one each, before Answer is asked.
func (r *Recorder) Next(results ...transport.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next = append(r.next, results...)
}

// Send records req and answers.
func (r *Recorder) Send(ctx context.Context, req transport.Request) transport.Result {
	if err := ctx.Err(); err != nil {
		return transport.Result{Class: transport.NotSent, Err: fmt.Errorf("escalationtest: nothing was sent: %w", err)}
	}
	a := &Attempt{Request: clone(req)}
	r.mu.Lock()
	r.attempts = append(r.attempts, a)
	res, scripted := transport.Result{Class: transport.Acknowledged, Status: http.StatusOK}, false
	if len(r.next) > 0 {
		res, scripted = r.next[0], true
		r.next = r.next[1:]
	}
	r.mu.Unlock()
	if !scripted && r.Answer != nil {
		res = r.Answer(ctx, clone(req))
	}
	res = fit(res)
	r.mu.Lock()
	a.Result = res
	r.mu.Unlock()
	return res
}

// Attempts returns all attempts in the order in which they began. What it returns is the caller's.
func (r *Recorder) Attempts() []Attempt {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]Attempt, 0, len(r.attempts))
	for _, a := range r.attempts {
		all = append(all, Attempt{Request: clone(a.Request), Result: a.Result})
	}
	return all
}

// Requests returns what a remote would have received, in order: the requests of all attempts that
// were not answered with NotSent. What it returns is the caller's.
func (r *Recorder) Requests() []transport.Request {
	return r.received(func(transport.Request) bool { return true })
}

// Conversation returns those of Requests that belong to one conversation of one bot.
func (r *Recorder) Conversation(botID, conversationID string) []transport.Request {
	return r.received(func(req transport.Request) bool {
		return req.BotID == botID && req.ConversationID == conversationID
	})
}

func (r *Recorder) received(belongs func(transport.Request) bool) []transport.Request {
	requests := []transport.Request{}
	for _, a := range r.Attempts() {
		if a.Result.Class != transport.NotSent && belongs(a.Request) {
			requests = append(requests, a.Request)
		}
	}
	return slices.Clip(requests)
}

// Reset forgets all attempts and queued answers; Answer stays.
func (r *Recorder) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.attempts, r.next = nil, nil
}

func clone(req transport.Request) transport.Request {
	req.Body = bytes.Clone(req.Body)
	return req
}

// fit makes an answer keep T3 and T8.
func fit(res transport.Result) transport.Result {
	res.RetryAfter = min(max(res.RetryAfter, 0), transport.MaxRetryAfter)
	switch {
	case res.Class == transport.Acknowledged:
		res.Err = nil
	case res.Err == nil:
		res.Err = &ScriptedError{Class: res.Class}
	}
	return res
}
