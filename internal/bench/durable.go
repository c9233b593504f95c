package main

import (
	"context"
	"errors"
	"time"

	"github.com/escalationkit/escalation/events"
)

// durableConversations is how many conversations row 5 writes to at once.
const durableConversations = 64

// durableRows is row 5: events accepted and acknowledged, all of it on disk before anybody hears of it, against the
// same row writes by hand.
func durableRows(s settings) []row {
	return []row{sideBySide(
		"5 accept and acknowledge, SQLite, 64 conversations vs raw SQLite",
		limit{throughputFrom, 0.6}, noAllocLimit, 100*time.Millisecond,
		func() (pair, error) {
			w, err := openWriters(s.dir, durableConversations)
			if err != nil {
				return pair{}, err
			}
			ours := func(n int) error { return share(n, w.ours) }
			peer := func(n int) error { return share(n, w.peer) }
			return pair{ours: ours, peer: peer, close: w.close}, nil
		},
	)}
}

// writers holds, for each conversation, a function on either side that accepts one message and records that it was
// acknowledged. The sides have a database each.
type writers struct {
	ours, peer             []func() error
	oursStored, peerStored *database
	close                  func()
}

// openWriters connects the agents of that many conversations in two databases, and leaves one to the client, the other
// to raw SQLite.
func openWriters(dir string, conversations int) (w writers, err error) {
	var closers []func() error
	w.close = func() {
		for i := len(closers) - 1; i >= 0; i-- {
			_ = closers[i]()
		}
	}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	for _, d := range []**database{&w.oursStored, &w.peerStored} {
		if *d, err = newDatabase(dir); err != nil {
			return w, err
		}
		closers = append(closers, (*d).remove)
		if err = connectStored(*d, conversations); err != nil {
			return w, err
		}
	}

	client, err := openDurable(w.oursStored.db, answers{}, nil)
	if err != nil {
		return w, err
	}
	closers = append(closers, func() error { return client.close(context.Background()) })
	raw, err := newRaw(w.peerStored.db)
	if err != nil {
		return w, err
	}
	closers = append(closers, raw.close)

	ctx, cancel := context.WithCancel(context.Background()) // what a request handler has
	closers = append(closers, func() error { cancel(); return nil })
	var message events.Outbound = events.Message{Text: shortText}
	for i := range conversations {
		conv := client.Conversation(name(i))
		w.ours = append(w.ours, func() error {
			_, err := conv.Send(ctx, message)
			return err
		})
		body, err := events.Request{ConversationID: name(i), Event: message}.Encode()
		if err != nil {
			return w, err
		}
		v, err := raw.conversation(name(i))
		if err != nil {
			return w, err
		}
		w.peer = append(w.peer, func() error { return v.send(body) })
	}
	return w, nil
}

// connectStored brings conversations to where messages are allowed.
func connectStored(d *database, conversations int) error {
	client, err := openDurable(d.db, answers{}, nil)
	if err != nil {
		return err
	}
	for i := range conversations {
		if err := connect(context.Background(), client.Conversation(name(i))); err != nil {
			return errors.Join(err, client.close(context.Background()))
		}
	}
	return client.close(context.Background())
}
