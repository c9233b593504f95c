package diskfault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Fault says which system call of a program fails, and how. strace can do the like, but counts in each thread by
// itself, and Go spreads its calls over threads.
type Fault struct {
	// Calls that are counted, all together: pwrite64, fsync, openat, …; see Injectable.
	Calls []string
	On    Target
	// Nth is which of them it is, counted from 1 over all threads. 0: none, they are only counted.
	Nth int
	// Lasting: all that follow fail as well. A disk that is full stays full.
	Lasting bool
	// Errno is what the call returns. 0: the program is killed.
	Errno syscall.Errno
	// Done: the call has its effect before it fails or the program is killed.
	Done bool
	// Ignore says which files are not counted. Default: those that end in -shm.
	Ignore func(name string) bool
	_      struct{}
}

// Target says what a call must be about to be counted.
type Target uint8

const (
	// Files: a file below the directory, or the directory, by descriptor or by name.
	Files Target = iota
	// Sockets: a socket.
	Sockets
	// Stdout: standard output, where promises are made.
	Stdout
)

// Outcome is how a program ended under a fault.
type Outcome struct {
	Calls  int    // that were counted
	Struck string // the call that failed first, and on what; empty if none did
	Killed bool   // by a signal: the fault's, or its own
	Exit   int    // if it was not killed
	Took   time.Duration
}

// ErrUnsupported: Inject works on Linux on amd64 only.
var ErrUnsupported = errors.New("diskfault: faults can be injected on linux/amd64 only")

// Inject runs a command that was not started, to its end, with a fault. dir is what the target Files means. That the program
// fails is no error; that it could not be run or traced is, and so is that ctx ended.
func Inject(ctx context.Context, cmd *exec.Cmd, dir string, f Fault) (Outcome, error) {
	if cmd.Err != nil {
		return Outcome{}, cmd.Err
	}
	if f.Ignore == nil {
		f.Ignore = ignoreIndex
	}
	numbers := make(map[uint64]target)
	for _, name := range f.Calls {
		t, ok := targets[name]
		if !ok {
			return Outcome{}, fmt.Errorf("diskfault: cannot inject into %q", name)
		}
		t.name = name
		numbers[t.number] = t
	}
	dir, err := realPath(dir)
	if err != nil {
		return Outcome{}, err
	}
	files, wait, err := streams(cmd)
	if err != nil {
		return Outcome{}, err
	}
	began := time.Now()
	out, err := inject(ctx, cmd, files, &aim{Fault: f, dir: dir, targets: numbers})
	wait()
	out.Took = time.Since(began)
	if err == nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return out, fmt.Errorf("diskfault: inject: %w", err)
	}
	return out, nil
}

// Injectable returns the names of the calls that Fault.Calls may hold.
func Injectable() []string { return slices.Sorted(maps.Keys(targets)) }

// target says where a call names what it is about.
type target struct {
	name   string
	number uint64
	at     int // argument with the descriptor or the directory of the path; -1: none
	path   int // argument with the path; -1: none
}

// aim decides which calls a fault is about.
type aim struct {
	Fault
	dir     string
	targets map[uint64]target // by number of the call
	count   int
	struck  string
}

// strikes counts a call on what, a path or such as socket:[1], and reports whether it fails.
func (a *aim) strikes(call, what string) bool {
	name := what
	switch a.On {
	case Sockets:
		if !strings.HasPrefix(what, "socket:") {
			return false
		}
	case Stdout:
		if what != stdout {
			return false
		}
	default:
		rel, err := filepath.Rel(a.dir, strings.TrimSuffix(what, " (deleted)"))
		if err != nil || !filepath.IsAbs(what) || rel == ".." || strings.HasPrefix(rel, "../") || a.Ignore(rel) {
			return false
		}
		name = rel
	}
	a.count++
	if a.Nth == 0 || a.count < a.Nth || a.count > a.Nth && !a.Lasting {
		return false
	}
	if a.struck == "" {
		a.struck = fmt.Sprintf("%s %d on %s", call, a.count, name)
	}
	return true
}

const stdout = "standard output"

// streams makes files of a command's streams. wait returns when all output was copied.
func streams(cmd *exec.Cmd) (files []*os.File, wait func(), err error) {
	var ours []*os.File
	var copies sync.WaitGroup
	closeOurs := func() {
		for _, f := range ours {
			f.Close()
		}
	}
	output := func(w io.Writer) (*os.File, error) {
		if f, ok := w.(*os.File); ok {
			return f, nil
		}
		if w == nil {
			f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
			ours = append(ours, f)
			return f, err
		}
		r, f, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		ours = append(ours, f)
		copies.Go(func() {
			defer r.Close()
			io.Copy(w, r) //nolint:errcheck // what a dead program did not print is not missed
		})
		return f, nil
	}
	if cmd.Stdin != nil {
		return nil, nil, errors.New("diskfault: a program with a fault has no standard input")
	}
	in, err := os.Open(os.DevNull)
	if err != nil {
		return nil, nil, fmt.Errorf("diskfault: %w", err)
	}
	ours = append(ours, in)
	files = []*os.File{in}
	for _, w := range []io.Writer{cmd.Stdout, cmd.Stderr} {
		f, err := output(w)
		if err != nil {
			closeOurs()
			copies.Wait()
			return nil, nil, fmt.Errorf("diskfault: %w", err)
		}
		files = append(files, f)
	}
	if cmd.Stdout != nil && cmd.Stdout == cmd.Stderr {
		files[2] = files[1]
	}
	return append(files, cmd.ExtraFiles...), func() { closeOurs(); copies.Wait() }, nil
}

// CanInject returns why Inject cannot work on this machine; nil if it can.
func CanInject(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "true")
	out, err := Inject(ctx, cmd, os.TempDir(), Fault{})
	if err == nil && (out.Killed || out.Exit != 0) {
		err = errors.New("a program that is traced fails")
	}
	return err
}
