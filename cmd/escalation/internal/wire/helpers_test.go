package wire_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
)

// open opens a log and closes it at the end of the test.
func open(t *testing.T, path string, cfg *wire.Config) *wire.Log {
	t.Helper()
	l, err := wire.Open(t.Context(), path, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// add appends an exchange with a text.
func add(t *testing.T, l *wire.Log, body string) wire.Exchange {
	t.Helper()
	x, err := l.Append(exchange(body))
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func exchange(body string) wire.Exchange {
	return wire.Exchange{
		At: time.Date(2026, 3, 1, 12, 30, 0, 123456789, time.FixedZone("CET", 3600)), Direction: wire.ToWidget,
		Bot: "5f3a", Conversation: "1", Kind: "message", Method: "POST", URL: "http://127.0.0.1:8137/agent/converse",
		Headers: http.Header{"Botid": {"5f3a"}, "Content-Type": {"application/json"}}, Body: body,
		Status: 200, Outcome: wire.Answered, Detail: "all well", Attempt: 2,
		Findings: []wire.Finding{{Rule: "sequence", Detail: "too early"}}, Took: 1.25, Answer: `{"ok":true}`,
	}
}

func numbers(all []wire.Exchange) []int64 {
	out := []int64{}
	for _, x := range all {
		out = append(out, x.N)
	}
	return out
}

// contents returns all bytes of all files in a folder.
func contents(t *testing.T, dir string) []byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no files: %v", err)
	}
	var all []byte
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	return all
}
