package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// TestTheNextDay: what is too old parks, and -retry is a person's word to send it all the same.
func TestTheNextDay(t *testing.T) {
	tomorrow := options{path: stuck(t), settle: settle, now: func() time.Time { return time.Now().Add(24 * time.Hour) }}
	var out bytes.Buffer
	err := run(t.Context(), &out, tomorrow)
	if err == nil || !strings.Contains(err.Error(), "parked at event 1 (too old)") || !strings.Contains(err.Error(), "-retry") {
		t.Fatalf("got %v, want to be told what is parked and what to do\n%s", err, &out)
	}

	tomorrow.retry = true
	text := again(t, tomorrow)
	for _, want := range []string{
		"parked at event 1 (too old): somebody decides to send it all the same\n",
		"event 1, escalationSuccess: acknowledged, attempts 2: the visitor may have seen it twice\n",
		"event 2, message: expired, attempts 0\n", // a day later nobody wants it
		"parked at event 7 (too old): somebody decides to send it all the same\n",
		"event 7, agentDisconnect: acknowledged, attempts 1\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}
