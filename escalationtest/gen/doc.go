// Package gen makes random events, bodies and sequences for property tests, with
// pgregory.net/rapid. It serves this module's tests and yours.
//
// Import it from _test.go files only. Importing rapid, which this package does, registers about
// ten flags with the flag package, so a program that reached it would offer them on its command line.
//
// # Guarantees
//
//   - What a generator without "Any" in its name makes is valid: Validate returns nil, it encodes,
//     and no built-in payload rule of package rules objects, those of the Strict preset included.
//   - A generator with "Any" makes valid and invalid values, so that a test meets both. Its doc
//     comment says in which ways they may be wrong.
//   - Texts are hostile on purpose: several bytes to a character, emoji, quotes, markup, control
//     characters, now and then the longest text allowed. They shrink towards short plain letters.
//   - A legal sequence is made from the grammar that the vendor's guide gives in prose, not from the
//     transition table: a finished round is Q*(F|SM*D), where Q is a queue update, S success,
//     M a message, F failed and D the disconnect.
//   - Every generator is an immutable value and may be used by several tests at once.
//
// Times and keys are not drawn: a sequence says in which order things happen, the test says when.
package gen
