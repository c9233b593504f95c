package httptransport_test

import (
	"bufio"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// TestRequestOnTheWire asserts everything that is sent, and that nothing else is.
func TestRequestOnTheWire(t *testing.T) {
	for _, tc := range []struct {
		why   string
		org   string
		extra []string
	}{
		{"a key of one bot", "", nil},
		{"an organization-wide key", "org-9", []string{"Organizationid"}},
	} {
		var got *http.Request
		var body []byte
		url, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			got = r
			body, _ = io.ReadAll(r.Body)
		})
		creds := httptransport.Credentials{BotID: "bot-1", Key: httptransport.NewSecret(keyCanary), OrganizationID: tc.org}
		tr := open(t, provideStatic(creds), httptransport.Config{BaseURL: url + "/some/base/"})
		wantClass(t, tr.Send(t.Context(), message()), transport.Acknowledged)

		if got.Method != http.MethodPost || got.URL.String() != "/some/base/agent/converse/send-message-to-widget" {
			t.Errorf("%s: %s %s", tc.why, got.Method, got.URL)
		}
		if string(body) != string(message().Body) || got.ContentLength != int64(len(body)) {
			t.Errorf("%s: body %q with Content-Length %d", tc.why, body, got.ContentLength)
		}
		want := append([]string{"Authorization", "Botid", "Content-Length", "Content-Type", "User-Agent"}, tc.extra...)
		slices.Sort(want)
		if names := slices.Sorted(maps.Keys(got.Header)); !slices.Equal(names, want) {
			t.Errorf("%s: headers %v, want %v", tc.why, names, want)
		}
		for name, value := range map[string]string{
			"Authorization": keyCanary, "botid": "bot-1", "Content-Type": "application/json", "organizationid": tc.org,
		} {
			if got.Header.Get(name) != value {
				t.Errorf("%s: %s is %q, want %q", tc.why, name, got.Header.Get(name), value)
			}
		}
	}
}

// TestEmptyBodyIsSentAsIs: what a body should hold is not a transport's business.
func TestEmptyBodyIsSentAsIs(t *testing.T) {
	url, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			t.Errorf("Content-Length is %d, want 0", r.ContentLength)
		}
		w.WriteHeader(http.StatusBadRequest)
	})
	req := message()
	req.Body = nil
	wantClass(t, open(t, static(t, "bot-1", keyCanary), httptransport.Config{BaseURL: url}).Send(t.Context(), req), transport.Rejected)
}

// TestBrokenReusedConnectionIsNotReplayed: a header that a caller's RoundTripper adds gives net/http
// leave to post again on a connection that broke; without GetBody it has nothing to post.
func TestBrokenReusedConnectionIsNotReplayed(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	var posts atomic.Int64
	go answerOnceThenBreak(listener, &posts)

	pool := &http.Transport{}
	t.Cleanup(pool.CloseIdleConnections)
	client := &http.Client{Transport: tripper(func(req *http.Request) (*http.Response, error) {
		req.Header.Set("Idempotency-Key", "well meant")
		return pool.RoundTrip(req)
	})}
	tr := open(t, static(t, "bot-1", keyCanary), httptransport.Config{BaseURL: "http://" + listener.Addr().String(), Client: client})
	wantClass(t, tr.Send(t.Context(), message()), transport.Acknowledged)
	wantClass(t, tr.Send(t.Context(), message()), transport.Unknown)
	if n := posts.Load(); n != 2 {
		t.Errorf("2 calls, and the server got %d posts", n)
	}
}

// answerOnceThenBreak answers the first request of each connection and cuts it after reading the
// second.
func answerOnceThenBreak(listener net.Listener, posts *atomic.Int64) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		reader := bufio.NewReader(conn)
		for n := range 2 {
			req, err := http.ReadRequest(reader)
			if err != nil {
				break
			}
			_, _ = io.Copy(io.Discard, req.Body)
			posts.Add(1)
			if n == 0 {
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			}
		}
		_ = conn.Close()
	}
}
