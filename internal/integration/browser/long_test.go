package browser_test

import (
	"fmt"
	"testing"
)

// TestLongConversation: a page that is open while messages come by the hundred shows the newest, keeps a bounded part of the others,
// and still answers.
func TestLongConversation(t *testing.T) {
	t.Parallel()
	s, p := visit(t, desktop)
	p.connect("Ann")
	id := p.conversation()
	const messages = 300
	for i := range messages {
		s.agent(id, "message", "text", fmt.Sprintf("message %d", i))
	}
	p.chat(fmt.Sprintf("Ann: message %d", messages-1))
	count := eval[[]int](p, "count", `['#chat li', '#exchanges > li'].map(s => document.querySelectorAll(s).length)`)
	if lines, requests := count[0], count[1]; lines > 250 || requests > 500 || lines < 100 || requests < 200 {
		t.Errorf("the page holds %d lines and %d requests", lines, requests)
	}
	p.write("Enough!")
	p.chat("Enough!")
	p.do("agentDisconnect")
	p.stands("ended")
	p.picture("long")
	p.heardOnce()
}
