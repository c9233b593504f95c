package webhook

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
)

// SharedSecret accepts requests whose header holds one of the secrets, exactly and as a whole: with
// a scheme word, as in "Bearer …", the word is part of the secret. Several secrets serve the time of
// a rotation: give the old and the new one, change the sender, drop the old one.
//
// Digests are compared, in constant time and against every secret, so that the time taken tells neither
// how long a secret is, nor how much of it was right, nor which one matched. A header that is missing,
// empty or repeated is refused.
//
// All problems of the arguments are returned together: no header name, no secret, an empty secret, one
// that no header can carry (control characters, spaces around it: often a line end from a file).
func SharedSecret(header string, secrets ...string) (Verifier, error) {
	from, err := newNamedHeader(CheckSharedSecret, header)
	problems := []error{err, checkSecrets(CheckSharedSecret, secrets)}
	digests := make([][sha256.Size]byte, len(secrets))
	for i, s := range secrets {
		if strings.Trim(s, " \t") != s || strings.ContainsFunc(s, isControl) {
			problems = append(problems, fmt.Errorf("webhook: %s: secret %d has control characters or "+
				"spaces around it; no header can carry it", CheckSharedSecret, i+1))
		}
		digests[i] = sha256.Sum256([]byte(s))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return from.verifier(func(r Request) error {
		value, err := from.value(r)
		if err != nil {
			return err
		}
		given := sha256.Sum256([]byte(value))
		match := 0
		for i := range digests { // every one: no early exit
			match |= subtle.ConstantTimeCompare(given[:], digests[i][:])
		}
		if match != 1 {
			return from.refuse(ReasonMismatch)
		}
		return nil
	}), nil
}

// checkSecrets names secrets by their place in the call, never by their content.
func checkSecrets(check Check, secrets []string) error {
	if len(secrets) == 0 {
		return fmt.Errorf("webhook: %s: no secret", check)
	}
	var problems []error
	for i, s := range secrets {
		if s == "" {
			problems = append(problems, fmt.Errorf("webhook: %s: secret %d is empty", check, i+1))
		}
	}
	return errors.Join(problems...)
}

func isControl(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }
