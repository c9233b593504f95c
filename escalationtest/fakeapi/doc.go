// Package fakeapi is an in-process fake of the platform's side of the Widget Escalation API, for tests of programs on the
// other side: the endpoint
//
//	POST {base}/agent/converse/send-message-to-widget
//
// the widget with its visitor, the bot that escalates, and the webhooks that tell the CRM of both. It judges every request
// by its own code, shares nothing with the packages it judges, can be told to misbehave in any way a network can, and
// tells what the visitor would have seen.
//
// # Guarantees
//
//  1. Every request that arrives before Close is recorded, whatever is wrong with it and whatever becomes of it;
//     [Config.Keep] bounds how long.
//     A request arrives when its body was read to the end, or when reading failed or was forbidden by a [Fault].
//     What net/http refuses by itself does not arrive: no HTTP, no Host, an Expect other than 100-continue.
//     Arrival numbers are 1, 2, 3, … without a gap. (TestManyAtOnce, TestOptionsOfTheWholeServer)
//  2. Without a Fault the answer is one of the four documented ones: 404, 401, 400 or 200, the first that applies.
//     (TestChecks, FuzzBody)
//  3. A request that fails a check is never processed, not even under a Fault. (TestFaultAnswers)
//  4. An event is processed at most once per request, in one step with its place in [Server.Widget] and the verdict in
//     [Server.Violations]. (TestManyAtOnce)
//  5. What a client learns from an answer is in the record before the answer leaves: once a call has returned 200, its
//     record and, without a [Config.Lag], its line in the widget can be read.
//     (TestObserverSeesEveryRecordBeforeItsAnswer)
//  6. The value of the Authorization header is compared and forgotten; no record, finding or report holds it, nor a key that
//     came in the botid header. (TestRecord, TestReport, TestKeysInThePlaceOfTheBotID)
//  7. After Close returns, no goroutine of the server does any more work: none of a connection that [Server.Start] or
//     [Server.RoundTripper] led to, of a webhook, or of an event that was still to take effect. (TestCloseLeavesNoGoroutine,
//     TestCloseEndsConnectionsInMemory, TestCloseEndsEveryWebhook, TestLaggingEventsEndWithClose)
//  8. All methods are safe for concurrent use, and all that they return are copies. (TestManyAtOnce,
//     TestReturnedValuesAreCopies, TestCloseInAStorm)
//  9. A webhook is sent only after what it tells has taken effect and is recorded. (TestTheRoundHasBegunWhenTheCRMIsTold)
//  10. The webhooks of a conversation are sent one at a time, in the order of what they tell, each once whatever becomes of
//     it, unless a [WebhookFault] or Redeliver says otherwise. Conversations do not wait for each other, except that no
//     more than 64 webhooks are under way at once. (TestBurstKeepsTheOrderOfEachConversation, TestWebhookFaults,
//     TestHeldWebhookHoldsUpItsConversationOnly)
//  11. A redirect of the CRM is not followed. No record holds the webhook's URL or what [Webhook.Sign] added, unless the
//     CRM's answer repeats it. (TestRedirectOfTheCRMIsNotFollowed, TestErrorsDoNotShowTheAddress,
//     TestErrorsOfAnOwnTransportDoNotShowTheAddress)
//  12. Events that lag take effect in the order in which they would have without a [Config.Lag]. (TestLagKeepsTheOrder)
//  13. Observers are called one at a time, in the order of what they tell, and not after Close has returned. They hold up
//     no request by what happened after it. (TestObserversSeeEverythingInOrder, TestObserversAreCalledOneAtATime,
//     TestCloseInAStorm, TestAnswerDoesNotWaitForWhatHappenedLater)
//  14. With a Config.Keep, memory depends on it and on the number of live rounds, not on the number of events.
//     What waits for a [Hold] is kept besides. (TestKeepKeepsMemoryFlat, TestKeepForgetsEventsThatWaitForTheNext)
//  15. Every finding names its rule by the id that spec/escalation.json gives it, or by one of the same form where that has
//     none. (TestRuleIDs) What it finds in bodies and in the order of events is what the spec's test vectors say, but for
//     exceptions listed in the test. (TestBodiesOfTheSpec, TestSequencesOfTheSpec)
//  16. A client that does one thing wrong is blamed for exactly that; one that does nothing wrong is blamed for nothing,
//     whatever the platform does to it. (TestWrongClientsAreNamed, TestRightClientsAreNotNamed, TestExcusesEnd,
//     TestStoriesThatTheClientCouldNotKnow, TestWhatTheClientCouldNotKnow,
//     TestHangingUpNeedNotBeNoticed, TestWebhooksOverlap, TestOnlyWrongClientsAreBlamed, TestChaosIsNoFaultOfAGoodClient)
//  17. What a [Chaos] does to a conversation follows from its seed and that conversation's own requests and webhooks.
//     (TestChaosRepeats, TestChaosOnRequests, TestChaosOnWebhooks)
//  18. A request through [Server.RoundTripper] is received, recorded and answered as one over the network.
//     (TestInMemoryIsAsOverTheNetwork, TestCutsInMemory, TestTimeOutInMemory, TestContextEndsReadingInMemory)
//
// # The visitor and the bot
//
// [Server.Write] makes the visitor write, to the bot at first. The bot answers by [Config.Answer] and hands over when that
// says so; [Server.Escalate] makes it hand over at once. From then on it is quiet, and what the visitor writes is sent to
// the CRM, until the round ends: by escalationFailed, by agentDisconnect, or because the visitor ends it, by
// [Server.Leave]. Then the visitor talks with the bot again. That the bot answers again after a round, and that a
// conversation may be escalated again, is undocumented.
//
// Each of the three is told by one webhook, a POST of
//
//	{"botId": …, "channel": "chat", "data": {"platformConversationId": …, "eventType": …}}
//
// with widgetEscalate (and escalateTo, if given), widgetMessage (and text) or widgetEndSession as eventType. Nothing else is
// in it, because the vendor shows nothing else: no id of the event, no time, no attempt. The vendor documents no repeats
// either, so the fake sends a webhook once. Who calls the CRM by other means uses [Server.BeginRound] and
// [Server.VisitorLeft], which send nothing.
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
// A client that learns from webhooks is late by nature: an event may cross the webhook that makes it wrong. See
// [Violation.Unaware].
//
// # Findings
//
// [Server.Findings] is everything at once: what the checks found in each request, what came out of order (rule "sequence"),
// and what equals the event before it (rule "duplicate"; for queue updates "queue-update-unchanged"). It tells three kinds of
// findings apart:
//
//   - faults, which are held against the client and which [AssertClean] fails for;
//   - unavoidable ones: the client sent again what it had no proof of, or what it did was right by all that it had been told. An
//     event crossed a webhook, say, or was lost behind a 200;
//   - notes, of what nobody forbids: the drift of the checks, and messages or queue updates that say the same twice.
//
// [Server.Report] draws a conversation as a chart, and the assertions show it when they fail.
//
// # Not modelled
//
// Dialogues of the bot beyond one reply, events of the Chat API, time-outs of sessions, rate limits, limits on lengths,
// HTML in messages, organization-wide keys, answers that stall half-way, and TLS (for that serve the [Server] with
// net/http/httptest). The real platform acknowledges first and works later; the fake processes before it answers
// unless Config.Lag or a Fault says otherwise.
package fakeapi
