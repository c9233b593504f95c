// Package store is the boundary between the client and whatever keeps its conversations: the [Store] interface and
// the records that pass it. Records are pure data; what they mean for delivery is decided elsewhere.
//
// # Guarantees
//
// A store does not decide. It keeps one record for each conversation, the events that were accepted in it and the
// webhooks that were received for it, changes them together or not at all, and never lets a change through that
// was made from an older record. The clauses S1 to S14 at [Store] and S15 at [Tx] are the contract; package storetest checks them for
// any implementation.
package store
