package webhook

import (
	"errors"

	"github.com/escalationkit/escalation/events"
)

// ErrUnverified is the category of every refusal by a [Verifier].
var ErrUnverified = errors.New("webhook: request not verified")

// errNoVerifier is a mistake in the host, not a refusal.
var errNoVerifier = errors.New("webhook: no verifier; pass NoVerification() if requests are to be taken in unverified")

// Check names a verifier. The set is closed.
type Check string

const (
	CheckSharedSecret Check = "shared-secret" // made by SharedSecret
	CheckHMACSHA256   Check = "hmac-sha256"   // made by HMACSHA256
	CheckIP           Check = "allow-ips"     // made by AllowIPs
	CheckOther        Check = "other"         // a verifier from outside this package
)

// Reason says why a check failed. The set is closed.
type Reason string

const (
	ReasonMissing   Reason = "missing"   // there is no such header, or it is empty
	ReasonRepeated  Reason = "repeated"  // the header stands more than once
	ReasonMalformed Reason = "malformed" // not a signature in the configured encoding; not an IP address
	ReasonMismatch  Reason = "mismatch"  // well-formed, but wrong
	ReasonRefused   Reason = "refused"   // with CheckOther: see Err
)

// UnverifiedError says which check refused a request. It never holds what the request or the
// configuration contained.
type UnverifiedError struct {
	Check  Check
	Header string // the header's name as configured; empty if the check looks at none
	Reason Reason
	Err    error // with CheckOther: what the verifier returned
}

// Error leaves out the text of Err, which may repeat parts of the request.
func (e *UnverifiedError) Error() string {
	text := ErrUnverified.Error() + ": " + string(e.Check) + ": "
	if e.Header != "" {
		text += "header " + e.Header + " "
	}
	return text + string(e.Reason)
}

// Is reports whether target is ErrUnverified.
func (e *UnverifiedError) Is(target error) bool { return target == ErrUnverified }

// Unwrap returns Err.
func (e *UnverifiedError) Unwrap() error { return e.Err }

// Foreign reports whether err, from [Parse], says that a verified body holds an event of another API,
// and the name it gave, cut to a short length. Such a request deserves a 200 or a handler of its own:
// the Chat API shares the URL.
func Foreign(err error) (eventType string, ok bool) {
	var invalid *events.InvalidError
	if errors.Is(err, ErrUnverified) || !errors.As(err, &invalid) {
		return "", false
	}
	if !invalid.Has(events.CodeEventType) || invalid.EventType == "" {
		return "", false
	}
	return invalid.EventType, true
}
