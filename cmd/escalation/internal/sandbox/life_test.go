package sandbox_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/port/porttest"
	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox"
)

// TestRestartOnTheSameDatabase: exchanges and conversations of an earlier run are there, numbers go on, and whoever followed that
// run is told to look again.
func TestRestartOnTheSameDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	c, s := start(t, sandbox.Config{Database: path})
	c.must("/api/visitor", `{"conversation":"1","do":"escalate"}`)
	c.settled("1", "pending")
	c.must("/api/desk", `{"platformConversationId":"1","eventType":"escalationSuccess"}`)
	c.settled("1", "connected")
	before, seq := c.recorded(2), c.state().Seq
	if s := c.state(); s.Earlier != 0 {
		t.Errorf("%d exchanges of an earlier run in a new file", s.Earlier)
	}
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}

	c, _ = start(t, sandbox.Config{Database: path})
	after := c.wire()
	if len(after) != len(before) || after[0].Seq != 0 || after[0].Resend || after[0].Body != before[0].Body {
		t.Errorf("exchanges of the earlier run: %+v", after)
	}
	if s := c.state(); s.Earlier != len(before) {
		t.Errorf("%d exchanges of the earlier run are told of, not %d", s.Earlier, len(before))
	}
	if status, text := c.post("/api/resend", `{"n":1}`); status != http.StatusConflict || !strings.Contains(text, "'escalation resend' sends those") {
		t.Errorf("one of the earlier run again: %d %s", status, text)
	}
	c.must("/api/visitor", `{"conversation":"2","do":"escalate"}`)
	c.settled("2", "pending")
	if xs := c.recorded(3); xs[len(xs)-1].N != before[len(before)-1].N+1 {
		t.Errorf("the next exchange is %d", xs[len(xs)-1].N)
	}
	if now := c.state().Seq; now <= seq {
		t.Errorf("version %d after %d", now, seq)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", c.url+"/api/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Last-Event-ID", fmt.Sprint(seq))
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text := make([]byte, 200)
	for said := ""; !strings.Contains(said, "event: reset"); {
		n, err := resp.Body.Read(text)
		said += string(text[:n])
		if err != nil || strings.Contains(said, "data:") && !strings.Contains(said, "event: reset") {
			t.Fatalf("the stream begins with %q, %v", said, err)
		}
	}
	// The demo CRM remembers the conversation that the platform has forgotten.
	status, answer := c.post("/api/desk", `{"platformConversationId":"1","eventType":"escalationFailed"}`)
	if status != http.StatusConflict || !strings.Contains(answer, "agentDisconnect ends the conversation") {
		t.Errorf("the old conversation: %d %s", status, answer)
	}
}

// TestNoSecretIsKept looks for every secret in all files and in all that the page can read.
func TestNoSecretIsKept(t *testing.T) {
	dir := t.TempDir()
	const key, wrong = "key-4711-of-this-test", "key-0000-of-somebody-else"
	c, s := start(t, sandbox.Config{Database: filepath.Join(dir, "x.db"), Key: key})
	c.must("/api/visitor", `{"conversation":"1","do":"escalate"}`)
	c.settled("1", "pending")
	c.must("/api/key", `{"rotate":true}`)
	c.must("/api/desk", `{"platformConversationId":"1","eventType":"escalationSuccess","agent":"`+key+`"}`)
	c.settled("1", "connected")
	c.send(endpoint+"?key="+wrong, wrong, `{"platformConversationId":"1","eventType":"message","text":"my key is `+key+`"}`)
	c.await("the wrong key's answer", func(state) bool { xs := c.wire(); return xs[len(xs)-1].Status == 401 })
	shown := ""
	for _, path := range []string{"/api/state", "/api/wire", "/"} {
		_, text, _ := c.do("GET", path, "", nil)
		shown += string(text)
	}
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	names, _ := filepath.Glob(filepath.Join(dir, "*"))
	stored := ""
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		stored += string(text)
	}
	if strings.Contains(shown+stored, wrong) {
		t.Error("a wrong key was kept")
	}
	// What the agent said is the demo CRM's to keep; the log has it hidden.
	if !strings.Contains(stored, "my key is [hidden]") || strings.Contains(stored, "my key is "+key) {
		t.Error("the key stands in the log")
	}
	if strings.Contains(stored, "X-Sandbox-Secret") || strings.Contains(stored, `"Authorization":`) {
		t.Error("a header was kept that should not be")
	}
}

// TestCloseLeavesNothing closes a sandbox in the middle of everything: streams, a held request, webhooks, a CRM that sends.
func TestCloseLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	before := runtime.NumGoroutine()
	s, err := sandbox.Start(t.Context(), sandbox.Config{Addr: "127.0.0.1:0", Bot: "5f3a", Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	c := &caller{t, s.URL()}
	var streams []io.Closer
	for range 3 {
		resp, err := http.Get(c.url + "/api/events")
		if err != nil {
			t.Fatal(err)
		}
		streams = append(streams, resp.Body)
	}
	c.must("/api/visitor", `{"conversation":"1","do":"escalate"}`)
	c.settled("1", "pending")
	c.recorded(1)
	c.must("/api/faults", `{"preset":"no-answer"}`)
	c.must("/api/faults", `{"preset":"late-copy"}`)
	c.must("/api/desk", `{"platformConversationId":"1","eventType":"escalationSuccess"}`)
	c.await("the held request", func(state) bool { xs := c.wire(); return xs[len(xs)-1].Outcome == "held" })

	begun := time.Now()
	if err := s.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > 15*time.Second { // what is held is held for 20 s
		t.Errorf("Close took %v", took)
	}
	if err := s.Close(context.Background()); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	for _, stream := range streams {
		stream.Close()
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(c.url, "http://")); err == nil {
		conn.Close()
		t.Error("somebody still listens")
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	deadline := time.Now().Add(20 * time.Second)
	for runtime.NumGoroutine() > before && time.Now().Before(deadline) {
		runtime.Gosched() // what has ended is about to return
	}
	if n := runtime.NumGoroutine(); n > before {
		stacks := make([]byte, 1<<20)
		t.Errorf("%d goroutines, %d before:\n%s", n, before, stacks[:runtime.Stack(stacks, true)])
	}
}

// TestStartErrors: whatever prevents the start is told in one line, and leaves nothing open.
func TestStartErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign.db")
	if err := os.WriteFile(foreign, []byte("a letter"), 0o600); err != nil {
		t.Fatal(err)
	}
	used := filepath.Join(dir, "used.db")
	_, first := start(t, sandbox.Config{Database: used})
	free := filepath.Join(dir, "free.db")
	for _, tc := range []struct {
		why  string
		cfg  sandbox.Config
		want string
	}{
		{"the port is taken", sandbox.Config{Addr: taken.Addr().String(), Database: free},
			"cannot listen on " + taken.Addr().String() + ": address already in use; --addr 127.0.0.1:0 takes a free port"},
		{"no database", sandbox.Config{Database: foreign}, fmt.Sprintf("wire: database %q: it is not a database that this program made", foreign)},
		{"the database is in use", sandbox.Config{Database: used}, fmt.Sprintf("wire: database %q: it is in use by another program", used)},
		{"a bot that cannot be", sandbox.Config{Database: free, Bot: "a\nb"}, "fakeapi: bot id holds a control character"},
	} {
		if tc.cfg.Addr == "" {
			tc.cfg.Addr = "127.0.0.1:0"
		}
		if tc.cfg.Bot == "" {
			tc.cfg.Bot = "5f3a"
		}
		tc.cfg.Key = "k"
		s, err := sandbox.Start(t.Context(), tc.cfg)
		if s != nil || err == nil || err.Error() != tc.want {
			t.Errorf("%s: %v, want %s", tc.why, err, tc.want)
		}
	}
	start(t, sandbox.Config{Database: free}) // what failed let go of it
	if err := first.Close(context.Background()); err != nil {
		t.Error(err)
	}
	start(t, sandbox.Config{Database: used})
}

// TestAwaitCRM: a CRM that is not there is named, one that comes late is waited for.
func TestAwaitCRM(t *testing.T) {
	addr := porttest.Vacant(t)
	_, s := start(t, sandbox.Config{Webhook: "http://" + addr + "/secret-path?token=x"})
	err := s.AwaitCRM(t.Context(), 50*time.Millisecond)
	want := "sandbox: nothing answers at " + addr + ", where the CRM's webhook should be"
	if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "secret-path") || strings.Contains(err.Error(), "token") {
		t.Errorf("got %v", err)
	}
	late := make(chan error)
	go func() { late <- s.AwaitCRM(t.Context(), 20*time.Second) }()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := <-late; err != nil {
		t.Error(err)
	}
}
