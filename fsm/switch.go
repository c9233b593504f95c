package fsm

import "fmt"

// Switch turns on a transition that no source documents. The zero Switch is none.
type Switch uint8

const (
	// AgentTransfer allows a further escalationSuccess while connected: another agent takes over.
	AgentTransfer Switch = iota + 1
	// BackToQueue allows escalationQueueUpdate while connected: the visitor waits again.
	BackToQueue
)

var switchNames = [...]string{"", "agent-transfer", "back-to-queue"}

// Switches returns all switches. The slice is the caller's.
func Switches() []Switch { return []Switch{AgentTransfer, BackToQueue} }

// Valid reports whether w is one of the switches.
func (w Switch) Valid() bool { return w >= 1 && int(w) < len(switchNames) }

// String returns the name; it is empty for the zero Switch.
func (w Switch) String() string {
	if int(w) >= len(switchNames) {
		return fmt.Sprintf("Switch(%d)", uint8(w))
	}
	return switchNames[w]
}

// MarshalText returns the name; an invalid switch is an error.
func (w Switch) MarshalText() ([]byte, error) {
	if w != 0 && !w.Valid() {
		return nil, fmt.Errorf("fsm: cannot write invalid %v", w)
	}
	return []byte(switchNames[w]), nil
}

// UnmarshalText reads a name.
func (w *Switch) UnmarshalText(text []byte) error {
	for i, name := range switchNames {
		if name == string(text) {
			*w = Switch(i)
			return nil
		}
	}
	return fmt.Errorf("fsm: unknown switch %.40q", text)
}
