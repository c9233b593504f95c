// Package transport is the boundary between a decision to send an event and the network: the
// [Transport] interface, the [Request] it takes and the [Result] it gives.
//
// # Guarantees
//
// A transport makes one attempt and says honestly what became of it. It never retries, because
// only its caller knows whether a second copy of an event would do harm, and it never says that
// nothing was sent unless it knows. The clauses T1 to T10 at [Transport] are the contract; package
// transporttest checks them for any implementation.
package transport

import (
	"context"
	"time"

	"github.com/escalationkit/escalation/events"
)

// MaxRetryAfter bounds Result.RetryAfter: a remote cannot silence a client for longer.
const MaxRetryAfter = 5 * time.Minute

// Transport carries one escalation event to the widget.
type Transport interface {
	// Send makes one attempt to hand req to the API and classifies what happened.
	//
	//   [T1] One call hands the request to the API at most once. Send never retries an attempt
	//        that may have been taken in. One exception: a request refused for its key was not
	//        taken in, so Send may hand it over once more if it got hold of a new key.
	//   [T2] The API receives exactly the bytes of req.Body, the bot and the conversation of req.
	//   [T3] Result.Class follows the table at Class. Whatever it cannot prove is Unknown.
	//   [T4] NotSent means that the API received no byte of the request. Another class may be as
	//        certain of that: RefusedScope is for a bot that there is no key for.
	//   [T5] Acknowledged means that the API received the whole request and answered so.
	//   [T6] If ctx is done before the attempt, nothing is sent, the class is NotSent, and
	//        errors.Is(Result.Err, ctx.Err()).
	//   [T7] When ctx ends during the attempt Send returns soon: with what the answer says if one
	//        came, otherwise with Unknown (NotSent if it knows that) and
	//        errors.Is(Result.Err, ctx.Err()). A ctx need not have a deadline: how long an attempt
	//        may take is for the transport to bound, and to state.
	//   [T8] Result.Err is nil exactly if the class is Acknowledged. Its text, and every other part
	//        of the Result, holds neither key nor message text nor conversation id.
	//   [T9] Safe for concurrent use; calls do not wait for one another.
	//   [T10] Send keeps no reference to req.Body after it returned and never changes it.
	Send(ctx context.Context, req Request) Result
}

// Request is one event, ready to go.
type Request struct {
	BotID          string      // bot the event belongs to; empty: the transport's only bot
	ConversationID string      // platformConversationId, as it stands in Body
	Kind           events.Kind // the event's kind, for diagnostics
	Body           []byte      // the exact payload, as events.Request.Encode made it; read-only
}

// Result says what became of one attempt.
type Result struct {
	Class Class
	// Status is the protocol's status code; 0 if no answer came.
	Status int
	// RetryAfter is how long the API asked to wait, between 0 and MaxRetryAfter; 0 if it did not ask.
	RetryAfter time.Duration
	// Err says why the class is not Acknowledged; nil if it is.
	Err error
}
