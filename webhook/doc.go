// Package webhook takes in what the widget sends to the CRM: it verifies the request, reads the
// event, and hands it to a [Receiver], which in most programs is the client of the root package.
//
// # Guarantees
//
//   - Nothing of a body is decoded, and nothing reaches the Receiver or the fallback, before the
//     [Verifier] said yes. There is no default verifier: running without is written out as
//     [NoVerification].
//   - 200 is answered only after the Receiver returned nil. If it returned an error the answer is
//     503, so a sender that repeats requests can.
//   - A sender that hangs up early loses nothing: once the body is read, the Receiver runs to its end,
//     bounded by [Config].ReceiveTimeout.
//   - An event type that is none of ours (the Chat API shares the URL) never gets a 4xx for its
//     payload. It goes to [Config].Fallback with the request as it came, body included.
//   - At most [Config].MaxBody bytes are read, for at most [Config].ReadTimeout.
//   - Secrets are compared in constant time, all of them every time, and cannot be reached by
//     printing a verifier or a [Handler].
//   - Logs and answers hold neither secrets nor message texts nor conversation ids. Of what came from
//     outside, only the names of unknown fields and event types are logged, cut to a short length.
//
// # Answers
//
//	200  taken in; or an event of another API and no fallback is set
//	400  the body cannot be read to its end, or is not a valid event
//	401  not verified
//	405  not a POST
//	413  body over the limit; the connection is closed
//	415  not application/json in UTF-8, or compressed
//	503  the Receiver returned an error; Retry-After is set
//
// All answers, the fallback's excepted, are small JSON objects.
//
// # Not promised
//
//   - No header name is right by default. The vendor shows a webhook secret but does not say which
//     header carries it, nor whether a signature is made from it: look at what your bot sends.
//   - A repeated widgetMessage is passed on twice: the payload has no id and no time stamp, so a repeat
//     cannot be told from a visitor who writes the same words again.
//   - No protection against replay, for the same reason. HTTPS is the sender's and the host's business.
//   - Whether and when the vendor repeats a request that was not answered 200 is not documented.
//   - A body that two parsers could read differently is refused with 400 even if it seems to hold an
//     event of another API, because its type cannot be told for sure. Likewise an event of another API
//     over MaxBody gets 413.
//   - A panic of the Receiver, the fallback, a callback or a verifier is not caught here; net/http logs
//     it and drops the connection.
//
// [Parse] is the pure part, for hosts with a router of their own. All types are safe for concurrent use.
package webhook
