module github.com/escalationkit/escalation/internal/integration

go 1.26.0
