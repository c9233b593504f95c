package webhook_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/webhook"
)

// pipeListener hands a server one connection, in memory, so that it runs on the clock of a bubble.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	select {
	case <-l.done:
	default:
		close(l.done)
	}
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// connect serves h and returns the sender's end of a connection.
func connect(t *testing.T, server *http.Server) net.Conn {
	l := &pipeListener{make(chan net.Conn, 1), make(chan struct{})}
	sender, receiver := net.Pipe()
	l.conns <- receiver
	go server.Serve(l)
	t.Cleanup(func() {
		sender.Close()
		server.Close()
	})
	return sender
}

// request sends one and reads the answer.
func request(t *testing.T, conn net.Conn, raw string) int {
	t.Helper()
	if _, err := io.WriteString(conn, raw); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// whole makes a complete request.
func whole(body string) string {
	return rawPost(fmt.Sprintf("Content-Length: %d\r\n", len(body)), body)
}

// wait lets time pass on the bubble's clock.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Reading ends after exactly ReadTimeout, or the server's own where that is shorter.
func TestReadTimeout(t *testing.T) {
	cases := []struct {
		why               string
		ours, theirs, end time.Duration
	}{
		{"the default", 0, 0, 10 * time.Second},
		{"as configured", 3 * time.Second, 0, 3 * time.Second},
		{"the server waits longer", 3 * time.Second, time.Minute, 3 * time.Second},
		{"the server waits less long", 3 * time.Second, 2 * time.Second, 2 * time.Second},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			needReason(t, c.why)
			synctest.Test(t, func(t *testing.T) {
				h := must(webhook.NewHandler(&recorder{}, webhook.NoVerification(), &webhook.Config{ReadTimeout: c.ours, Logger: quiet()}))(t)
				conn := connect(t, &http.Server{Handler: h, ReadTimeout: c.theirs})
				start := time.Now()
				if status := request(t, conn, rawPost("Content-Length: 500\r\n", bodyEnd)); status != 400 {
					t.Errorf("got %d", status)
				}
				if took := time.Since(start); took != c.end {
					t.Errorf("took %v, want %v", took, c.end)
				}
			})
		})
	}
}

// The limit on reading does not limit what follows: neither the fallback, nor the next request on the
// same connection, nor one after a refusal.
func TestReadTimeoutEndsWithTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := wait(r.Context(), time.Minute); err != nil {
				t.Errorf("the fallback was cut short: %v", err)
			}
		})
		h := must(webhook.NewHandler(&recorder{}, webhook.NoVerification(),
			&webhook.Config{ReadTimeout: time.Second, Fallback: slow, Logger: quiet()}))(t)
		conn := connect(t, &http.Server{Handler: h})
		foreign := `{"data":{"eventType":"isTeamOnline"}}`
		for _, c := range []struct {
			raw    string
			status int
		}{
			{whole(foreign), 200},
			{whole(bodyEnd), 200},
			{"GET / HTTP/1.1\r\nHost: crm.example\r\n\r\n", 405},
			{whole(bodyEnd), 200},
		} {
			if status := request(t, conn, c.raw); status != c.status {
				t.Errorf("got %d, want %d", status, c.status)
			}
			if err := wait(t.Context(), time.Minute); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// deadlineWriter remembers the read deadline set on it.
type deadlineWriter struct {
	*httptest.ResponseRecorder
	deadline time.Time
	sets     int
}

func (w *deadlineWriter) SetReadDeadline(d time.Time) error {
	w.deadline = d
	w.sets++
	return nil
}

// The server of net/http takes the deadline away by itself once it has read the body, but does not promise
// to; other writers may not. After a refusal it stays, for whoever reads the rest of the body.
func TestReadDeadlineIsTakenAway(t *testing.T) {
	w := &deadlineWriter{ResponseRecorder: httptest.NewRecorder()}
	recv := webhook.ReceiverFunc(func(context.Context, events.Envelope) error {
		if w.sets != 2 || !w.deadline.IsZero() {
			t.Errorf("set %d times, at last to %v", w.sets, w.deadline)
		}
		return nil
	})
	h := must(webhook.NewHandler(recv, webhook.NoVerification(), &webhook.Config{Logger: quiet()}))(t)
	h.ServeHTTP(w, post(bodyEnd))
	if w.Code != 200 {
		t.Errorf("got %d", w.Code)
	}
	h.ServeHTTP(w, post(bodyEnd, header("Content-Type")))
	if w.sets != 3 || w.deadline.IsZero() {
		t.Errorf("after a refusal: set %d times, at last to %v", w.sets, w.deadline)
	}
}

// The Receiver runs on after the sender hung up, but not for ever.
func TestReceiveTimeout(t *testing.T) {
	for limit, want := range map[time.Duration]time.Duration{0: 10 * time.Second, 3 * time.Second: 3 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			took := make(chan time.Duration, 1)
			start := time.Now()
			recv := webhook.ReceiverFunc(func(ctx context.Context, _ events.Envelope) error {
				err := wait(ctx, time.Hour)
				took <- time.Since(start)
				return err
			})
			h := must(webhook.NewHandler(recv, webhook.NoVerification(), &webhook.Config{ReceiveTimeout: limit, Logger: quiet()}))(t)
			conn := connect(t, &http.Server{Handler: h})
			if _, err := io.WriteString(conn, whole(bodyEnd)); err != nil {
				t.Fatal(err)
			}
			conn.Close()
			if got := <-took; got != want {
				t.Errorf("the receiver ran for %v, want %v", got, want)
			}
		})
	}
}
