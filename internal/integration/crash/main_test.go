package crash_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"
)

// TestMain is the child's main function where the parent says so.
func TestMain(m *testing.M) {
	if text, ok := os.LookupEnv(childVariable); ok {
		var o orders
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		os.Exit(child(o))
	}
	os.Exit(m.Run())
}

// heavy: everything at length.
var heavy = os.Getenv("ESCALATION_HEAVY") == "1"

// amount chooses how much of something is done.
func amount(short, long, underRace int) int {
	switch {
	case raced:
		return underRace
	case heavy:
		return long
	}
	return short
}

const (
	bot = "bot-1"
	// secret, texts and ids of conversations hold words that nothing else holds: none may ever be logged.
	secret   = "canary-key-5521"
	markText = "canary"
	markID   = "parakeet"
)

// settle is short, so that runs are. It must still be long against the delays of a busy machine: see front.
const settle = 40 * time.Millisecond

func conversationID(i int) string { return fmt.Sprintf("%s-%d", markID, i) }

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// directory returns one for a database, in memory where there is a file system for that. A kill takes nothing from it that was
// written, disk or not, faults come from the tracer and power losses are computed; a slow disk would only slow the tests.
func directory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "crash")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { check(t, os.RemoveAll(dir)) })
	return dir
}
