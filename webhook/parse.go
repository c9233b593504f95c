package webhook

import (
	"errors"

	"github.com/escalationkit/escalation/events"
)

// Parse verifies r and then reads the event in its body. It is pure: no clock, no IO.
//
// The names of fields that the API does not document are returned beside the event, those below data as
// "data.name": a sign that the vendor's format has moved on.
//
// Errors:
//   - one for which errors.Is(err, [ErrUnverified]) holds, and which is an *[UnverifiedError]: the
//     verifier refused; nothing was decoded. Answer 401.
//   - one for which [Foreign] reports true: an event of another API. Answer 200, or pass it on.
//   - another *events.InvalidError: answer 400. The envelope then holds what could be read, for diagnostics
//     only.
//   - any other: v is nil.
func Parse(r Request, v Verifier) (env events.Envelope, unknown []string, err error) {
	if missing(v) {
		return events.Envelope{}, nil, errNoVerifier
	}
	if err := v.Verify(r); err != nil {
		return events.Envelope{}, nil, unverified(err)
	}
	return events.DecodeEnvelope(r.Body)
}

// unverified brings the refusal of a verifier from outside into the form of our own.
func unverified(err error) error {
	var own *UnverifiedError
	if errors.As(err, &own) && own != nil {
		return own
	}
	return &UnverifiedError{Check: CheckOther, Reason: ReasonRefused, Err: err}
}
