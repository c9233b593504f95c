package main

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/transport"
)

// seen is a transport that tells which conversations it sent in.
type seen chan string

func (s seen) Send(ctx context.Context, r transport.Request) transport.Result {
	s <- r.ConversationID
	return answers{}.Send(ctx, r)
}

// What is built is what the client goes on with: every tenth of 40 conversations has a message that is sent once, all are
// connected, and the models are gone.
func TestBuiltDatabaseIsTakenUp(t *testing.T) {
	d, err := build(t.TempDir(), 40, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.remove(); err != nil {
			t.Error(err)
		}
	}()
	var conversations, held int
	if err := d.db.QueryRow("SELECT count(*), sum(held) FROM escalation_conversation").Scan(&conversations, &held); err != nil {
		t.Fatal(err)
	}
	if conversations != 40 || held != 4 {
		t.Errorf("%d conversations, %d of them held; want 40 and 4", conversations, held)
	}
	tr := make(seen, 40)
	client, err := reopen(d, tr)
	if err != nil {
		t.Fatal(err)
	}
	var sent []string
	for range 4 {
		sent = append(sent, <-tr)
	}
	slices.Sort(sent)
	if want := []string{"000000010", "000000020", "000000030", "000000040"}; !slices.Equal(sent, want) {
		t.Errorf("sent in %v, want %v", sent, want)
	}
	ctx := context.Background()
	for _, i := range []int{1, 10, 40} {
		st, err := client.Conversation(fmt.Sprintf("%09d", i)).Status(ctx)
		if err != nil || st.State != fsm.Connected || st.Accepted != fsm.Connected {
			t.Errorf("conversation %d: %+v, %v; want connected", i, st, err)
		}
	}
	if err := client.close(ctx); err != nil {
		t.Fatal(err)
	}
	if len(tr) != 0 {
		t.Errorf("%d more events were sent", len(tr))
	}
	var pending, events int
	if err := d.db.QueryRow("SELECT count(*), sum(result IS NULL) FROM escalation_event").Scan(&events, &pending); err != nil {
		t.Fatal(err)
	}
	if events != 80 || pending != 0 {
		t.Errorf("%d events, %d of them pending; want two of every conversation, and none", events, pending)
	}
}
