// Package modelcheck searches, breadth first, every behaviour of one conversation within stated budgets. The
// decisions are those of the real core, [delivery.Machine]; nothing of it is written a second time. Around
// it stand a model of all that a process meets, and monitors that judge what they see.
//
// # The model
//
//   - The store keeps a record: the lane and the result of every accepted event. It changes in one step or
//     refuses. The process works on a copy, which a crash loses; a restart calls Recover on the record.
//   - Deciding, recording, writing, the answer, and recording the outcome are separate steps. Between any two
//     of them the process may crash and time may pass; the visitor, the host and the operator may act whenever
//     no record is being made, for the store makes one at a time.
//   - A copy of an event that was written may land at once, later, or never. Once nobody waits for its answer
//     any more (time-out, crash) it lands within [Config].Late ticks or is lost.
//   - The platform reads first arrivals by the regular expression Q*(F|SM*D).
//   - An attempt lasts at most three ticks, and a scope stays closed for at most three.
//   - Time is whole ticks. States are compared with all instants relative to now, so that a search may let
//     any number of ticks pass.
//
// # What is judged
//
// I1 to I11 of the invariants of this library, and the guarantees G4 to G11 and G13 as far as one conversation shows
// them; [Violation] carries the name. That the record agrees with the monitors after every step is I12. From
// every state the model is also run to rest, once with all faults gone and once with every answer lost; it
// must end drained or parked with a reason (I11, G16).
//
// # What is left out
//
// Payloads, several conversations, several processes, a store that lies, Accept calls that end unknown,
// webhooks that are late or in another order (repeats are judged in every state). An arrival of a round that
// is over does not move the platform's view, which a real platform cannot tell apart. When an operator skips
// an event that the platform has or is about to have, or marks as acknowledged one that it has not, and the round
// turns on that event, then what arrives in the rest of that round is not held against the platform's view: the
// operator was wrong. When the visitor asks again that must open a round all the same.
package modelcheck
