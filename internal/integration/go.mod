module github.com/escalationkit/escalation/internal/integration

go 1.26.0

require (
	github.com/escalationkit/escalation v0.0.0
	github.com/google/go-cmp v0.7.0
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
	go.uber.org/goleak v1.3.0
	go.yaml.in/yaml/v3 v3.0.6
	pgregory.net/rapid v1.3.0
)

require (
	github.com/looplab/fsm v1.0.3 // indirect
	golang.org/x/text v0.14.0 // indirect
)

replace github.com/escalationkit/escalation => ../..
