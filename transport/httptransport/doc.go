// Package httptransport sends escalation events to the Widget Escalation API over net/http.
//
// # Guarantees
//
// [Transport] keeps the clauses T1 to T10 of [transport.Transport]; package transporttest is run
// against it. What that means over HTTP:
//
//   - One Send is one POST. Redirects are not followed, a broken reused connection is not tried
//     again, and no Idempotency-Key header is ever set, because net/http takes it as leave to post
//     again by itself. [T1]
//   - The one exception is a 401. It says that nothing was taken in, so a [Provider] that is also
//     a [Refresher] is asked for a new key, and if the key really is another one the event is
//     posted once more, never twice. [T1]
//   - NotSent is said only when the hooks of net/http/httptrace show that no byte of the request
//     was written. A RoundTripper that fails without firing them gives Unknown. [T4]
//   - Without usable credentials nothing is sent, and the class is RefusedScope with the status 0: it
//     concerns one bot, and not the host of all. If the caller's context is done, it is NotSent. [T4] [T7]
//   - A 2xx answer is Acknowledged unless it is an HTML page (a login form or a proxy speaks, not
//     the API) or came before the whole of a large request was handed over. [T5]
//   - Keys are held as [Secret], which no way of printing reveals. No error repeats what the API
//     wrote; [StatusError.Excerpt] gives that to those who ask. [T8]
//
// # What follows from a status
//
//	2xx                        Acknowledged; text/html: Unknown
//	3xx 401 403 404 405        RefusedScope
//	429                        RefusedLater
//	503 with a Retry-After     RefusedLater
//	400 413 414 415 422        Rejected
//	everything else            Unknown
//
// # Hosts
//
// [DefaultBaseURL] is the host the API was first published under. Its vendor has announced the end
// of every *.ultimate.ai host, so New logs one warning for it; [ZendeskBaseURL] builds the form
// that replaces it. Plain http is accepted for loopback hosts only.
package httptransport
