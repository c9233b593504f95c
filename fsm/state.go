package fsm

import "fmt"

// State is where a conversation stands. The zero State is None.
type State uint8

const (
	// None: no escalation has been asked for.
	None State = iota
	// Pending: the widget asked for an agent; the CRM has sent nothing yet.
	Pending
	// Queued: the visitor waits and has been told about the queue.
	Queued
	// Connected: an agent is there and both sides may talk.
	Connected
	// Ended: the agent or the visitor ended the conversation. Terminal.
	Ended
	// Failed: no agent could be connected. Terminal.
	Failed
)

// NumStates is the number of states; they are numbered from 0.
const NumStates = int(Failed) + 1

var stateNames = [NumStates]string{"none", "pending", "queued", "connected", "ended", "failed"}

// States returns all states in the order of their declaration. The slice is the caller's.
func States() []State {
	all := make([]State, NumStates)
	for i := range all {
		all[i] = State(i)
	}
	return all
}

// Valid reports whether s is one of the six states.
func (s State) Valid() bool { return int(s) < NumStates }

// Terminal reports whether the round is over.
func (s State) Terminal() bool { return s == Ended || s == Failed }

// Live reports whether a round is open.
func (s State) Live() bool { return s == Pending || s == Queued || s == Connected }

// String returns the lower-case name.
func (s State) String() string {
	if !s.Valid() {
		return fmt.Sprintf("State(%d)", uint8(s))
	}
	return stateNames[s]
}

// MarshalText returns the name; an invalid state is an error.
func (s State) MarshalText() ([]byte, error) {
	if !s.Valid() {
		return nil, fmt.Errorf("fsm: cannot write invalid %v", s)
	}
	return []byte(stateNames[s]), nil
}

// UnmarshalText reads a name.
func (s *State) UnmarshalText(text []byte) error {
	for i, name := range stateNames {
		if name == string(text) {
			*s = State(i)
			return nil
		}
	}
	return fmt.Errorf("fsm: unknown state %.40q", text)
}
