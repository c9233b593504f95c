// Package durabletest is a random state machine over the durable client: one model and one generator, run on any store. It
// is meant for tests only.
//
// # What happens
//
// A few conversations of two bots get bursts of events, with and without caller keys and rounds, webhooks that repeat and
// come in any order, and repairs where they are parked. The platform answers in every class, lies (takes an event in
// and fails), holds copies up, hangs, and refuses the key of a bot for a while. The store fails, with and without having
// stored, for a moment or for good. Processes are closed, and die at any call of the store, before or after it took
// effect, or while they hand over an event; the next one starts on what is there.
//
// # What is checked
//
// After every action, once nothing more happens without time passing: where each conversation stands, against the regular
// expression of package oracle; that callers wait only for what is still to come; each new result and each park, against
// the rules of docs/how-delivery-works.md. While it runs: one attempt at a time, the settle time, the order of what is
// offered to the host, promises of Accept. At the end faults stop, [Bound] passes, everything has to be drained or parked,
// and package invariant judges the whole.
//
// Everything runs in one bubble of testing/synctest, so that hours take no time. What is drawn is drawn by one goroutine, but
// the order in which goroutines run at the same instant is not: a failure may take some runs to come back.
package durabletest
