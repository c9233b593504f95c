package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
)

// HMACSHA256 accepts requests whose header holds the HMAC-SHA256 of the body, made with one of the
// secrets and written in the given encoding. Several secrets serve the time of a rotation, as with
// [SharedSecret], and are compared with the same care.
//
// Only the body is signed, so a recorded request can be played again. A header that is missing, empty,
// repeated or not in the encoding is refused.
//
// All problems of the arguments are returned together: no header name, no encoding, no secret, an empty
// secret. A secret is any bytes; mind the line end if it comes from a file.
func HMACSHA256(header string, enc Encoding, secrets ...string) (Verifier, error) {
	from, err := newNamedHeader(CheckHMACSHA256, header)
	problems := []error{err, checkSecrets(CheckHMACSHA256, secrets)}
	if !enc.Valid() {
		problems = append(problems, fmt.Errorf("webhook: %s: %v is not an encoding", CheckHMACSHA256, enc))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	keys := make([][]byte, len(secrets))
	for i, s := range secrets {
		keys[i] = macKey(s)
	}
	return from.verifier(func(r Request) error {
		value, err := from.value(r)
		if err != nil {
			return err
		}
		given, ok := enc.decode(value)
		if !ok {
			return from.refuse(ReasonMalformed)
		}
		match := 0
		for _, key := range keys { // every one: no early exit
			mac := hmac.New(sha256.New, key)
			mac.Write(r.Body) // never fails
			match |= subtle.ConstantTimeCompare(given, mac.Sum(nil))
		}
		if match != 1 {
			return from.refuse(ReasonMismatch)
		}
		return nil
	}), nil
}

// macKey hashes a key that is longer than a block, as HMAC itself would do for every request: once,
// here, so that the time of a request does not tell the length.
func macKey(secret string) []byte {
	if len(secret) <= sha256.BlockSize {
		return []byte(secret)
	}
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
