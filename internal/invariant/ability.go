package invariant

import "strings"

// Ability is what a suite gives of a world: completely, or not at all. Abilities are joined with |.
type Ability uint16

const (
	// Record: reads of the store.
	Record Ability = 1 << iota
	// Parks: whether Store.Parked lists the conversation, in every read.
	Parks
	// Trace: every request that arrived at the platform.
	Trace
	// Rounds: when rounds were opened and ended.
	Rounds
	// Calls: every call of Accept that may have stored something, and every replacement.
	Calls
	// Times: when each call began and ended, from one monotonic clock.
	Times
	// Results: the results that the caller was told.
	Results
	// Webhooks: every webhook that may have stored something, and everything that the host took.
	Webhooks
	// Log: what the observers were told of attempts, rounds, parks and repairs, and when the process was killed.
	Log

	calm    // World.Calm
	moments // some conversation was read at several moments
)

var abilityNames = [...]string{"Record", "Parks", "Trace", "Rounds", "Calls", "Times", "Results", "Webhooks", "Log", "calm", "several reads"}

// All is everything that a suite can declare.
const All = Record | Parks | Trace | Rounds | Calls | Times | Results | Webhooks | Log

// String lists the names, or says "nothing".
func (a Ability) String() string {
	var names []string
	for i, name := range abilityNames {
		if a&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// knows adds what needs no declaration.
func (w *World) knows() Ability {
	has := w.Knows & All
	if w.Calm {
		has |= calm
	}
	for i := range w.Conversations {
		if len(w.Conversations[i].Reads) > 1 {
			has |= moments
		}
	}
	return has
}
