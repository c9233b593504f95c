package check

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// endless repeats text until size bytes were read.
func endless(text string, size int64) io.Reader {
	return io.LimitReader(&repeater{text: text}, size)
}

type repeater struct {
	text string
	at   int
}

func (r *repeater) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

func heap() (held, allocated uint64) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc, m.TotalAlloc
}

// TestMemoryDoesNotGrowWithLines streams 64 MB about a hundred conversations and looks at what is held
// on the way and at the end.
func TestMemoryDoesNotGrowWithLines(t *testing.T) {
	const bound = 1 << 20
	var text strings.Builder
	for i := range 100 {
		fmt.Fprintf(&text, `{"botId":"b","data":{"platformConversationId":"%d","eventType":"widgetEscalate"}}`+"\n", i)
		fmt.Fprintf(&text, `{"platformConversationId":"%d","eventType":"escalationSuccess"}`+"\n", i)
		for range 3 {
			fmt.Fprintf(&text, `{"platformConversationId":"%d","eventType":"message","text":%q}`+"\n", i, strings.Repeat("word ", 1000))
		}
		fmt.Fprintf(&text, `{"platformConversationId":"%d","eventType":"agentDisconnect"}`+"\n", i)
	}
	c := New(strict(t), true)
	before, _ := heap()
	lines := 0
	for v, err := range c.Read(endless(text.String(), streamSize)) {
		if err != nil {
			t.Fatal(err)
		}
		if lines++; lines%1000 == 0 {
			if held, _ := heap(); held > before+bound {
				t.Fatalf("line %d: %d bytes more are held than at the beginning", v.Line, held-before)
			}
		}
	}
	after, _ := heap()
	if after > before+bound {
		t.Errorf("after %d lines %d bytes more are held than at the beginning", lines, after-before)
	}
	if lines < streamSize/4000 || len(c.states) != 100 {
		t.Errorf("%d lines, %d conversations: the test does not test what it says", lines, len(c.states))
	}
}

// TestOverlongLineIsNotHeld allocates no more for a line of 64 MB than for the greatest body.
func TestOverlongLineIsNotHeld(t *testing.T) {
	const bound = 16 << 20
	_, before := heap()
	got := readWith(t, New(strict(t), false), endless("x", streamSize))
	_, after := heap()
	if len(got) != 1 || got[0].Outcome != Invalid {
		t.Errorf("got %+v", got)
	}
	if after-before > bound {
		t.Errorf("%d bytes were allocated", after-before)
	}
}

// TestConversationsCostTheSame compares many conversations with short ids to as many with long ones.
func TestConversationsCostTheSame(t *testing.T) {
	const conversations, bound = 10000, 100 // bytes of the table for each
	long := strings.Repeat("x", 4000)
	var input bytes.Buffer
	c := New(strict(t), false)
	before, _ := heap()
	for i := range conversations {
		input.Reset()
		fmt.Fprintf(&input, `{"platformConversationId":"%s%d","eventType":"escalationSuccess"}`, long[:i%len(long)], i)
		readWith(t, c, &input)
	}
	after, _ := heap()
	if after > before+conversations*bound {
		t.Errorf("%d bytes for each conversation", (after-before)/conversations)
	}
	if len(c.states) != conversations {
		t.Errorf("%d conversations are known", len(c.states))
	}
}
