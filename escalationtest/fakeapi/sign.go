package fakeapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
)

// A Signer adds to a webhook's header what authenticates it. It must leave the body as it is and be safe for concurrent
// use. The vendor does not say how its webhooks are authenticated: choose what the CRM checks.
type Signer func(h http.Header, body []byte)

// An Encoding is how a signature is written.
type Encoding uint8

// The encodings.
const (
	// HexEncoding: lower-case hexadecimal.
	HexEncoding Encoding = iota
	// HexPrefixedEncoding: the same behind "sha256=".
	HexPrefixedEncoding
	// Base64Encoding: standard base64 with padding.
	Base64Encoding
	// Base64URLEncoding: URL-safe base64 with padding.
	Base64URLEncoding
)

// SharedSecretSigner puts the secret, as it is, into the header of that name. It fails if either could not stand there.
func SharedSecretSigner(header, secret string) (Signer, error) {
	if err := errors.Join(checkHeaderName(header), checkHeaderText("secret", secret)); err != nil {
		return nil, err
	}
	return func(h http.Header, _ []byte) { h.Set(header, secret) }, nil
}

// HMACSHA256Signer puts the HMAC-SHA256 of the body, made with the secret, into the header of that name. It fails if the name
// could not be one, the secret is empty or the encoding unknown.
func HMACSHA256Signer(header, secret string, enc Encoding) (Signer, error) {
	err := checkHeaderName(header)
	if secret == "" {
		err = errors.Join(err, errors.New("fakeapi: secret is empty"))
	}
	if enc > Base64URLEncoding {
		err = errors.Join(err, fmt.Errorf("fakeapi: unknown encoding %d", enc))
	}
	if err != nil {
		return nil, err
	}
	return func(h http.Header, body []byte) {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body) // never fails
		h.Set(header, enc.encode(mac.Sum(nil)))
	}, nil
}

func (e Encoding) encode(sum []byte) string {
	switch e {
	case HexPrefixedEncoding:
		return "sha256=" + hex.EncodeToString(sum)
	case Base64Encoding:
		return base64.StdEncoding.EncodeToString(sum)
	case Base64URLEncoding:
		return base64.URLEncoding.EncodeToString(sum)
	}
	return hex.EncodeToString(sum)
}

// checkHeaderName says why name cannot be that of a header.
func checkHeaderName(name string) error {
	if name == "" {
		return errors.New("fakeapi: header name is empty")
	}
	for _, c := range []byte(name) {
		if !isTokenByte(c) {
			return fmt.Errorf("fakeapi: header name %q holds a character that no name may hold", name)
		}
	}
	return nil
}

// isTokenByte reports whether c may stand in a token as RFC 9110 defines it.
func isTokenByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	switch c {
	case '!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~':
		return true
	}
	return false
}
