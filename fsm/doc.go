// Package fsm is the state machine of one escalation: five states and the "none" before the first,
// eight kinds of event, and one table that says which kind moves which state where.
//
// # Guarantees
//
//   - The table is total: every cell of state × kind is declared, with the basis it rests on and its
//     source. A cell that were missing would mean refused.
//   - [Table.Step] is pure: no clock, context, lock, allocation or callback. Same input, same output.
//   - Its semantics are those of looplab/fsm: the array it reads is compiled by driving a looplab
//     machine through every cell.
//   - A terminal state absorbs every outbound event. Only a new widgetEscalate leaves it, and that
//     opens a new round.
//   - In one round the legal outbound sequences are the prefixes of Q* (F | S M* D), where Q is
//     escalationQueueUpdate, S escalationSuccess, M message, F escalationFailed and D agentDisconnect;
//     widgetEndSession may cut a round off anywhere.
//   - What nobody documented and somebody may need is a named [Switch], off by default.
//
// Use [Table.Step] to ask, [Machine] to keep the state of one conversation as well.
package fsm
