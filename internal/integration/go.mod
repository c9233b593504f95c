module github.com/escalationkit/escalation/internal/integration

go 1.26.0

require (
	github.com/escalationkit/escalation v0.0.0
	github.com/google/go-cmp v0.7.0
	go.uber.org/goleak v1.3.0
)

require github.com/looplab/fsm v1.0.3 // indirect

replace github.com/escalationkit/escalation => ../..
