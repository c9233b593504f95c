module github.com/escalationkit/escalation/internal/bench

go 1.26.0

require (
	github.com/escalationkit/escalation v0.0.0
	github.com/looplab/fsm v1.0.3
	github.com/qmuntal/stateless v1.7.2
)

replace github.com/escalationkit/escalation => ../..
