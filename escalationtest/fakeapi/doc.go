// Package fakeapi is an in-process fake of the one outbound endpoint of the Widget Escalation API,
//
//	POST {base}/agent/converse/send-message-to-widget
//
// for tests of programs that call it. It judges every request by its own code, shares nothing with the packages it
// judges, can be told to misbehave in any way a network can, and tells what the visitor would have seen.
//
// # Guarantees
//
//  1. Every request that arrives before Close is recorded, whatever is wrong with it and whatever becomes of it.
//     A request arrives when its body was read to the end, or when reading failed or was forbidden by a [Fault].
//     Arrival numbers are 1, 2, 3, … without a gap. (TestManyAtOnce)
//  2. Without a Fault the answer is one of the four documented ones: 404, 401, 400 or 200, the first that applies.
//     (TestChecks, FuzzBody)
//  3. A request that fails a check is never processed, not even under a Fault. (TestFaultAnswers)
//  4. An event is processed at most once per request, in one step with its place in [Server.Widget] and the verdict in
//     [Server.Violations]. (TestManyAtOnce)
//  5. What a client learns from an answer is in the record before the answer leaves: once a call has returned 200, its
//     record and its line in the widget can be read. (TestObserverSeesEveryRecordBeforeItsAnswer)
//  6. The value of the Authorization header is compared and forgotten; no record holds it. (TestRecord)
//  7. After Close returns, no goroutine started by [Server.Start] or for one of its connections does any more work.
//     (TestCloseLeavesNoGoroutine)
//  8. All methods are safe for concurrent use, and all that they return are copies. (TestManyAtOnce,
//     TestReturnedValuesAreCopies)
//
// # What is checked
//
// 404: the path is {base}/agent/converse/send-message-to-widget and the method is POST. (A wrong method is answered
// 404, not 405: the vendor documents four answers, and 405 is none of them.)
//
// 401: the botid header names a known bot, and Authorization is that bot's bare key, each exactly once.
//
// 400: Content-Type is application/json (a charset parameter, if any, says UTF-8); the body is one JSON object in valid
// UTF-8, no larger than [Config.MaxBody], no key twice, every value a string; platformConversationId and eventType are
// there and not empty; eventType is one of the five; text is there with message; no known field is empty; agent
// and agentAvatar come only with escalationSuccess, queuePosition and waitingTime only with escalationQueueUpdate, text
// only with message; agentAvatar is an absolute URL.
//
// That is stricter than the vendor's words, which promise 400 for an invalid body or a missing field and no more: a
// misplaced, empty or repeated field, a wrong content type and an avatar that is no URL are judged invalid here. The
// reference ties queuePosition and waitingTime to escalationSuccess, the guide and its samples to
// escalationQueueUpdate; the fake sides with the guide.
//
// Drift, recorded but accepted because the vendor says nothing about it: fields of other names, a query, and
// an Idempotency-Key or X-Idempotency-Key header (which makes net/http resend a POST by itself).
//
// # The order of events
//
// What the platform does with an event that comes out of order is undocumented. The fake therefore shows every
// processed event, in the order of processing, and keeps a list of those that came out of order. The judge of that is a
// regular expression. With Q a queue update, S success, M message, F failed and D disconnect, the events of one round
// must be a prefix of
//
//	Q*(F|SM*D)
//
// and nothing may arrive after the visitor left. An event that breaks the order is shown and reported, and the next
// one is judged as if it had not been there.
//
// # Not modelled
//
// Webhooks, the bot, time-outs of sessions, rate limits, limits on lengths, HTML in messages, organization-wide keys,
// answers that stall half-way, and TLS (for that serve the [Server] with net/http/httptest). The real platform
// acknowledges first and works later; the fake processes before it answers unless a Fault says otherwise. Records are
// kept for as long as the Server is.
package fakeapi
