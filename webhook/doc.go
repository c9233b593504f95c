// Package webhook takes in what the widget sends to the CRM: it verifies the request, reads the
// event, and hands it to a [Receiver], which in most programs is the client of the root package.
//
// # Guarantees
//
//   - Nothing of a body is decoded, and nothing reaches the Receiver or the fallback, before the
//     [Verifier] said yes. There is no default verifier: running without is written out as
//     [NoVerification].
//   - A valid event is answered 200 only after the event is committed by the Receiver; 503 otherwise,
//     for example while its store is down, so that a sender that repeats requests can.
//   - With [Config].DeliveryIDHeader an [OnceReceiver] commits a repeated delivery once. An event without
//     a usable id is never refused for that.
//   - A sender that hangs up early loses nothing: once the body is read, the Receiver runs to its end,
//     bounded by [Config].ReceiveTimeout.
//   - An event type that is none of ours (the Chat API shares the URL) never gets a 4xx for its
//     payload. It goes to [Config].Fallback with the request as it came, body included.
//   - At most [Config].MaxBody bytes are read, for at most [Config].ReadTimeout.
//   - Secrets are compared in constant time, all of them every time, and cannot be reached by
//     printing a verifier or a [Handler].
//   - Logs and answers hold neither secrets nor message texts, conversation ids or delivery ids. Of what came from
//     outside, only the names of unknown fields and event types are logged, cut to a short length.
//
// # Answers
//
//	200  committed; or an event of another API and no fallback is set
//	400  the body cannot be read to its end, or is not a valid event
//	401  not verified
//	405  not a POST
//	413  body over the limit; the connection is closed
//	415  not application/json in UTF-8, or compressed
//	503  the Receiver returned an error: the event may not be committed; Retry-After is set
//
// All answers, the fallback's excepted, are small JSON objects.
//
// # Delivery ids
//
// A delivery id is no proof. [HMACSHA256] covers the body and nothing else, so whoever can play a captured
// request again can put any id into its header. A new id makes the replay a new event: de-duplication
// is against honest repeats, not against replay. And an id that the sender is about to use, if it can be guessed
// or is seen on the way, turns the real delivery of that conversation into a repeat: it is answered 200 and
// its words are lost. With [SharedSecret] whoever sees a request can forge all of it anyway; with [AllowIPs]
// or [NoVerification] everybody who passes can. What helps is a sender with ids that cannot be guessed, HTTPS
// up to the host, or a [Verifier] of your own for a signature that covers the header too.
//
// # Not promised
//
//   - No header name is right by default. The vendor shows a webhook secret but does not say which
//     header carries it, nor whether a signature is made from it: look at what your bot sends.
//   - Without delivery ids a repeated widgetMessage is passed on twice: the payload has no id and no time
//     stamp, so a repeat cannot be told from a visitor who writes the same words again.
//   - No protection against replay, for the same reason, and delivery ids are none either. HTTPS is the sender's and the host's business.
//   - Whether and when the vendor repeats a request that was not answered 200 is not documented.
//   - A body that two parsers could read differently is refused with 400 even if it seems to hold an
//     event of another API, because its type cannot be told for sure. Likewise an event of another API
//     over MaxBody gets 413.
//   - A panic of the Receiver, the fallback, a callback or a verifier is not caught here; net/http logs
//     it and drops the connection.
//
// [Parse] is the pure part, for hosts with a router of their own. All types are safe for concurrent use.
package webhook
