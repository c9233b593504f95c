package fsm_test

import (
	"encoding"
	"testing"

	"github.com/escalationkit/escalation/fsm"
)

func TestStatesByHand(t *testing.T) {
	for i, c := range []struct {
		state          fsm.State
		name           string
		terminal, live bool
	}{
		{fsm.None, "none", false, false},
		{fsm.Pending, "pending", false, true},
		{fsm.Queued, "queued", false, true},
		{fsm.Connected, "connected", false, true},
		{fsm.Ended, "ended", true, false},
		{fsm.Failed, "failed", true, false},
	} {
		if fsm.States()[i] != c.state || c.state.String() != c.name || !c.state.Valid() {
			t.Errorf("%v: place, name or Valid is wrong", c.state)
		}
		if c.state.Terminal() != c.terminal || c.state.Live() != c.live {
			t.Errorf("%v: Terminal %v, Live %v", c.state, c.state.Terminal(), c.state.Live())
		}
		var back fsm.State
		roundTrip(t, c.state, &back)
		if back != c.state {
			t.Errorf("%v came back as %v", c.state, back)
		}
	}
	if len(fsm.States()) != fsm.NumStates || fsm.NumStates != 6 {
		t.Errorf("%d states, NumStates %d", len(fsm.States()), fsm.NumStates)
	}
	for _, strange := range []fsm.State{6, 255} {
		if strange.Valid() || strange.Terminal() || strange.Live() {
			t.Errorf("%v passes for a state", strange)
		}
	}
}

func TestSwitchesByHand(t *testing.T) {
	for i, c := range []struct {
		w    fsm.Switch
		name string
	}{{fsm.AgentTransfer, "agent-transfer"}, {fsm.BackToQueue, "back-to-queue"}} {
		if fsm.Switches()[i] != c.w || c.w.String() != c.name || !c.w.Valid() {
			t.Errorf("%v: place, name or Valid is wrong", c.w)
		}
		var back fsm.Switch
		roundTrip(t, c.w, &back)
		if back != c.w {
			t.Errorf("%v came back as %v", c.w, back)
		}
	}
	back := fsm.AgentTransfer
	roundTrip(t, fsm.Switch(0), &back)
	if back != 0 || back.Valid() || back.String() != "" {
		t.Errorf("the zero switch came back as %v", back)
	}
}

func roundTrip(t *testing.T, from encoding.TextMarshaler, to encoding.TextUnmarshaler) {
	t.Helper()
	text, err := from.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	if err := to.UnmarshalText(text); err != nil {
		t.Fatal(err)
	}
}

func TestStrangeNames(t *testing.T) {
	if got := fsm.State(255).String(); got != "State(255)" {
		t.Errorf("state: %q", got)
	}
	if got := fsm.Switch(255).String(); got != "Switch(255)" {
		t.Errorf("switch: %q", got)
	}
	if _, err := fsm.State(6).MarshalText(); err == nil {
		t.Error("an invalid state was written")
	}
	if _, err := fsm.Switch(3).MarshalText(); err == nil {
		t.Error("an invalid switch was written")
	}
	for _, text := range []string{"", "Pending", " pending", "state(1)"} {
		s := fsm.Queued
		if err := s.UnmarshalText([]byte(text)); err == nil || s != fsm.Queued {
			t.Errorf("%q was read as %v, %v", text, s, err)
		}
	}
	for _, text := range []string{"Agent-Transfer", "agenttransfer", "none"} {
		w := fsm.BackToQueue
		if err := w.UnmarshalText([]byte(text)); err == nil || w != fsm.BackToQueue {
			t.Errorf("%q was read as %v, %v", text, w, err)
		}
	}
}
