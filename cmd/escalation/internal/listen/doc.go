// Package listen records what a CRM sends to the Widget Escalation API, judges it as the fake platform does, and answers
// as that would or passes on what the real one answers. It does the same with webhooks on their way to a CRM.
//
// # Guarantees
//
//  1. Nothing is sent to any host but those of [Config], and nothing at all without them. Redirects are not followed,
//     and nothing is sent twice. (TestForward, TestNothingIsSentTwice)
//  2. A request is passed on with its method, query, headers and body as they came, but for Host, Expect and the headers
//     that concern one connection only; an answer is passed back with status, headers and body as they came. (TestForward)
//  3. When an answer leaves, its exchange has been recorded and told. (TestRecordedBeforeTheAnswer)
//  4. No header with a key reaches the log, the output or the judge, and no key of at least wire.MinSecret bytes does in a
//     body or an answer. A shorter one changes nothing of what is recorded. (TestNoKeyIsKept, TestAShortKeyChangesNothing)
//  5. Memory grows with the conversations under way only, and the size of a request and the time that its answer may take
//     are bounded. (TestMemoryIsFlat, TestLimits)
//
// The judge hears of requests in the order in which they are answered. Of a client that sends the events of a
// conversation one after the other, that is the order in which they were sent.
package listen
