package webhook

import (
	"context"

	"github.com/escalationkit/escalation/events"
)

// Receiver takes in the events. The client of the root package is one.
type Receiver interface {
	// Receive takes in one verified and valid event.
	//
	//   [R1] It returns nil only if the event is safe: the sender is answered 200 and will not repeat it.
	//   [R2] An error means that it may not be; the answer is 503. An event that comes at the wrong time
	//        is no error: the sender cannot mend that.
	//   [R3] The same event may come again, and one may have been taken in though its sender never
	//        saw the 200.
	//   [R4] Safe for concurrent use, also for events of one conversation. Calls begin in the order in which
	//        the bodies arrived only where the sender waits for each answer.
	//   [R5] It may block up to the end of ctx, which does not end when the sender hangs up. The sender
	//        waits meanwhile: lengthy work belongs elsewhere.
	Receive(ctx context.Context, env events.Envelope) error
}

// ReceiverFunc makes a Receiver of a function.
type ReceiverFunc func(ctx context.Context, env events.Envelope) error

// Receive calls f.
func (f ReceiverFunc) Receive(ctx context.Context, env events.Envelope) error { return f(ctx, env) }

var _ Receiver = ReceiverFunc(nil)
