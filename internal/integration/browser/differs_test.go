package browser_test

import "testing"

// TestPassedByDesk: what somebody else sends to the widget is told at the desk, which proposes nothing that is no longer so.
func TestPassedByDesk(t *testing.T) {
	t.Parallel()
	s, p := visit(t, desktop)
	p.click("#escalate")
	p.stands("pending")
	p.until(s.quiet)
	event := map[string]string{"platformConversationId": p.conversation(), "eventType": "escalationSuccess", "agent": "Ann"}
	if status := s.bypass(theKey, event); status != 200 {
		t.Fatal(status)
	}
	p.see("#desk-differs", "The widget is at “connected”, the CRM at “pending”: escalationSuccess was sent by somebody else")
	if next := p.texts("#desk [data-next]"); len(next) > 0 {
		t.Errorf("proposed: %q", next)
	}
	p.picture("differs")
}
