// Package escalation stands between a CRM and the Widget Escalation API: it keeps where each conversation stands,
// refuses every event that its state or a rule does not allow and says why, and delivers the others in order and
// durably, with exactly one recorded result for each.
//
// # Guarantees
//
// Each is named by the test that would break first; docs/guarantees.md names more of them. What is said of crashes holds
// for a store that survives them, such as package sqlitestore; memstore ends with the process.
//
//   - [G1] When Accept returns nil the event survives a process kill, and power loss if the disk honours a
//     sync. TestPowerLoss
//   - [G2] Per conversation, accepted events carry numbers 1, 2, 3, … without a gap, in the order in which the calls
//     took effect. TestNumbersHaveNoGap
//   - [G3] An event that the guard or a rule refuses is never stored, whatever races it. TestRefusedIsNotStored
//   - [G4] An event is written to the network only after the one before it has a final result.
//     TestNextOnlyAfterTheOneBefore
//   - [G5] After an event was written, none before it is written again: nothing follows an unknown outcome before
//     the settle time is over. TestSettleHoldsBackSuccessors
//   - [G6] No message is written unless the API acknowledged escalationSuccess, and none after the round is
//     over. TestNoMessageBeforeSuccessIsAcknowledged
//   - [G7] Once the visitor's end, or an operator's abort, is stored, no new attempt begins in that round; one
//     that had begun may still land. TestVisitorsEndCancels
//   - [G8] Every accepted event ends in exactly one recorded result: acknowledged, rejected, superseded, stranded,
//     expired, cancelled or skipped. TestOneResultEach
//   - [G9] An event is written again only after an outcome that was not acknowledged and not final; only an unknown
//     one can lead to a copy, and then the record says so. TestWhatFollowsFromAnOutcome
//   - [G10] An event that ends without success never holds up another conversation, and its own only where going on would
//     break G6. TestStuckDelaysNoOther
//   - [G11] A refused key or a wrong base URL loses nothing and costs no event its budget: the bot is paused and tried
//     again. TestBadKeyPausesOneBot
//   - [G12] A webhook that was taken without error is stored; the host is offered it until it has taken it.
//     TestCommittedBeforeOffered
//   - [G13] Repeating widgetEscalate or widgetEndSession changes nothing; a repeated message is passed on unless the
//     deployment names its deliveries. TestRepeatsOfLifecycle
//   - [G14] The same key gives the same answer and one event; another event under the same key is an error. TestKeys
//   - [G15] Two processes on one SQLite store: the second fails at open. TestOtherProcessIsRefused
//   - [G16] When faults stop, every conversation that is not parked drains within a stated bound.
//     TestDrainsAfterFaultsStop
//   - [G17] Close begins no attempt, returns when those under way have ended or been cut off, reports what is unknown, and
//     leaves no goroutine. TestCloseWithADeadStore
//   - [G18] Keys, message texts and conversation ids never appear in errors, logs or %+v unless asked for.
//     TestNothingPrivateIsPrinted
//   - [G19] The context of a call bounds the waiting, never the delivery. TestSendLeavesTheEvent
//   - [G20] Explain says what Accept would say. TestExplainAgreesWithSend
//   - [G21] A conversation with nothing under way leaves memory within seconds.
//     TestQuietConversationsAreNotInMemory
//
// # Not promised
//
// Exactly once: the API has no idempotency key and cannot be asked, so an event that is sent again after an unknown outcome may
// show twice. That the visitor saw anything, or in our order: the API acknowledges first and works later. Recall of a request
// already written. Exact de-duplication of the visitor's messages, which carry no id. Durability below the disk. Progress
// while the store is down: what cannot be recorded is not sent. Several processes on one store.
//
// # Use
//
// Make a [Client] from a store and a transport, route the widget's webhooks through [Client.Receive] (package webhook
// does it over HTTP), and accept or send events through [Conversation] handles. [Conversation.Accept] returns when the event
// is stored, [Conversation.Send] when it is clear what became of it. A conversation that stopped and waits for a person's
// decision is parked: [Client.Parked] finds it, [Conversation.Repair] decides.
package escalation
