package webhook

import (
	"errors"
	"fmt"
	"net/http"
)

// Request is what a [Verifier] may look at. Of an *http.Request these are the fields of the same name,
// with the body read to its end.
type Request struct {
	Header     http.Header // keys in canonical form, as net/http makes them
	Body       []byte      // exactly as received
	RemoteAddr string      // "ip:port", or an IP address alone

	_ struct{}
}

// Verifier tells the widget's requests from anybody else's.
type Verifier interface {
	// Verify returns nil if r comes from the widget.
	//
	//   [V1] Any error means that it does not. [Parse] turns it into one for which
	//        errors.Is(err, ErrUnverified) holds.
	//   [V2] The verdict depends on r alone, and a repeat gives the same.
	//   [V3] r is read-only and not kept after the return.
	//   [V4] Safe for concurrent use; does not block.
	Verify(r Request) error
}

// VerifierFunc makes a Verifier of a function.
type VerifierFunc func(Request) error

// Verify calls f.
func (f VerifierFunc) Verify(r Request) error { return f(r) }

var _ Verifier = VerifierFunc(nil)

// NoVerification accepts every request. Anybody who finds the URL can then open and end escalations and
// speak for visitors; it is for tests, and for hosts that verify in front of the handler.
func NoVerification() Verifier {
	return VerifierFunc(func(Request) error { return nil })
}

// All accepts a request that every one of the verifiers accepts. They are asked in order, up to the
// first refusal. Without verifiers, or with a nil among them, All returns an error.
func All(verifiers ...Verifier) (Verifier, error) {
	if len(verifiers) == 0 {
		return nil, errors.New("webhook: All needs a verifier; pass NoVerification() if none is meant")
	}
	checks := make([]func(Request) error, len(verifiers)) // method values: printing cannot see through them
	var reads []string
	var problems []error
	for i, v := range verifiers {
		if missing(v) {
			problems = append(problems, fmt.Errorf("webhook: All: verifier %d is nil", i+1))
			continue
		}
		checks[i] = v.Verify
		reads = append(reads, headersOf(v)...)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return headerVerifier{func(r Request) error {
		for _, check := range checks {
			if err := check(r); err != nil {
				return err
			}
		}
		return nil
	}, reads}, nil
}

// missing reports whether there is no verifier in v.
func missing(v Verifier) bool {
	f, ok := v.(VerifierFunc)
	return v == nil || ok && f == nil
}
