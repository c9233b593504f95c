// Package oracle says what the escalation protocol allows, from a regular expression and not from
// the transition table, so that the two can be held against each other.
//
// A round of escalation is written as a word, one letter for each outbound event that was taken:
// Q queue update, S success, M message, F failed, D disconnect. The legal words are the prefixes of
//
//	Q* (F | S M* D)
//
// and the state is read off the word by its form. Three inbound events stand around the words: E
// (widgetEscalate) opens a round unless one is live, X (widgetEndSession) cuts a live round off, V
// (widgetMessage) changes nothing. All three are always taken.
//
// The package knows the kinds of package events and nothing else: neither the table nor the rules. It
// is meant for tests and for the generator of the specification, and safe for concurrent use.
package oracle
