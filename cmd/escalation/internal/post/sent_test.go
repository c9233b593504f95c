package post_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/post"
)

func TestPrinting(t *testing.T) {
	sent := []post.Sent{
		{N: 1, Of: 1, Kind: "message", Conversation: "1", To: "http://h/x", Body: []byte(`{"text":"<hi>"}`),
			Answer: post.Answer{Status: 200, Body: []byte("{\"ok\":\n true}\n"), Took: 1499 * time.Microsecond}},
		{N: 2, Of: 3, Kind: "message", Conversation: "a b", To: "http://h/x", Body: []byte("{\x1b"), Problem: "connection\nrefused"},
		{N: 1, Of: 1, Kind: "message", Conversation: "1", To: "http://h/x", Body: []byte(`{}`),
			Answer: post.Answer{Status: 599, Body: []byte("x\xff"), Truncated: true, Took: time.Microsecond}, Problem: "no"},
	}
	var text, lines strings.Builder
	for _, s := range sent {
		if err := post.NewText(&text)(s); err != nil {
			t.Fatal(err)
		}
		if err := post.NewJSON(&lines)(s); err != nil {
			t.Fatal(err)
		}
	}
	want := `message to http://h/x, conversation 1
  sent      {"text":"<hi>"}
  answered  200 OK in 1ms: {"ok": true}
message (2 of 3) to http://h/x, conversation "a b"
  sent      {?
  problem   connection refused
message to http://h/x, conversation 1
  sent      {}
  answered  599 in less than 1ms: x? …
  problem   no
`
	if diff := cmp.Diff(want, text.String()); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
	want = `{"n":1,"kind":"message","conversation":"1","to":"http://h/x","body":{"text":"<hi>"},"status":200,"took":1,"answer":"{\"ok\":\n true}\n","problem":""}
{"n":2,"kind":"message","conversation":"a b","to":"http://h/x","body":"{\u001b","status":0,"took":0,"answer":"","problem":"connection\nrefused"}
{"n":1,"kind":"message","conversation":"1","to":"http://h/x","body":{},"status":599,"took":0,"answer":"x\ufffd","problem":"no"}
`
	if diff := cmp.Diff(want, lines.String()); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
	sent = append(sent, post.Sent{Answer: post.Answer{Status: 200}, Problem: "an HTML page"})
	for i, want := range []bool{true, false, false, false} {
		if sent[i].OK() != want {
			t.Errorf("%d: OK is %v", i, !want)
		}
	}
}
