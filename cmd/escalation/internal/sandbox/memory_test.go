//go:build !race

package sandbox_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox"
)

// TestTenThousandEvents sends the events of 560 rounds in 2 conversations, with a page that looks on, until all that is bounded
// is full, and then 10,000 more, and weighs the heap and the database before and after.
func TestTenThousandEvents(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	crm := newStranger(t)
	go func() {
		for range crm.got {
		}
	}()
	t.Cleanup(func() { close(crm.got) }) // after the sandbox is closed
	c, _ := start(t, sandbox.Config{Webhook: crm.url, Database: path})

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", c.url+"/api/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	go io.Copy(io.Discard, resp.Body)

	events := 0
	play := func(most int) {
		var all sync.WaitGroup
		for i := range 2 {
			all.Go(func() {
				for range most / 2 / 25 {
					c.round(fmt.Sprint("conversation ", i))
				}
			})
		}
		all.Wait()
		events += most / 2 / 25 * 2 * 25
	}
	weigh := func() (heap, file int64) {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		for _, name := range []string{path, path + "-wal"} {
			if info, err := os.Stat(name); err == nil {
				file += info.Size()
			}
		}
		return int64(m.HeapAlloc), file
	}
	play(4000)
	c.must("/api/visitor", `{"do":"new"}`)
	heap1, file1 := weigh()
	play(10000)
	c.wire() // waits for the file
	heap2, file2 := weigh()
	t.Logf("%d events in all; heap %.1f MB, then %.1f MB; database %.1f MB, then %.1f MB",
		events, mb(heap1), mb(heap2), mb(file1), mb(file2))
	if grown := heap2 - heap1; grown > 1<<20 {
		t.Errorf("the heap grew by %.1f MB", mb(grown))
	}
	if file2 > 9<<20 { // 5000 exchanges and some dead space; all of them would take 13
		t.Errorf("the database takes %.1f MB", mb(file2))
	}
	if xs := c.wire(); xs[len(xs)-1].N < 14000 {
		t.Errorf("the last exchange is number %d", xs[len(xs)-1].N)
	}
	if s := c.state(); len(s.Conversations) != 4 {
		t.Errorf("%d conversations", len(s.Conversations))
	}
}

func mb(n int64) float64 { return float64(n) / (1 << 20) }

// round plays a round of 25 events that the CRM sends.
func (c *caller) round(id string) {
	kinds := []string{`"escalationQueueUpdate","queuePosition":"1"`, `"escalationSuccess","agent":"Ann"`}
	for range 22 {
		kinds = append(kinds, `"message","text":"`+strings.Repeat("words ", 20)+`"`)
	}
	kinds = append(kinds, `"agentDisconnect"`)
	c.must("/api/visitor", fmt.Sprintf(`{"conversation":%q,"do":"escalate"}`, id))
	for _, kind := range kinds {
		if status := c.send(endpoint, "key-4711", fmt.Sprintf(`{"platformConversationId":%q,"eventType":%s}`, id, kind)); status != 200 {
			c.t.Errorf("%s: status %d", kind, status)
		}
	}
}
