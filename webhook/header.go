package webhook

import (
	"errors"
	"net/http"
	"strings"
)

// namedHeader is a header that a check reads its one value from.
type namedHeader struct {
	check Check
	name  string // as configured
	key   string // in canonical form
}

func newNamedHeader(check Check, name string) (namedHeader, error) {
	switch {
	case name == "":
		return namedHeader{}, errors.New("webhook: " + string(check) +
			": no header name; the vendor documents none, so it has to be given")
	case strings.ContainsFunc(name, notInToken):
		return namedHeader{}, errors.New("webhook: " + string(check) + ": the header name is not a valid one")
	}
	return namedHeader{check, name, http.CanonicalHeaderKey(name)}, nil
}

// value returns the header's only value, or the refusal. Two values would let a proxy and this package
// each believe another one, so they are refused even if both are right.
func (h namedHeader) value(r Request) (string, error) {
	switch values := r.Header[h.key]; {
	case len(values) > 1:
		return "", h.refuse(ReasonRepeated)
	case len(values) == 0 || values[0] == "":
		return "", h.refuse(ReasonMissing)
	default:
		return values[0], nil
	}
}

// verifier makes a Verifier of a check that reads this header.
func (h namedHeader) verifier(check func(Request) error) Verifier {
	return headerVerifier{check, []string{h.key}}
}

// headerVerifier is a Verifier that says which headers it reads, in canonical form.
type headerVerifier struct {
	VerifierFunc
	reads []string
}

// headersOf returns the headers that a verifier of this package reads; of others it knows nothing.
func headersOf(v Verifier) []string {
	own, _ := v.(headerVerifier)
	return own.reads
}

func (h namedHeader) refuse(why Reason) error {
	return &UnverifiedError{Check: h.check, Header: h.name, Reason: why}
}

// notInToken reports what RFC 9110 does not allow in the name of a header.
func notInToken(c rune) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return false
	}
	return !strings.ContainsRune("!#$%&'*+-.^_`|~", c)
}
