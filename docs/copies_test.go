package docs_test

import (
	"strings"
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
)

// TestReadmeShowsTheMachine: the diagram of the front page is a copy of the generated one.
func TestReadmeShowsTheMachine(t *testing.T) {
	if !strings.Contains(read(t, "README.md"), "```mermaid\n"+fsm.Default().Mermaid()+"```\n") {
		t.Error("README.md does not hold the diagram of the default table")
	}
}

// TestReadmeShowsTheRefusal: the front page quotes what the first Send of its program returns.
func TestReadmeShowsTheRefusal(t *testing.T) {
	strict, err := rules.Strict()
	if err != nil {
		t.Fatal(err)
	}
	refusal := strict.Decide(rules.Facts{State: fsm.Pending}, events.Message{Text: "Hello"}).Refusal
	if refusal == nil || !strings.Contains(read(t, "README.md"), "```\n"+refusal.Error()+"\n```\n") {
		t.Errorf("README.md does not quote %v", refusal)
	}
}
