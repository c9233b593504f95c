module github.com/escalationkit/escalation/internal/bench

go 1.26.0
