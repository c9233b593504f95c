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
// A conversation with nothing left to do costs about 165 bytes with an id of nine bytes: 112 for the record, 37 in the map, 16 for the id.
// Its history adds 24 bytes for each event that was acknowledged at the first attempt, and 72 if that has a short caller key.
// So one with a success and three messages costs about 260; after a queue update about 70 more. A webhook that was taken
// costs nothing, or about 20 and its delivery id if it has one. A conversation in which something went wrong, and is
// remembered, costs about 350 more. Tests measure the first four.
//
// Load and Commit cost less than a microsecond each where little is pending. They grow with what is pending, with the
// logarithm of the number of conversations that are due, and a lookup by name with the length of the history.
package memstore
