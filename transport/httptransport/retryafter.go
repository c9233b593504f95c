package httptransport

import (
	"net/http"
	"strings"
	"time"

	"github.com/escalationkit/escalation/transport"
)

// retryAfter reads the value of a Retry-After header, seconds or an HTTP date, as a wait counted
// from now. The wait is clamped to 0..transport.MaxRetryAfter; false means a malformed value.
func retryAfter(value string, now time.Time) (time.Duration, bool) {
	value = strings.Trim(value, " \t")
	if value == "" {
		return 0, false
	}
	if seconds, ok := digits(value); ok {
		return seconds, true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	// Sub saturates, so a date thousands of years away stays on its side of zero.
	return min(max(date.Sub(now), 0), transport.MaxRetryAfter), true
}

// digits reads a number of seconds of any length: no sign, no fraction.
func digits(value string) (time.Duration, bool) {
	const most = int64(transport.MaxRetryAfter / time.Second)
	var n int64
	for i := range len(value) {
		b := value[i]
		if b < '0' || b > '9' {
			return 0, false
		}
		n = min(n*10+int64(b-'0'), most) // clamped at each step: it cannot overflow
	}
	return time.Duration(n) * time.Second, true
}
