package crash_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/escalationkit/escalation/internal/integration/diskfault"
	"github.com/escalationkit/escalation/internal/integration/require"
)

// Calls by which SQLite writes, makes durable and opens.
var (
	writes  = []string{"pwrite64", "write"}
	durably = []string{"pwrite64", "write", "fsync", "fdatasync", "ftruncate"}
	opening = []string{"openat", "open"}
)

// TestKilledAtEveryCall kills the script's process at each write and sync of its files and at each write to a socket, before
// the call and after it, and lets the next process finish what is there.
func TestKilledAtEveryCall(t *testing.T) {
	t.Parallel()
	traced(t)
	for _, c := range []struct {
		why  string
		on   diskfault.Target
		call []string
		done bool
	}{
		{"before a write or sync: it is not on disk", diskfault.Files, durably, false},
		{"after a write or sync: what follows was not said", diskfault.Files, durably, true},
		{"before a send: begun and never sent", diskfault.Sockets, []string{"write", "connect"}, false},
		{"after a send: sent and nothing known of it", diskfault.Sockets, []string{"write"}, true},
		{"before a promise is heard", diskfault.Stdout, []string{"write"}, false},
	} {
		t.Run(c.why, func(t *testing.T) {
			sweep(t, diskfault.Fault{Calls: c.call, On: c.on, Done: c.done}, amount(12, 400, 2))
		})
	}
}

// TestFailingDisk lets each write, sync, change of size and open fail, once or from then on. The child must not lie: what was
// accepted is there afterwards, nothing is sent that is not recorded as begun, and Close returns.
func TestFailingDisk(t *testing.T) {
	t.Parallel()
	traced(t)
	for _, c := range []struct {
		why     string
		calls   []string
		errno   syscall.Errno
		lasting bool
		done    bool
	}{
		{"a broken disk", durably, syscall.EIO, false, false},
		{"a disk that stays broken", durably, syscall.EIO, true, false},
		{"a disk that does what it says it did not", durably, syscall.EIO, false, true},
		{"a disk that is full for a moment", writes, syscall.ENOSPC, false, false},
		{"a full disk", durably, syscall.ENOSPC, true, false},
		{"a file that cannot be opened", opening, syscall.EIO, false, false},
		{"no room for another file", opening, syscall.ENOSPC, true, false},
	} {
		t.Run(c.why, func(t *testing.T) {
			sweep(t, diskfault.Fault{Calls: c.calls, Errno: c.errno, Lasting: c.lasting, Done: c.done}, amount(8, 130, 1))
		})
	}
}

// traced skips where no program can be traced.
func traced(t *testing.T) {
	t.Helper()
	require.Available(t, "strace", diskfault.CanInject(t.Context()), "allow ptrace, on linux/amd64")
}

// sweep strikes the script at every call, or at so many of them.
func sweep(t *testing.T, f diskfault.Fault, budget int) {
	done, err := diskfault.Sweep(t.Context(), f, func() (diskfault.Run, error) {
		h := newHistory(t, 1, 2)
		cmd, heard := h.scripted(t.Context())
		return diskfault.Run{Cmd: cmd, Dir: filepath.Dir(h.path), Check: func(out diskfault.Outcome) error {
			if err := h.afterFault(t.Context(), f, out, heard); err != nil {
				return fmt.Errorf("%w\n%s", err, h.about(err))
			}
			return nil
		}}, nil
	}, &diskfault.SweepConfig{Budget: budget})
	t.Logf("%+v", done)
	check(t, err)
}

// scripted is the script's process, not started, and what it will have said.
func (h *history) scripted(ctx context.Context) (*exec.Cmd, *heard) {
	o := h.orders
	o.Mode = script
	said := &heard{}
	cmd := command(ctx, o)
	cmd.Stdout, cmd.Stderr = &said.out, &said.log
	return cmd, said
}

// afterFault judges what a run left, and what the next process makes of it.
func (h *history) afterFault(ctx context.Context, f diskfault.Fault, out diskfault.Outcome, said *heard) error {
	h.logged = append(h.logged, said.log.String()...)
	if err := h.listen(&said.out, func(line) {}); err != nil {
		return err
	}
	if err := h.quiet(); err != nil {
		return err
	}
	h.died()
	switch {
	case f.Errno == 0:
	case out.Killed:
		return fmt.Errorf("the child died: %s", tail(said.log.String(), 20))
	case out.Exit != 0 && h.said(started):
		return fmt.Errorf("the child failed with %d after it had started: %s", out.Exit, tail(said.log.String(), 20))
	case out.Exit == 0 && !h.said(closed):
		return fmt.Errorf("the child ended without Close: %s", tail(said.log.String(), 20))
	}
	if err := h.stopped(); err != nil {
		return err
	}
	if err := h.look(ctx); err != nil { // before anything is sent again: what was promised is there already
		return err
	}
	if err := verdict(h.world(h.arrivals()), false); err != nil {
		return fmt.Errorf("before the next process: %w", err)
	}
	if _, err := h.live(life{mode: drain, limit: 2 * drainWithin, fail: true}); err != nil {
		return err
	}
	if err := h.judge(ctx); err != nil {
		return err
	}
	return h.leaks()
}

// stopped: after the store was closed by failure it takes nothing in any more, and nothing is sent but what had begun before: of a
// conversation one event at most.
func (j *journal) stopped() error {
	over := false
	sent := map[string]bool{}
	for i := range j.lines {
		l := &j.lines[i]
		switch {
		case !over:
			over = l.Err == failed
		case l.What == granted:
			return fmt.Errorf("event %d was accepted after the store had failed", l.Num)
		case l.What == sending && sent[l.Conv]:
			return errors.New("a second event of a conversation was sent after the store had failed")
		case l.What == sending:
			sent[l.Conv] = true
		}
	}
	return nil
}

// said reports whether a line of this kind was heard.
func (j *journal) said(what said) bool {
	return slices.ContainsFunc(j.lines, func(l line) bool { return l.What == what })
}

// heard is what a process wrote, complete when it has ended.
type heard struct{ out, log bytes.Buffer }
