package main

import (
	"encoding/json"
	"testing"

	"github.com/escalationkit/escalation/events"
)

func TestBothSidesEncodeTheSameBytes(t *testing.T) {
	all := encodings()
	if len(all) != 4 {
		t.Errorf("%d payloads, want 4", len(all))
	}
	for _, e := range all {
		ours, err := events.Request{ConversationID: conversationID, Event: e.ours}.Encode()
		if err != nil {
			t.Errorf("%s: %v", e.name, err)
		}
		peer, err := json.Marshal(&e.peer)
		if err != nil {
			t.Errorf("%s: %v", e.name, err)
		}
		if string(ours) != string(peer) {
			t.Errorf("%s: ours %s, the peer's %s", e.name, ours, peer)
		}
	}
	if n := len(longText); n < 2000 || n > 2200 {
		t.Errorf("the long text has %d bytes, want about 2 KB", n)
	}
}
