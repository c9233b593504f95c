package diskfault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/escalationkit/escalation/internal/integration/diskfault"
	"github.com/escalationkit/escalation/internal/integration/require"
)

func needsInjection(t *testing.T) {
	t.Helper()
	require.Available(t, "strace", diskfault.CanInject(t.Context()), "allow ptrace, on linux/amd64")
}

// strike runs the child once with a fault, and says how it ended, what it printed and what it left.
func strike(t *testing.T, f diskfault.Fault) (out diskfault.Outcome, stdout, stderr string, dir string) {
	t.Helper()
	dir = t.TempDir()
	cmd := child(t.Context(), "full", dir)
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	out, err := diskfault.Inject(t.Context(), cmd, dir, f)
	check(t, err)
	return out, o.String(), e.String(), dir
}

func TestInject(t *testing.T) {
	t.Parallel()
	needsInjection(t)
	t.Run("counting changes nothing", func(t *testing.T) {
		t.Parallel()
		out, stdout, stderr, dir := strike(t, diskfault.Fault{Calls: []string{"pwrite64"}})
		if out.Struck != "" || out.Killed || out.Exit != 0 || stderr != "" || out.Calls < 2*rows {
			t.Errorf("%+v %s", out, stderr)
		}
		check(t, verify(dir, strings.Split(stdout, "\n")))
		if !strings.Contains(stdout, fmt.Sprintf("accepted %d\n", rows)) {
			t.Errorf("it said %s", stdout)
		}
	})
	t.Run("lines before a kill, and none after it", func(t *testing.T) {
		t.Parallel()
		for _, c := range []struct {
			done bool
			want string
		}{{false, "asked 1\naccepted 1\n"}, {true, "asked 1\naccepted 1\nasked 2\n"}} {
			out, stdout, _, _ := strike(t, diskfault.Fault{Calls: []string{"write"}, On: diskfault.Stdout, Nth: 3, Done: c.done})
			if !out.Killed || stdout != c.want || out.Struck != "write 3 on standard output" {
				t.Errorf("done %v: %+v, it said %q", c.done, out, stdout)
			}
		}
	})
	t.Run("one call fails, or all that follow too", func(t *testing.T) {
		t.Parallel()
		for _, c := range []struct {
			lasting bool
			lines   int // the child does not look at what printing returns
		}{{false, 2*rows - 1}, {true, 2}} {
			out, stdout, _, _ := strike(t, diskfault.Fault{
				Calls: []string{"write"}, On: diskfault.Stdout, Nth: 3, Errno: syscall.EIO, Lasting: c.lasting,
			})
			if lines := strings.Count(stdout, "\n"); lines != c.lines || out.Exit != 0 || out.Calls != 2*rows {
				t.Errorf("lasting %v: %+v, it said %q", c.lasting, out, stdout)
			}
		}
	})
	t.Run("an error is returned once", func(t *testing.T) {
		t.Parallel()
		out, stdout, stderr, dir := strike(t, diskfault.Fault{Calls: []string{"fsync"}, Nth: 8, Errno: syscall.EIO})
		if out.Killed || out.Exit != 1 || !strings.Contains(stderr, "disk I/O error") || !strings.HasPrefix(out.Struck, "fsync 8 on a.db") {
			t.Errorf("%+v %s", out, stderr)
		}
		check(t, verify(dir, strings.Split(stdout, "\n")))
	})
	t.Run("a full disk stays full", func(t *testing.T) {
		t.Parallel()
		out, _, stderr, _ := strike(t, diskfault.Fault{Calls: []string{"pwrite64"}, Nth: 9, Errno: syscall.ENOSPC, Lasting: true})
		if out.Exit != 1 || !strings.Contains(stderr, "full") {
			t.Errorf("%+v %s", out, stderr)
		}
	})
	t.Run("a name cannot be opened", func(t *testing.T) {
		t.Parallel()
		out, _, stderr, dir := strike(t, diskfault.Fault{Calls: []string{"open", "openat"}, Nth: 1, Errno: syscall.EIO})
		if out.Exit != 1 || !strings.Contains(out.Struck, " on a.db") || stderr == "" {
			t.Errorf("%+v %s", out, stderr)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left %v, %v", left, err)
		}
	})
	t.Run("a call that is not known", func(t *testing.T) {
		t.Parallel()
		if _, err := diskfault.Inject(t.Context(), child(t.Context(), "full", "/"), "/", diskfault.Fault{Calls: []string{"fsnyc"}}); err == nil {
			t.Error("no error")
		}
	})
}

// cancels ends a context as soon as something is printed.
type cancels context.CancelFunc

func (c cancels) Write(p []byte) (int, error) {
	c()
	return len(p), nil
}

// TestContextEndsThePrograms: a program that hangs does not outlive the context.
func TestContextEndsThePrograms(t *testing.T) {
	t.Parallel()
	needsInjection(t)
	require.Strace(t)
	for why, run := range map[string]func(context.Context, *exec.Cmd) error{
		"Inject": func(ctx context.Context, cmd *exec.Cmd) error {
			_, err := diskfault.Inject(ctx, cmd, os.TempDir(), diskfault.Fault{})
			return err
		},
		"Record": func(ctx context.Context, cmd *exec.Cmd) error {
			_, err := diskfault.Record(ctx, cmd, t.TempDir(), nil)
			return err
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		cmd := child(ctx, "hang", "")
		cmd.Stdout = cancels(cancel)
		if err := run(ctx, cmd); err == nil {
			t.Errorf("%s: no error", why)
		}
	}
}

// sweep runs the child under a fault at every call, or at as many as are enough for every day.
func sweep(t *testing.T, f diskfault.Fault, check func(diskfault.Outcome, string) error) (diskfault.Swept, error) {
	t.Helper()
	config := &diskfault.SweepConfig{Budget: 30}
	if os.Getenv("ESCALATION_HEAVY") != "" {
		config = nil
	}
	return diskfault.Sweep(t.Context(), f, func() (diskfault.Run, error) {
		dir, err := os.MkdirTemp(t.TempDir(), "run")
		if err != nil {
			return diskfault.Run{}, err
		}
		cmd := child(t.Context(), "full", dir)
		var out bytes.Buffer
		cmd.Stdout = &out
		return diskfault.Run{Cmd: cmd, Dir: dir, Check: func(o diskfault.Outcome) error {
			if err := check(o, out.String()); err != nil {
				return err
			}
			return verify(dir, strings.Split(out.String(), "\n"))
		}}, nil
	}, config)
}

// TestSweep: at whatever write or sync the program is killed or refused, what it promised before is kept.
func TestSweep(t *testing.T) {
	needsInjection(t)
	for _, c := range []struct {
		why string
		f   diskfault.Fault
	}{
		{"killed before a write, sync or removal", diskfault.Fault{Calls: []string{"pwrite64", "fsync", "fdatasync", "ftruncate", "unlink"}}},
		{"killed after one", diskfault.Fault{Calls: []string{"pwrite64", "fsync"}, Done: true}},
		{"killed while it promises", diskfault.Fault{Calls: []string{"write"}, On: diskfault.Stdout}},
		{"a write, a sync or an open fails", diskfault.Fault{Calls: []string{"pwrite64", "fsync", "ftruncate", "open"}, Errno: syscall.EIO}},
		{"the disk is full", diskfault.Fault{Calls: []string{"pwrite64"}, Errno: syscall.ENOSPC, Lasting: true}},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			done, err := sweep(t, c.f, func(o diskfault.Outcome, _ string) error {
				if c.f.Errno == 0 && o.Killed != (o.Struck != "") {
					return fmt.Errorf("%+v", o)
				}
				return nil
			})
			check(t, err)
			t.Logf("%+v, %.0f runs/s", done, float64(done.Runs)/done.Took.Seconds())
			if done.Runs < min(done.Calls, 15) || done.Missed > 1+done.Runs/20 {
				t.Errorf("%+v", done)
			}
		})
	}
}

// TestSweepFinds: it reaches every call, and a run that does not pass ends it.
func TestSweepFinds(t *testing.T) {
	needsInjection(t)
	bad := errors.New("bad")
	_, err := sweep(t, diskfault.Fault{Calls: []string{"write"}, On: diskfault.Stdout}, func(o diskfault.Outcome, out string) error {
		if strings.HasSuffix(out, fmt.Sprintf("asked %d\n", rows)) {
			return bad
		}
		return nil
	})
	found, ok := errors.AsType[*diskfault.SweepError](err)
	if !ok || !errors.Is(err, bad) || found.Nth != 2*rows || found.Outcome.Struck != "write 24 on standard output" {
		t.Errorf("error %v", err)
	}
}
