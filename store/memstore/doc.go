// Package memstore keeps conversations in memory.
//
// # Guarantees
//
//   - It keeps the clauses S1 to S14 of [store.Store]; package storetest checks them. It lives in no database, so there
//     is no caller's transaction to enlist in and S15 does not apply.
//   - What survives: nothing. What it keeps lives as long as the process, or until Close.
//   - A conversation is kept whole, with its history, as long as it goes on. It is finished when its acknowledged
//     state is ended or failed, nothing is pending, every message was taken and it is not to be claimed.
//     Config.KeepFinished says how many finished ones are kept; beyond that the one that finished first is forgotten, as
//     if it had never been. A commit to a finished conversation that leaves it finished lets it finish anew.
//   - Nothing else is ever forgotten: conversations that are never finished are never given back.
//   - It starts no goroutine and no timer, and works inside a testing/synctest bubble.
//
// # Costs
//
// A conversation with nothing left to do costs, beside the bytes of its id, about 160 bytes and 20 bytes for each event of its
// history (60 and the length of the key if the event has a caller key), about 250 with a short id, a success and three
// messages; after a queue update 80 more. A test measures it.
// Load and Commit cost less than a microsecond each; Claim, Release and a Commit that changes when the
// conversation is due cost the logarithm of the number that are due.
package memstore
