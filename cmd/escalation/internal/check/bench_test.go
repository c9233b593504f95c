package check

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/escalationkit/escalation/rules"
)

// BenchmarkRead judges complete rounds of many conversations, in bodies of the usual size.
func BenchmarkRead(b *testing.B) {
	set, err := rules.Strict()
	if err != nil {
		b.Fatal(err)
	}
	var capture bytes.Buffer
	for i := range 1000 {
		for _, format := range []string{
			`{"botId":"5f3a","channel":"chat","data":{"platformConversationId":"%d","eventType":"widgetEscalate"}}`,
			`{"platformConversationId":"%d","eventType":"escalationQueueUpdate","queuePosition":"3","waitingTime":"12"}`,
			`{"platformConversationId":"%d","eventType":"escalationSuccess","agent":"John Smith","agentAvatar":"https://example.com/a.png"}`,
			`{"platformConversationId":"%d","eventType":"message","text":"Hello, I am John, your agent; let me help you with your issue."}`,
			`{"botId":"5f3a","channel":"chat","data":{"platformConversationId":"%d","eventType":"widgetMessage","text":"It is about my order."}}`,
			`{"platformConversationId":"%d","eventType":"agentDisconnect"}`,
		} {
			fmt.Fprintf(&capture, format+"\n", i)
		}
	}
	b.SetBytes(int64(capture.Len()))
	b.ReportAllocs()
	for b.Loop() {
		for v, err := range New(set, true).Read(bytes.NewReader(capture.Bytes())) {
			if err != nil || v.Outcome != Allowed {
				b.Fatal(v, err)
			}
		}
	}
}
