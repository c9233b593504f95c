package httptransport

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation/transport"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestRetryAfter(t *testing.T) {
	for _, tc := range []struct {
		value string
		want  time.Duration
		ok    bool
		why   string
	}{
		{"0", 0, true, "no wait is a wait of nothing"},
		{"1", time.Second, true, "seconds"},
		{" 7\t", 7 * time.Second, true, "white space around a value belongs to the header"},
		{"007", 7 * time.Second, true, "digits are digits"},
		{"300", 5 * time.Minute, true, "the bound itself"},
		{"301", 5 * time.Minute, true, "clamped"},
		{strings.Repeat("9", 400), 5 * time.Minute, true, "clamped without overflow"},
		{"Sun, 01 Mar 2026 12:01:00 GMT", time.Minute, true, "a date"},
		{"Sunday, 01-Mar-26 12:01:00 GMT", time.Minute, true, "an old form of a date that HTTP still allows"},
		{"Sun Mar  1 12:01:00 2026", time.Minute, true, "another"},
		{"Sun, 01 Mar 2026 11:59:59 GMT", 0, true, "the past"},
		{"Mon, 01 Mar 9999 00:00:00 GMT", 5 * time.Minute, true, "far away"},
		{"", 0, false, "no value"},
		{"-1", 0, false, "no sign"},
		{"+1", 0, false, "no sign"},
		{"1.5", 0, false, "no fraction"},
		{"1e3", 0, false, "no exponent"},
		{"1s", 0, false, "no unit"},
		{"1, 2", 0, false, "one value"},
		{"soon", 0, false, "words"},
		{"2026-03-01T12:01:00Z", 0, false, "a date of another kind"},
	} {
		got, ok := retryAfter(tc.value, noon)
		if got != tc.want || ok != tc.ok {
			t.Errorf("%q: %v, %v; want %v, %v (%s)", tc.value, got, ok, tc.want, tc.ok, tc.why)
		}
	}
}

// FuzzRetryAfter: a wait is always within bounds, nothing comes of a malformed value, and what is
// accepted is digits or a date.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"0", "120", "99999999999999999999", "-1", noon.Format(http.TimeFormat), "x"} {
		f.Add(seed, int64(0))
	}
	f.Fuzz(func(t *testing.T, value string, shift int64) {
		now := noon.Add(time.Duration(shift))
		got, ok := retryAfter(value, now)
		if got < 0 || got > transport.MaxRetryAfter {
			t.Fatalf("%q: %v", value, got)
		}
		trimmed := strings.Trim(value, " \t")
		seconds, notNumber := strconv.ParseUint(trimmed, 10, 31)
		date, notDate := http.ParseTime(trimmed)
		switch {
		case !ok && (got != 0 || notNumber == nil || notDate == nil):
			t.Fatalf("%q: refused with %v", value, got)
		case ok && notNumber == nil && got != min(time.Duration(seconds)*time.Second, transport.MaxRetryAfter):
			t.Fatalf("%q: %v", value, got)
		case ok && notDate == nil && got != min(max(date.Sub(now), 0), transport.MaxRetryAfter):
			t.Fatalf("%q: %v", value, got)
		case ok && notNumber != nil && notDate != nil && strings.Trim(trimmed, "0123456789") != "":
			t.Fatalf("%q: accepted", value)
		}
	})
}
