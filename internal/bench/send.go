package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport/httptransport"
)

const (
	botID = "bot-1"
	key   = "key-1"
)

// sendRows is row 4: Send through the whole library, against a bare net/http client.
func sendRows() []row {
	var all []row
	for _, conversations := range []int{16, 64} {
		all = append(all, sideBySide(
			fmt.Sprintf("4 send, %d conversations vs bare HTTP client", conversations),
			limit{throughputFrom, 0.85}, noAllocLimit, 60*time.Millisecond,
			func() (pair, error) {
				s, err := openSenders(conversations, nil)
				if err != nil {
					return pair{}, err
				}
				ours := func(n int) error { return share(n, s.ours) }
				peer := func(n int) error { return share(n, s.peer) }
				return pair{ours: ours, peer: peer, close: s.close}, nil
			},
		))
	}
	return all
}

// senders holds, for each conversation, a function on either side that sends one message and waits
// for the answer.
type senders struct {
	ours, peer []func() error
	close      func()
}

// openSenders starts a server and connects the agents of that many conversations. The server records
// what comes after that, if record is not nil.
func openSenders(conversations int, record func(request)) (senders, error) {
	var connected atomic.Bool
	var kept func(request)
	if record != nil {
		kept = func(r request) {
			if connected.Load() {
				record(r)
			}
		}
	}
	srv, err := listen(kept)
	if err != nil {
		return senders{}, err
	}
	s, err := connectAll(srv.url, conversations)
	if err != nil {
		srv.close()
		return senders{}, err
	}
	connected.Store(true)
	closeClients := s.close
	s.close = func() { closeClients(); srv.close() }
	return s, nil
}

func connectAll(url string, conversations int) (senders, error) {
	creds, err := httptransport.Static(botID, key)
	if err != nil {
		return senders{}, err
	}
	tr, err := httptransport.New(creds, &httptransport.Config{BaseURL: url})
	if err != nil {
		return senders{}, err
	}
	client, err := escalation.New(memstore.New(nil), tr, nil)
	if err != nil {
		return senders{}, err
	}
	bare := newBare(tr.Endpoint())
	ctx, cancel := context.WithCancel(context.Background()) // both sides: what a request handler has
	s := senders{close: func() {
		cancel()
		_ = client.Close(context.Background())
		_ = tr.Close()
		bare.pool.CloseIdleConnections()
	}}
	var message events.Outbound = events.Message{Text: shortText}
	for i := range conversations {
		id := fmt.Sprintf("conversation-%03d", i)
		conv := client.Conversation(id)
		if err := connect(ctx, conv); err != nil {
			s.close()
			return senders{}, err
		}
		body, err := events.Request{ConversationID: id, Event: message}.Encode()
		if err != nil {
			s.close()
			return senders{}, err
		}
		s.ours = append(s.ours, func() error {
			_, err := conv.Send(ctx, message)
			return err
		})
		s.peer = append(s.peer, func() error { return bare.post(ctx, body) })
	}
	return s, nil
}

// connect brings a conversation to where messages are allowed.
func connect(ctx context.Context, conv *escalation.Conversation) error {
	if err := conv.Open(ctx); err != nil {
		return err
	}
	_, err := conv.Send(ctx, events.EscalationSuccess{})
	return err
}

// share makes n calls. Each of the given functions is called by one goroutine at a time, all of
// them at once, and none waits for another before the calls are used up.
func share(n int, calls []func() error) error {
	var left atomic.Int64
	left.Store(int64(n))
	problems := make([]error, len(calls))
	var all sync.WaitGroup
	for i, call := range calls {
		all.Go(func() {
			for problems[i] == nil && left.Add(-1) >= 0 {
				problems[i] = call()
			}
		})
	}
	all.Wait()
	return errors.Join(problems...)
}

var errStatus = errors.New("the server did not answer 200")

func checkStatus(status int) error {
	if status != http.StatusOK {
		return fmt.Errorf("%w but %d", errStatus, status)
	}
	return nil
}
