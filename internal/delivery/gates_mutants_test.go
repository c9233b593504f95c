package delivery_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/transport"
)

func judgeGates(p delivery.GatePolicy) error {
	for _, all := range [][]gated{verdictCells, gateWaits} {
		for _, e := range all {
			if err := e.fails(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// Every cell of the gates' policy, set to whatever else it could be, is noticed by an example.
func TestEveryGateMutantIsCaught(t *testing.T) {
	tried := 0
	try := func(change func(*delivery.GatePolicy), format string, args ...any) {
		tried++
		p := delivery.DefaultGates()
		change(&p)
		if judgeGates(p) == nil {
			t.Errorf("survived: %s", fmt.Sprintf(format, args...))
		}
	}
	for _, c := range transport.Classes() {
		for v := delivery.Neutral; v <= delivery.Bad; v++ {
			was := delivery.DefaultGates().Verdicts[c]
			if v != was.Host {
				try(func(p *delivery.GatePolicy) { p.Verdicts[c] = delivery.Verdicts{Host: v, Scope: was.Scope} }, "%v is %v for the host", c, v)
			}
			if v != was.Scope {
				try(func(p *delivery.GatePolicy) { p.Verdicts[c] = delivery.Verdicts{Host: was.Host, Scope: v} }, "%v is %v for the scope", c, v)
			}
		}
	}
	for name, breaker := range map[string]func(*delivery.GatePolicy) *delivery.BreakerPolicy{
		"host":  func(p *delivery.GatePolicy) *delivery.BreakerPolicy { return &p.Host },
		"scope": func(p *delivery.GatePolicy) *delivery.BreakerPolicy { return &p.Scope },
	} {
		is := delivery.DefaultGates()
		for _, v := range variants(breaker(&is).Threshold) {
			if v.(int) > 0 {
				try(func(p *delivery.GatePolicy) { breaker(p).Threshold = v.(int) }, "threshold of the %s is %d", name, v)
			}
		}
		for _, v := range variants(breaker(&is).Min) {
			try(func(p *delivery.GatePolicy) { breaker(p).Min = v.(time.Duration) }, "shortest wait of the %s is %v", name, v)
		}
		for _, v := range variants(breaker(&is).Max) {
			try(func(p *delivery.GatePolicy) { breaker(p).Max = v.(time.Duration) }, "longest wait of the %s is %v", name, v)
		}
	}
	if want := 2*2*6 + 2*(4+4) + 3; tried != want {
		t.Errorf("tried %d mutants, want %d", tried, want)
	}
}
