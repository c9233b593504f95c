package store

import "fmt"

// Verb is what a person may decide about the event at which a conversation is parked: its head.
type Verb uint8

const (
	// Retry: attempt the head again, with fresh budgets. Replace is a Retry with another event of the same kind.
	Retry Verb = iota + 1
	// Replace: attempt another event of the same kind in its place.
	Replace
	// Skip: resolve the head as Skipped, or as Stranded together with all behind it that are, and go on.
	Skip
	// MarkAcknowledged: the person knows that the event took effect.
	MarkAcknowledged
	// Abort: end the round.
	Abort
)

var verbNames = [...]string{"", "retry", "replace", "skip", "mark acknowledged", "abort"}

// Valid reports whether v is one of the five verbs.
func (v Verb) Valid() bool { return v >= Retry && int(v) < len(verbNames) }

// String returns the name in lower-case words.
func (v Verb) String() string {
	if !v.Valid() {
		return fmt.Sprintf("Verb(%d)", uint8(v))
	}
	return verbNames[v]
}
