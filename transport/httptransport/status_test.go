package httptransport_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// TestStatuses asserts the table of statuses, each row by hand.
func TestStatuses(t *testing.T) {
	const (
		ack, unknown         = transport.Acknowledged, transport.Unknown
		scope, later, reject = transport.RefusedScope, transport.RefusedLater, transport.Rejected
	)
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		status int
		header string // one header line of the answer
		want   transport.Class
		wait   time.Duration
		why    string
	}{
		{200, "", ack, 0, "documented"},
		{200, "Content-Type: application/json", ack, 0, "the body of a 200 means nothing"},
		{200, "Content-Type: text/plain", ack, 0, "a server may say OK in words"},
		{200, "Content-Type: text/html", unknown, 0, "a login page"},
		{200, "Content-Type: Text/HTML; charset=utf-8", unknown, 0, "media types ignore case and carry parameters"},
		{200, "Content-Type: text/html-ish", ack, 0, "another media type"},
		{200, "Retry-After: 9", ack, 0, "an acknowledgement asks for nothing"},
		{201, "", ack, 0, "another 2xx"},
		{202, "", ack, 0, "another 2xx"},
		{204, "", ack, 0, "another 2xx"},
		{299, "", ack, 0, "another 2xx"},
		{299, "Content-Type: text/html", unknown, 0, "a page with another 2xx"},
		{300, "", scope, 0, "3xx without a place to go"},
		{301, "", scope, 0, "3xx"},
		{302, "", scope, 0, "3xx"},
		{304, "", scope, 0, "3xx"},
		{307, "", scope, 0, "3xx"},
		{308, "", scope, 0, "3xx"},
		{399, "", scope, 0, "3xx"},
		{400, "", reject, 0, "documented"},
		{400, "Content-Type: text/html", reject, 0, "a page matters with a 2xx only"},
		{401, "", scope, 0, "documented: key or bot id"},
		{402, "", unknown, 0, "not in the table"},
		{403, "", scope, 0, "the key may not"},
		{404, "", scope, 0, "documented: no such endpoint"},
		{405, "", scope, 0, "the wrong address"},
		{406, "", unknown, 0, "not in the table"},
		{407, "", unknown, 0, "not in the table"},
		{408, "", unknown, 0, "the server gave up reading; what it did with the part is unknown"},
		{409, "", unknown, 0, "not in the table"},
		{410, "", unknown, 0, "not in the table"},
		{411, "", unknown, 0, "not in the table"},
		{412, "", unknown, 0, "not in the table"},
		{413, "", reject, 0, "it stays too large"},
		{414, "", reject, 0, "it stays too long"},
		{415, "", reject, 0, "it stays what it is"},
		{417, "", unknown, 0, "not in the table"},
		{418, "", unknown, 0, "not in the table"},
		{421, "", unknown, 0, "not in the table"},
		{422, "", reject, 0, "understood and refused"},
		{423, "", unknown, 0, "not in the table"},
		{425, "", unknown, 0, "not in the table"},
		{429, "", later, 0, "too many, with no time named"},
		{429, "Retry-After: 7", later, 7 * time.Second, "too many, with a time"},
		{429, "Retry-After: soon", later, 0, "429 is clear without a time"},
		{429, "Retry-After: 86400", later, 5 * time.Minute, "clamped"},
		{431, "", unknown, 0, "not in the table"},
		{451, "", unknown, 0, "not in the table"},
		{500, "", unknown, 0, "it may have failed after taking the event in"},
		{500, "Retry-After: 3", unknown, 3 * time.Second, "a time does not say that nothing was taken in"},
		{501, "", unknown, 0, "not in the table"},
		{502, "", unknown, 0, "a proxy lost the answer"},
		{503, "", unknown, 0, "it does not say that the event was turned away"},
		{503, "Retry-After: 2", later, 2 * time.Second, "turned away at the door"},
		{503, "Retry-After: 0", later, 0, "a valid time of nothing"},
		{503, "Retry-After: Sun, 01 Mar 2026 12:00:40 GMT", later, 40 * time.Second, "a date, by Config.Now"},
		{503, "Retry-After: Sun, 01 Mar 2026 11:00:00 GMT", later, 0, "a valid date in the past"},
		{503, "Retry-After: -1", unknown, 0, "malformed, so as if it were not there"},
		{504, "", unknown, 0, "a proxy lost the answer"},
		{511, "", unknown, 0, "not in the table"},
		{599, "", unknown, 0, "not in the table"},
		{600, "", unknown, 0, "no status at all"},
		{999, "", unknown, 0, "no status at all"},
	} {
		client := &http.Client{Transport: tripper(func(req *http.Request) (*http.Response, error) {
			resp := answer(req, tc.status)
			if name, value, ok := strings.Cut(tc.header, ": "); ok {
				resp.Header.Set(name, value)
			}
			resp.Body = io.NopCloser(strings.NewReader("what the API wrote about " + textCanary))
			return resp, nil
		})}
		tr := open(t, static(t, "bot-1", keyCanary), httptransport.Config{
			Client: client, Now: func() time.Time { return noon },
		})
		res := tr.Send(t.Context(), message())
		if res.Class != tc.want || res.Status != tc.status || res.RetryAfter != tc.wait {
			t.Errorf("%d %q: got %v, status %d, wait %v; want %v, wait %v (%s)",
				tc.status, tc.header, res.Class, res.Status, res.RetryAfter, tc.want, tc.wait, tc.why)
		}
		wantStatusError(t, res)
	}
}

// wantStatusError checks that what is not acknowledged is explained without what the API wrote.
func wantStatusError(t *testing.T, res transport.Result) {
	t.Helper()
	var se *httptransport.StatusError
	if res.Class == transport.Acknowledged {
		if res.Err != nil {
			t.Errorf("%d: err %v with an acknowledgement", res.Status, res.Err)
		}
		return
	}
	if !errors.As(res.Err, &se) {
		t.Errorf("%d: err is %T", res.Status, res.Err)
		return
	}
	if se.Status != res.Status || se.Class != res.Class || se.RetryAfter != res.RetryAfter {
		t.Errorf("%d: the error says %d, %v, %v", res.Status, se.Status, se.Class, se.RetryAfter)
	}
	if !strings.Contains(se.Excerpt(), textCanary) {
		t.Errorf("%d: the excerpt %q is not what the API wrote", res.Status, se.Excerpt())
	}
	if strings.Contains(se.Error(), textCanary) {
		t.Errorf("%d: the error shows what the API wrote: %v", res.Status, se)
	}
}

// TestNotFoundNamesBothCauses: the sources disagree on what a 404 means.
func TestNotFoundNamesBothCauses(t *testing.T) {
	url, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	res := open(t, static(t, "bot-1", keyCanary), httptransport.Config{BaseURL: url}).Send(t.Context(), message())
	for _, cause := range []string{"endpoint", "base URL", "bot"} {
		if !strings.Contains(res.Err.Error(), cause) {
			t.Errorf("%q does not name %q", res.Err, cause)
		}
	}
}

// TestExcerptIsBounded: what is kept of an error body does not grow with it.
func TestExcerptIsBounded(t *testing.T) {
	url, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, strings.Repeat("x", 300_000))
	})
	res := open(t, static(t, "bot-1", keyCanary), httptransport.Config{BaseURL: url}).Send(t.Context(), message())
	var se *httptransport.StatusError
	if !errors.As(res.Err, &se) || len(se.Excerpt()) != 2048 {
		t.Errorf("the excerpt has %d bytes, want 2048", len(se.Excerpt()))
	}
}
