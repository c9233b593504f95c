package crash_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/escalationkit/escalation/internal/integration/diskfault"
	"github.com/escalationkit/escalation/internal/integration/require"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// TestPowerLoss builds what a loss of power at any moment of the script may leave, opens each, and lets a client drain
// it: nothing that was promised by then is lost, nothing is corrupt, nothing arrives twice without being recorded so.
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	trace := recordScript(t, false)
	every, random := amount(12, 1, 60), amount(1, 4, 1)
	done, err := trace.Images(t.Context(), imageSeed, afterPowerLoss(t), &diskfault.ImagesConfig{Every: every, Random: random})
	t.Logf("%d operations, %d promises and observations, %+v", len(trace.Ops), len(trace.Marks), done)
	check(t, err)
	if done.Images < amount(50, 500, 5) {
		t.Errorf("%d images: too few to mean anything", done.Images)
	}
}

// TestPowerLossFindsCarelessness: with a driver that does not sync commits, the same images show a loss.
func TestPowerLossFindsCarelessness(t *testing.T) {
	t.Parallel()
	trace := recordScript(t, true)
	done, err := trace.Images(t.Context(), imageSeed, afterPowerLoss(t), &diskfault.ImagesConfig{Random: 1})
	t.Logf("%+v: %.300v", done, err)
	if _, found := errors.AsType[*violations](err); !found {
		t.Fatalf("the suite found %v", err)
	}
}

const imageSeed = 1

// recordScript runs the script in fine weather.
func recordScript(t *testing.T, carelessly bool) *diskfault.Trace {
	t.Helper()
	require.Strace(t)
	h := newHistory(t, 1, 2)
	h.orders.Careless = carelessly
	cmd, said := h.scripted(t.Context())
	trace, err := diskfault.Record(t.Context(), cmd, filepath.Dir(h.path), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, said.log.String())
	}
	if len(trace.Marks) == 0 || !strings.Contains(trace.Marks[len(trace.Marks)-1].Line, string(closed)) {
		t.Fatalf("the script was not recorded to its end: %d marks", len(trace.Marks))
	}
	return trace
}

// afterPowerLoss returns the check of an image.
func afterPowerLoss(t *testing.T) func(diskfault.Image) error {
	images := directory(t)
	return func(image diskfault.Image) error {
		dir, err := os.MkdirTemp(images, "image")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if err := image.WriteTo(dir); err != nil {
			return err
		}
		h := &history{journal: newJournal(2), path: filepath.Join(dir, "crm.db")}
		platform := &memory{arrived: map[string][]invariant.Arrival{}}
		for _, text := range image.Marks {
			var l line
			if err := json.Unmarshal([]byte(text), &l); err != nil {
				return err
			}
			if err := h.hear(l); err != nil {
				return err
			}
			if l.What == sending { // it may have arrived at once: what it needs was recorded before
				platform.arrive(l.Conv, l.Body, l.at())
			}
		}
		h.died()
		if err := h.reopen(t.Context(), platform); err != nil {
			return fmt.Errorf("%w\n%s", err, h.about(err))
		}
		return nil
	}
}

// reopen judges an image as it is, lets a client drain it in this process, and judges it again.
func (h *history) reopen(ctx context.Context, platform *memory) error {
	return h.withStore(ctx, func(s store.Store) error {
		read := func(calm bool) error {
			parked, err := s.Parked(ctx, store.Key{}, store.NoLimit)
			if err != nil {
				return err
			}
			for _, c := range h.convs {
				r, err := lookAt(ctx, s, c.Key, parked)
				if err != nil {
					return err
				}
				r.Arrived = len(platform.arrived[c.Key.Conversation])
				c.Reads = append(c.Reads, r)
			}
			return verdict(h.world(platform.arrived), calm)
		}
		if err := read(false); err != nil {
			return fmt.Errorf("as it is: %w", err)
		}
		if err := h.drainHere(ctx, s, platform); err != nil {
			return err
		}
		if err := read(true); err != nil {
			return fmt.Errorf("drained: %w", err)
		}
		return nil
	})
}

// memory is a platform that takes in everything.
type memory struct {
	mu      sync.Mutex
	arrived map[string][]invariant.Arrival
}

func (m *memory) arrive(conv string, body []byte, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.arrived[conv] = append(m.arrived[conv], invariant.Arrival{At: at, Body: body, Answer: invariant.Acknowledged})
}

// Send implements [transport.Transport].
func (m *memory) Send(_ context.Context, r transport.Request) transport.Result {
	m.arrive(r.ConversationID, append([]byte(nil), r.Body...), time.Now())
	return transport.Result{Class: transport.Acknowledged, Status: 200}
}
