// Package rules decides whether an outbound event may be sent, and says why not.
//
// # Guarantees
//
//   - [Set.Decide] is pure: what it needs to know, time included, is in [Facts]. Same input, same answer.
//   - It allows an event only if the transition table does, the event encodes, and no rule objects.
//   - A [Refusal] names every broken rule at once, each with its basis and source, and the kinds
//     that the state allows.
//   - No text of a built-in refusal holds the value of a field.
//   - A Set is immutable and safe for concurrent use. Deciding on an allowed event does not allocate,
//     parsing an avatar's address aside.
//
// A Set always begins with the sequencing guard and the payload rules; the rest is a choice:
// [Strict], the default, [Lenient], or [New] with rules of this package and of your own.
package rules
