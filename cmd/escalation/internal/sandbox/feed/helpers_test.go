package feed_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox/feed"
)

const first = 1000 // the version before the first

// A board is a feed of counters: each change of a key gives it the next value.
type board struct {
	sync.Mutex
	feed    *feed.Feed
	values  map[string]int
	version map[string]int64
	gone    []string
}

func newBoard(most, room int) *board {
	b := &board{values: map[string]int{}, version: map[string]int64{}}
	b.feed = feed.New(b, first, most, room)
	return b
}

type value struct {
	Key     string
	Value   int
	Version int64
}

func (b *board) change(key string) int64 { return b.changeHeavy(key, 1) }

func (b *board) changeHeavy(key string, weight int) int64 {
	b.Lock()
	defer b.Unlock()
	b.values[key]++
	b.version[key] = b.feed.Publish(feed.Change{
		Key: key, Event: "counter", Weight: weight,
		Value:  func() any { return value{key, b.values[key], b.version[key]} },
		Forget: func() { b.gone = append(b.gone, key) },
	})
	return b.version[key]
}

// final returns what a reader must know in the end.
func (b *board) final() map[string]value {
	b.Lock()
	defer b.Unlock()
	out := map[string]value{}
	for key, n := range b.values {
		out[key] = value{key, n, b.version[key]}
	}
	return out
}

// serve serves the feed over connections in memory.
func serve(t *testing.T, b *board, done <-chan struct{}, cfg *feed.StreamConfig) *pipes {
	t.Helper()
	refuse := func(w http.ResponseWriter, status int, problem string) { http.Error(w, problem, status) }
	p := &pipes{accepted: make(chan net.Conn), closed: make(chan struct{})}
	server := &http.Server{Handler: feed.NewStream(b.feed, done, refuse, cfg)}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.Serve(p) }()
	t.Cleanup(func() { server.Close(); <-served })
	return p
}

// pipes is a listener in memory.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// dial sends a request, and leaves the rest to the caller.
func (p *pipes) dial(t *testing.T, query, lastID string) net.Conn {
	t.Helper()
	ours, theirs := net.Pipe()
	p.accepted <- theirs
	header := "Host: x\r\n"
	if lastID != "" {
		header += "Last-Event-ID: " + lastID + "\r\n"
	}
	if _, err := fmt.Fprintf(ours, "GET /%s HTTP/1.1\r\n%s\r\n", query, header); err != nil {
		t.Error(err)
	}
	return ours
}

// A reader reads one stream.
type reader struct {
	t      *testing.T
	conn   net.Conn
	status int
	body   *bufio.Scanner
}

func (p *pipes) open(t *testing.T, query, lastID string) *reader {
	t.Helper()
	conn := p.dial(t, query, lastID)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return &reader{t, conn, resp.StatusCode, bufio.NewScanner(resp.Body)}
}

// at opens a stream at a version.
func (p *pipes) at(t *testing.T, version int64) *reader {
	return p.open(t, "", strconv.FormatInt(version, 10))
}

func (r *reader) close() { r.conn.Close() }

type event struct {
	id    int64
	event string
	value value
	seq   int64 // of a reset
}

// next returns the next event. It returns false at the end of the stream, and where only heartbeats come.
func (r *reader) next() (event, bool) {
	var e event
	for beats := 0; r.body.Scan() && beats < 3; {
		if r.body.Text() == ": still here" {
			beats++
		}
		name, text, _ := strings.Cut(r.body.Text(), ": ")
		var err error
		switch name {
		case "id":
			e.id, err = strconv.ParseInt(text, 10, 64)
		case "event":
			e.event = text
		case "data":
			var reset struct{ Seq int64 }
			err = json.Unmarshal([]byte(text), &e.value)
			if err == nil {
				err = json.Unmarshal([]byte(text), &reset)
			}
			e.seq = reset.Seq
		}
		if err != nil {
			r.t.Errorf("line %q: %v", r.body.Text(), err)
		}
		if name == "" && e.event != "" {
			return e, true
		}
	}
	return e, false
}
