package webhook

import (
	"context"
	"errors"
	"fmt"

	"github.com/escalationkit/escalation/events"
)

// Receiver takes in the events. The client of the root package is one.
type Receiver interface {
	// Receive takes in one verified and valid event.
	//
	//   [R1] It returns nil only after the event is committed, to wherever the receiver keeps what must not
	//        be lost: the sender is answered 200 and will not repeat it.
	//   [R2] An error means that it may not be committed, for example because the store is down; the answer
	//        is 503. An event that comes at the wrong time is no error: the sender cannot mend that.
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

// OnceReceiver is a Receiver that can tell a repeated delivery by the name the sender gave to it. It is
// needed where [Config].DeliveryIDHeader is set; otherwise its ReceiveOnce is not called. The client of the
// root package is one.
type OnceReceiver interface {
	Receiver

	// ReceiveOnce is as Receive, clauses included, and furthermore:
	//
	//   [R6] Calls with the same bot, conversation and deliveryID are one event, also when they overlap and
	//        after a restart, for as long as the receiver remembers the id. Each of them returns nil only
	//        after that event is committed; a repeat changes nothing. An id that comes again with another
	//        event is the sender's mistake and may be taken for a repeat.
	//   [R7] An id counts from the commit on. After an error the same call may come again, and is then
	//        taken in.
	//   [R8] An empty deliveryID means that there is none; the call is then the same as one of Receive.
	//   [R9] A deliveryID is opaque: up to MaxDeliveryID bytes of visible ASCII. It is for comparing, not
	//        for logs or errors, and proves nothing about the sender.
	ReceiveOnce(ctx context.Context, env events.Envelope, deliveryID string) error
}

// OnceReceiverFunc makes an OnceReceiver of a function, for example one that wraps another OnceReceiver.
type OnceReceiverFunc func(ctx context.Context, env events.Envelope, deliveryID string) error

// Receive calls f without an id.
func (f OnceReceiverFunc) Receive(ctx context.Context, env events.Envelope) error {
	return f(ctx, env, "")
}

// ReceiveOnce calls f.
func (f OnceReceiverFunc) ReceiveOnce(ctx context.Context, env events.Envelope, deliveryID string) error {
	return f(ctx, env, deliveryID)
}

var (
	_ Receiver     = ReceiverFunc(nil)
	_ OnceReceiver = OnceReceiverFunc(nil)
)

// receiveFunc returns the method of recv that a handler calls, or what is wrong with recv.
func receiveFunc(recv Receiver, once bool) (OnceReceiverFunc, error) {
	f, isFunc := recv.(ReceiverFunc)
	g, isOnceFunc := recv.(OnceReceiverFunc)
	if recv == nil || isFunc && f == nil || isOnceFunc && g == nil {
		return nil, errors.New("webhook: no receiver")
	}
	if !once {
		return func(ctx context.Context, env events.Envelope, _ string) error { return recv.Receive(ctx, env) }, nil
	}
	r, ok := recv.(OnceReceiver)
	if !ok {
		return nil, fmt.Errorf("webhook: DeliveryIDHeader is set, but the receiver, of type %T, is no OnceReceiver: "+
			"it cannot tell repeats", recv)
	}
	return r.ReceiveOnce, nil
}
