package browser_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// theKey is the API key. Nothing may show it.
const theKey = "canary-key-5521"

// sandbox is a running `escalation sandbox`, as somebody starts it in a shell.
type sandbox struct {
	t      *testing.T
	URL    string       // http://127.0.0.1:PORT
	client *http.Client // of its own: no connection to another sandbox that had the same address
	stop   func()       // tells the program to stop, which it must do cleanly
}

// freeAddress is an address of loopback for a server that is stopped while its address is still needed. With one that everybody
// uses, another program might be given the port meanwhile.
var freeAddress = sync.OnceValue(func() string {
	address := fmt.Sprintf("127.%d.%d.%d:0", 1+rand.IntN(254), rand.IntN(256), 1+rand.IntN(254))
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "127.0.0.1:0" // not every system has the others
	}
	l.Close()
	return address
})

// startSandbox starts the built program on an address, and reads its first line. At the latest when the test ends it
// is stopped.
func startSandbox(t *testing.T, addr string, more ...string) *sandbox {
	t.Helper()
	chromium.start(t) // no program without a browser to look at it with
	dir := t.TempDir()
	args := []string{"sandbox", "--addr", addr, "--bot", "my-bot", "--key", theKey, "--db", filepath.Join(dir, "sandbox.db")}
	cmd := exec.Command(must(program())(t), append(args, more...)...)
	cmd.Dir = dir
	var said bytes.Buffer
	cmd.Stderr = &said
	stdout := must(cmd.StdoutPipe())(t)
	check(t, cmd.Start())
	s := &sandbox{t: t, client: &http.Client{Transport: &http.Transport{}}}
	s.stop = sync.OnceFunc(func() {
		s.client.CloseIdleConnections()
		watchdog := time.AfterFunc(patience, func() { cmd.Process.Kill() })
		defer watchdog.Stop()
		check(t, cmd.Process.Signal(syscall.SIGTERM))
		io.Copy(io.Discard, stdout)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the sandbox stopped with %v", err)
		}
		if t.Failed() {
			t.Logf("the sandbox's standard error:\n%s", said.Bytes())
		}
	})
	t.Cleanup(s.stop)
	first, err := bufio.NewReader(stdout).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(first), "sandbox listening on ")
	if err != nil || !ok {
		t.Fatalf("first line %q, %v", first, err)
	}
	s.URL = url
	return s
}

// bypass sends an event to the widget as another client does, past the CRM, and returns the status.
func (s *sandbox) bypass(key string, event any) int {
	s.t.Helper()
	return s.post("/agent/converse/send-message-to-widget", event, "Authorization", key, "botid", "my-bot")
}

// post sends JSON to the sandbox past the page, and returns the status.
func (s *sandbox) post(path string, body any, headers ...string) int {
	s.t.Helper()
	b := must(json.Marshal(body))(s.t)
	req := must(http.NewRequestWithContext(s.context(), http.MethodPost, s.URL+path, bytes.NewReader(b)))(s.t)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res := must(s.client.Do(req))(s.t)
	defer res.Body.Close()
	return res.StatusCode
}

// get reads JSON past the page.
func (s *sandbox) get(path string, into any) {
	s.t.Helper()
	req := must(http.NewRequestWithContext(s.context(), http.MethodGet, s.URL+path, nil))(s.t)
	res := must(s.client.Do(req))(s.t)
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("GET %s: %s", path, res.Status)
	}
	check(s.t, json.NewDecoder(res.Body).Decode(into))
}

func (s *sandbox) context() context.Context {
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	s.t.Cleanup(cancel)
	return ctx
}

// talk is a conversation as the sandbox knows it.
type talk struct {
	ID, State string
	Round     int
	Lines     []struct{ By, Kind, Text string }
	Desk      struct {
		State   string // as the CRM has it
		Pending int    // what it has not delivered yet
	}
}

func (s *sandbox) talks() []talk {
	s.t.Helper()
	var state struct{ Conversations []talk }
	s.get("/api/state", &state)
	return state.Conversations
}

func (s *sandbox) talk(id string) talk {
	s.t.Helper()
	for _, c := range s.talks() {
		if c.ID == id {
			return c
		}
	}
	s.t.Fatalf("no conversation %q", id)
	return talk{}
}

// request is an exchange as the sandbox knows it.
type request struct {
	N                                                 int
	Direction, Conversation, Kind, Outcome, Body, URL string
	Status, Attempt                                   int
	Headers                                           http.Header
	Answer                                            string
}

func (s *sandbox) wire() []request {
	s.t.Helper()
	var log struct{ Exchanges []request }
	s.get("/api/wire?limit=500", &log)
	return log.Exchanges
}

// agent has the agent do something, past the page.
func (s *sandbox) agent(conversation, kind string, fields ...string) {
	s.t.Helper()
	event := map[string]string{"platformConversationId": conversation, "eventType": kind}
	for i := 0; i < len(fields); i += 2 {
		event[fields[i]] = fields[i+1]
	}
	if status := s.post("/api/desk", event); status != http.StatusOK {
		s.t.Fatalf("%s: %d", kind, status)
	}
}

// visitor has the visitor do something, past the page.
func (s *sandbox) visitor(conversation, do, text string) {
	s.t.Helper()
	if status := s.post("/api/visitor", map[string]string{"conversation": conversation, "do": do, "text": text}); status != http.StatusOK {
		s.t.Fatalf("visitor %s: %d", do, status)
	}
}
