package delivery

import (
	"errors"
	"fmt"
	"time"

	"github.com/escalationkit/escalation/transport"
)

// GatePolicy says what closes the gates of one base URL and how they are probed. It is data, like [Policy].
type GatePolicy struct {
	Host     BreakerPolicy // of the base URL, over all bots
	Scope    BreakerPolicy // of one bot at it
	Verdicts map[transport.Class]Verdicts
}

// Verdicts is what one class of outcome says about the host and about the scope.
type Verdicts struct{ Host, Scope Verdict }

// LongestProbe is the longest wait between two probes of DefaultGates.
const LongestProbe = 30 * time.Second

// DefaultGates returns the gates of this library. The map is the caller's.
func DefaultGates() GatePolicy {
	const least, most = time.Second, LongestProbe
	return GatePolicy{
		Host:  BreakerPolicy{Threshold: 5, Min: least, Max: most},
		Scope: BreakerPolicy{Threshold: 1, Min: least, Max: most},
		Verdicts: map[transport.Class]Verdicts{
			// No answer tells nothing of the key.
			transport.Unknown: {Host: Bad, Scope: Neutral},
			transport.NotSent: {Host: Bad, Scope: Neutral},
			// The host is there, and whether it likes the key it has said.
			transport.Acknowledged: {Host: Good, Scope: Good},
			transport.Rejected:     {Host: Good, Scope: Good},
			transport.RefusedScope: {Host: Good, Scope: Bad},
			// It is there, but it asks not to be: more attempts would be no help to it.
			transport.RefusedLater: {Host: Neutral, Scope: Good},
		},
	}
}

// check reports every problem of the policy.
func (p GatePolicy) check() error {
	var problems []error
	for _, b := range []struct {
		name   string
		policy BreakerPolicy
	}{{"host", p.Host}, {"scope", p.Scope}} {
		if err := b.policy.check(); err != nil {
			problems = append(problems, fmt.Errorf("delivery: gate of the %s: %w", b.name, err))
		}
	}
	for _, c := range transport.Classes() {
		v, ok := p.Verdicts[c]
		if !ok || v.Host > Bad || v.Scope > Bad {
			problems = append(problems, fmt.Errorf("delivery: gates: no verdict on an outcome %v", c))
		}
	}
	return errors.Join(problems...)
}
