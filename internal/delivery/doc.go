// Package delivery decides, for one conversation, what is sent when and what becomes of every accepted
// event. It is a pure state machine: (lane, input) to (lane, effects). It has no clock, goroutine, lock,
// randomness or IO; whoever drives it brings the time, carries out the effects, and records a lane before
// acting on it.
//
// # Guarantees
//
// For a driver that records [Lane] before it acts:
//
//   - [D1] Accepted events are numbered 1, 2, 3, … without a gap. (G2)
//   - [D2] At most one attempt is under way, always that of the head: the lowest unresolved number. (G4)
//   - [D3] After an unknown outcome, a crash included, nothing begins before the settle time has passed. (G5)
//   - [D4] An attempt begins only for an event that the table allows in the acknowledged state. (G6)
//   - [D5] After the end of a round no attempt of it begins. (G7)
//   - [D6] Every accepted event is resolved exactly once, with one of a closed set of results. (G8)
//   - [D7] An event is attempted again only after NotSent, Refused or Unknown, and Unknown is counted. (G9)
//   - [D8] Lane.Accepted is the fold of Lane.Acknowledged over the pending events. (I8)
//   - [D9] A refused key, bot, path or host costs no event anything: no event ages while its scope is closed
//     nor during the attempt that was refused. (G11)
//   - [D10] A parked lane begins nothing until it is repaired or its round ends. (I10)
//
// Two breakers stand between the lanes and a base URL, see [Gates]: one that opens when attempts fail for everybody, and
// one for each bot that opens when its key is refused.
//
//   - [D11] Beside what was begun before a gate closed, one attempt at a time goes through it, the probe; none that is
//     reported in whatever way, or told not to have begun, keeps the next from its turn. (G11)
//   - [D12] A gate whose trouble is over opens within the longest wait between probes, as long as somebody asks. (G16)
//
// What follows from an outcome is data: [Policy] and [GatePolicy]. The lane does not know the payloads; rules on content are
// decided before an event is accepted.
package delivery
