// Package escalation guards the conversation between a CRM and the Widget Escalation API: it keeps
// where each conversation stands, refuses every event that its state or a rule does not allow and
// says why, and hands the exact payload of the others to a transport.
//
// # Guarantees
//
// Each is named by the test that would break first.
//
//   - [E1] An event that the guard or a rule refuses is never written to the network.
//     TestNothingForbiddenArrives
//   - [E2] No message is written before the API acknowledged escalationSuccess, and none after the
//     round is over. TestNothingForbiddenArrives
//   - [E3] Calls to Send for one conversation take effect one at a time, in the order of the calls; calls
//     for different conversations never wait for each other. TestBurstKeepsCallOrder,
//     TestStuckConversationDelaysNoOther
//   - [E4] An event changes the state only when its attempt was acknowledged. Every other outcome is a
//     [*SendError] that says whether anything may have been sent. TestStateMovesOnlyWhenAcknowledged
//   - [E5] The context of a call bounds the waiting, never an attempt that has begun: its outcome is
//     recorded also if nobody waits for it any more. TestCancelledContextLeavesNoHalfState
//   - [E6] Once the visitor's end is taken, no new attempt begins in that round; one begun before may
//     still land. TestVisitorEndStopsSending
//   - [E7] Repeating widgetEscalate or widgetEndSession changes nothing. TestInboundRepeatsChangeNothing
//   - [E8] Explain says what Send would say. TestExplainAgreesWithSend
//   - [E9] Finished conversations are remembered up to Config.KeepFinished, then the oldest is
//     forgotten. TestFinishedConversationsAreForgotten
//   - [E10] Close starts no new attempt, waits for those under way, and leaves no goroutine.
//     TestCloseWaitsForAttempts, TestCloseCutsOffWhenItsContextEnds
//   - [E11] Keys and message texts never appear in errors or logs, conversation ids in logs only if asked
//     for. TestNothingPrivateIsPrinted
//
// # Not promised
//
// State lives in memory and is gone with the process. An event is attempted once; what follows an unknown
// outcome is the caller's decision. Acknowledged means that the API took the event in, not that the visitor saw
// it: the API works later and reports nothing back. It has no idempotency key, so an event sent again after an
// unknown outcome may show twice.
//
// # Use
//
// Make a [Client] from a transport, route the widget's webhooks through [Client.Receive] (package webhook
// does it over HTTP), and send through [Conversation] handles.
package escalation
