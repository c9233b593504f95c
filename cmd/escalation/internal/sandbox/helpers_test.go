package sandbox_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox"
)

// The JSON of the interface, as a stranger would read it.
type (
	conversation struct {
		Seq       int64
		ID        string
		Round     int
		State     string
		EndedBy   string
		Live      bool
		Last      *transition
		Lines     []line
		Desk      *view
		DeskError string
		Findings  int
		Earlier   bool
	}
	transition struct{ From, To, Kind string }
	line       struct {
		Seq                         int
		By, Kind, Text, Broken, Why string
		Cut                         bool
	}
	view struct {
		State, Accepted string
		Round, Pending  int
		Kinds           []kindView
	}
	kindView struct {
		Kind    string
		Allowed bool
		Rules   []string
		Reason  string
	}
	exchange struct {
		Seq, N                        int64
		Direction, Conversation, Kind string
		Method, URL, Body             string
		Headers                       http.Header
		Status                        int
		Outcome, Detail               string
		Attempt                       int
		Findings                      []finding
		Answer                        string
		Of                            int64
		Resend                        bool
	}
	finding struct{ Rule, Detail string }
	preset  struct {
		Name, Group, Label, About string
		Armed                     int
	}
	faults struct {
		Seq                int64
		Presets            []preset
		Left, WebhooksLeft int
	}
	script struct {
		Seq          int64
		Name, Status string
		Reasons      []string
	}
	state struct {
		Seq                   int64
		Script                *script
		Bot, BaseURL, Webhook string
		Demo, Desk            bool
		Earlier               int
		Conversations         []conversation
		Faults                faults
	}
)

// A caller calls a running sandbox.
type caller struct {
	t   *testing.T
	url string
}

// start runs a sandbox with what is missing in cfg filled in, and stops it at the end of the test.
func start(t *testing.T, cfg sandbox.Config) (*caller, *sandbox.Sandbox) {
	t.Helper()
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	if cfg.Bot == "" {
		cfg.Bot = "5f3a"
	}
	if cfg.Key == "" {
		cfg.Key = "key-4711"
	}
	s, err := sandbox.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return &caller{t, s.URL()}, s
}

// do makes a request and returns the status and the body.
func (c *caller) do(method, path, body string, header http.Header) (int, []byte, http.Header) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 30*time.Second) // what never ends is a stream that should not be there
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Host = header.Get("Host")
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return resp.StatusCode, text, resp.Header
}

var asJSON = http.Header{"Content-Type": {"application/json"}}

// get reads JSON that must be there.
func (c *caller) get(path string, into any) {
	c.t.Helper()
	status, text, _ := c.do("GET", path, "", nil)
	if err := json.Unmarshal(text, into); err != nil || status != http.StatusOK {
		c.t.Fatalf("GET %s: %d %s %v", path, status, text, err)
	}
}

// post posts JSON and returns the answer.
func (c *caller) post(path, body string) (int, string) {
	c.t.Helper()
	status, text, _ := c.do("POST", path, body, asJSON)
	return status, string(bytes.TrimSpace(text))
}

// must posts JSON that must be taken.
func (c *caller) must(path, body string) string {
	c.t.Helper()
	status, text := c.post(path, body)
	if status != http.StatusOK {
		c.t.Fatalf("POST %s %s: %d %s", path, body, status, text)
	}
	return text
}

func (c *caller) state() state {
	c.t.Helper()
	var s state
	c.get("/api/state", &s)
	return s
}

func (c *caller) wire() []exchange {
	c.t.Helper()
	var w struct{ Exchanges []exchange }
	c.get("/api/wire", &w)
	return w.Exchanges
}

// conversation returns the conversation with the id.
func (s state) conversation(id string) conversation {
	for _, c := range s.Conversations {
		if c.ID == id {
			return c
		}
	}
	return conversation{}
}

// await looks at the state again at every change until it is as wanted.
func (c *caller) await(what string, wanted func(state) bool) state {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", c.url+"/api/events", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for {
		s := c.state()
		if wanted(s) {
			return s
		}
		for lines.Scan() && !strings.HasPrefix(lines.Text(), "data: ") {
		}
		if ctx.Err() != nil {
			text, _ := json.MarshalIndent(s.Conversations, "", " ")
			c.t.Fatalf("in vain waited for: %s; last seen: %s", what, text)
		}
	}
}

// settled waits until the CRM says that the conversation is in a state and nothing is pending.
func (c *caller) settled(id, wanted string) conversation {
	c.t.Helper()
	return c.await(id+" "+wanted, func(s state) bool {
		got := s.conversation(id)
		return got.State == wanted && got.Desk != nil && got.Desk.State == wanted && got.Desk.Pending == 0
	}).conversation(id)
}

// recorded waits until there are as many exchanges, and returns all. A webhook is one when its answer has come, which may be after
// the CRM has done everything.
func (c *caller) recorded(n int) (all []exchange) {
	c.t.Helper()
	c.await(fmt.Sprint(n, " exchanges"), func(state) bool {
		all = c.wire()
		return len(all) >= n
	})
	return all
}

func texts(lines []line) []string {
	var out []string
	for _, l := range lines {
		out = append(out, l.By+": "+l.Text)
	}
	return out
}
