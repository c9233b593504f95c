// Package scenario reads scenario files and plays them: what the visitor does, what the CRM's agent does, what goes wrong on
// the way, and what the visitor must have seen in the end. docs/scenario-files.md describes the format.
//
// # Guarantees
//
//   - A file is read strictly: what is not in the format is an error that names the line and the field, and all of
//     them are told at once.
//   - A run ends when its context does, whatever the CRM does, and tells what it saw until then. It ends before its time is
//     over only where nothing is missing, or where nothing went wrong and nothing has happened for long. (TestTimes)
//   - A verdict rests on what arrived at the platform, on what the CRM's desk answered and on how it answered the webhooks,
//     and every reason for a failure names the conversation and, where there is one, the request.
//   - What a CRM cannot avoid is no reason to fail it: the repeat of an event whose outcome it could not know, and
//     one event that was on its way when it learned that the visitor had left.
package scenario
