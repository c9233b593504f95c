package webhook

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// Encoding is how a signature is written in a header. The zero Encoding is invalid: there is no default.
type Encoding uint8

const (
	// Hex: 64 hexadecimal digits of either case.
	Hex Encoding = iota + 1
	// HexPrefixed: "sha256=" and then as Hex. The prefix is in lower case.
	HexPrefixed
	// Base64: the standard alphabet, with or without padding.
	Base64
	// Base64URL: the alphabet for URLs, with or without padding.
	Base64URL
)

var encodingNames = [...]string{
	Hex:         "hex",
	HexPrefixed: "hex-prefixed",
	Base64:      "base64",
	Base64URL:   "base64url",
}

const hexPrefix = "sha256="

// Valid reports whether e is one of the four encodings.
func (e Encoding) Valid() bool { return e >= Hex && int(e) < len(encodingNames) }

// String returns the lower-case name.
func (e Encoding) String() string {
	if !e.Valid() {
		return fmt.Sprintf("Encoding(%d)", uint8(e))
	}
	return encodingNames[e]
}

// MarshalText returns the name; an invalid encoding is an error.
func (e Encoding) MarshalText() ([]byte, error) {
	if !e.Valid() {
		return nil, fmt.Errorf("webhook: cannot write invalid %v", e)
	}
	return []byte(encodingNames[e]), nil
}

// UnmarshalText reads a name. The error does not repeat the text.
func (e *Encoding) UnmarshalText(text []byte) error {
	for i, name := range encodingNames {
		if name != "" && name == string(text) {
			*e = Encoding(i)
			return nil
		}
	}
	return fmt.Errorf("webhook: unknown encoding; one of %s", strings.Join(encodingNames[Hex:], ", "))
}

// decode returns the bytes of a signature of the right length.
func (e Encoding) decode(value string) (sum []byte, ok bool) {
	var err error
	switch e {
	case HexPrefixed:
		value, ok = strings.CutPrefix(value, hexPrefix)
		if !ok {
			return nil, false
		}
		sum, err = hex.DecodeString(value)
	case Hex:
		sum, err = hex.DecodeString(value)
	case Base64:
		sum, err = unpadded(base64.RawStdEncoding, value)
	case Base64URL:
		sum, err = unpadded(base64.RawURLEncoding, value)
	}
	return sum, err == nil && len(sum) == sha256.Size
}

// unpadded accepts the one padding character that a sum of 32 bytes calls for. It checks the length
// itself, because package base64 skips line ends.
func unpadded(enc *base64.Encoding, value string) ([]byte, error) {
	value = strings.TrimSuffix(value, "=")
	if len(value) != enc.EncodedLen(sha256.Size) {
		return nil, base64.CorruptInputError(len(value))
	}
	return enc.Strict().DecodeString(value)
}
