// Package invariant holds the invariants I1 to I12 of this library as one checker that all suites share: random
// state machines, killed processes, faulty disks, power cuts and soaks. It judges plain data and runs nothing, so
// any suite can fill it. It is meant for tests only.
//
// # What is judged
//
//   - [I1] The numbers of a conversation are 1, 2, 3, … without a gap, in the order in which the Accept calls took effect.
//   - [I2] Events first arrive in the order of their numbers, as the protocol allows; one that did not arrive was resolved otherwise.
//   - [I3] Once an event has arrived, none with a lower number arrives.
//   - [I4] An event arrives more often than once only as far as its record admits it.
//   - [I5] No message arrives while no agent is connected.
//   - [I6] What is acknowledged arrived, unless that is an operator's word.
//   - [I7] Accepted = resolved + pending; what the caller was promised is there, what nobody accepted is not.
//   - [I8] The accepted state is the acknowledged state followed by what is pending.
//   - [I9] Revision, numbers, head, round and counters never go back.
//   - [I10] No attempt begins after the end of its round, after its result, or while the conversation is parked.
//   - [I11] Once all is calm, a conversation is drained, or parked with a reason.
//   - [I12] The record agrees with itself, with the log of the attempts and with the trace of the platform.
//
// # How to fill a World
//
// Say in [World].Knows what you give. An invariant is made of parts, and each part needs some of it; [Check] says
// which parts were judged and which were not for want of what. What is declared must be complete: a trace with requests
// missing looks like acknowledgements out of nothing.
//
// The last [Read] of a conversation, its trace and its log must be of one moment: take them while no process runs (after
// Close or a kill), or while the one that runs stands still. Earlier reads may be taken at any time.
//
// Arrivals are told apart by their bodies, so make texts, agents and waiting times unique in a conversation. Where bodies
// are equal nonetheless (escalationFailed and agentDisconnect of several rounds), an arrival is put down to that event for
// which it is legal, if there is one; what this lets pass is stated at [Arrival].
package invariant
