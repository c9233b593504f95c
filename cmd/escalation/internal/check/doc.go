// Package check judges captured traffic of the Widget Escalation API: request bodies and webhook
// bodies, one JSON object a line, in the order in which they were sent and received.
//
// # Guarantees
//
//   - Every line that is not blank gets exactly one [Verdict], in the order of the lines.
//   - The state of a conversation moves on allowed lines only. A conversation is known by its id alone:
//     the body of a request does not name the bot.
//   - Memory does not depend on the number or length of lines: one line is held at a time, one longer
//     than [events.MaxBodyBytes] is never held, and a conversation costs a fixed number of bytes.
//   - A verdict repeats nothing of a line but the conversation id, the name of the event, and the names
//     (not the values) of fields that are wrong or unknown.
//   - The same lines get the same verdicts: there is no clock and no other input.
package check
