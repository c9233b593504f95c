package transport

import "fmt"

// Class is what is known about an attempt after it ended. The zero Class is Unknown, the only
// answer that is never a lie.
type Class uint8

const (
	// Unknown: the API may have taken the event in, or not. Sending again can show it twice.
	// Any error after the first byte; 408, 500, 502, 504 and every status that has no row below;
	// an answer that cannot be read.
	Unknown Class = iota
	// Acknowledged: the API answered 200 (or another 2xx). It processes the event later; this is no
	// proof that the visitor saw it.
	Acknowledged
	// NotSent: not one byte of the request left, for want of a way to the API or because ctx was done.
	// Sending again is free of risk.
	NotSent
	// RefusedScope: the API refused the key, the bot, the path or the host, not the event: 401, 403,
	// 404, 405, 3xx; or there is no key to send with, then Result.Status is 0 and not one byte left.
	// It was not taken in. Every event of the same bot fares alike until a person mends it, and those
	// of other bots need not.
	RefusedScope
	// RefusedLater: the API asked to come back: 429, or 503 with Retry-After.
	RefusedLater
	// Rejected: the API refused this event for good: 400, 413, 414, 415, 422.
	Rejected
)

var classNames = [...]string{
	Unknown:      "unknown",
	Acknowledged: "acknowledged",
	NotSent:      "not sent",
	RefusedScope: "refused scope",
	RefusedLater: "refused later",
	Rejected:     "rejected",
}

// Classes returns all classes in the order of their declaration.
func Classes() []Class {
	all := make([]Class, len(classNames))
	for i := range all {
		all[i] = Class(i)
	}
	return all
}

// Valid reports whether c is one of the six classes.
func (c Class) Valid() bool { return int(c) < len(classNames) }

// MayBeTakenIn reports whether the API may have taken the event in.
func (c Class) MayBeTakenIn() bool { return c == Unknown || c == Acknowledged }

// String returns the lower-case name.
func (c Class) String() string {
	if !c.Valid() {
		return fmt.Sprintf("Class(%d)", uint8(c))
	}
	return classNames[c]
}

// MarshalText returns the name; an invalid class is an error.
func (c Class) MarshalText() ([]byte, error) {
	if !c.Valid() {
		return nil, fmt.Errorf("transport: cannot write invalid %v", c)
	}
	return []byte(classNames[c]), nil
}

// UnmarshalText reads a name.
func (c *Class) UnmarshalText(text []byte) error {
	for i, name := range classNames {
		if name == string(text) {
			*c = Class(i)
			return nil
		}
	}
	return fmt.Errorf("transport: unknown class %.40q", text)
}
