package diskfault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"unsafe"
)

// targets are the calls that can be made to fail.
var targets = map[string]target{
	"open":      {number: syscall.SYS_OPEN, at: -1, path: 0},
	"openat":    {number: syscall.SYS_OPENAT, at: 0, path: 1},
	"unlink":    {number: syscall.SYS_UNLINK, at: -1, path: 0},
	"unlinkat":  {number: syscall.SYS_UNLINKAT, at: 0, path: 1},
	"rename":    {number: syscall.SYS_RENAME, at: -1, path: 0},
	"renameat":  {number: syscall.SYS_RENAMEAT, at: 0, path: 1},
	"close":     {number: syscall.SYS_CLOSE, at: 0, path: -1},
	"read":      {number: syscall.SYS_READ, at: 0, path: -1},
	"pread64":   {number: syscall.SYS_PREAD64, at: 0, path: -1},
	"write":     {number: syscall.SYS_WRITE, at: 0, path: -1},
	"writev":    {number: syscall.SYS_WRITEV, at: 0, path: -1},
	"pwrite64":  {number: syscall.SYS_PWRITE64, at: 0, path: -1},
	"pwritev":   {number: syscall.SYS_PWRITEV, at: 0, path: -1},
	"ftruncate": {number: syscall.SYS_FTRUNCATE, at: 0, path: -1},
	"fsync":     {number: syscall.SYS_FSYNC, at: 0, path: -1},
	"fdatasync": {number: syscall.SYS_FDATASYNC, at: 0, path: -1},
	"fstat":     {number: syscall.SYS_FSTAT, at: 0, path: -1},
	"connect":   {number: syscall.SYS_CONNECT, at: 0, path: -1},
	"sendto":    {number: syscall.SYS_SENDTO, at: 0, path: -1},
	"recvfrom":  {number: syscall.SYS_RECVFROM, at: 0, path: -1},
}

// From linux/ptrace.h and linux/wait.h.
const (
	getSyscallInfo  = 0x420e
	optionExitKill  = 0x100000
	syscallEntry    = 1
	syscallExit     = 2
	waitAnyTask     = 0x40000000 // __WALL
	waitOwnChildren = 0x20000000 // __WNOTHREAD: programs that others start belong to other threads
)

type syscallInfo struct {
	op     uint8
	_      [3]uint8
	_      uint32
	_, _   uint64
	number uint64 // at entry
	args   [6]uint64
	_      [4]uint64
}

// inject runs a program and stops it at each of its system calls.
func inject(ctx context.Context, cmd *exec.Cmd, files []*os.File, a *aim) (out Outcome, err error) {
	done := make(chan struct{})
	go func() { // all that is asked of a traced program must come from the thread that started it
		defer close(done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		out, err = run(ctx, cmd, files, a)
	}()
	<-done
	return out, err
}

func run(ctx context.Context, cmd *exec.Cmd, files []*os.File, a *aim) (Outcome, error) {
	if err := ctx.Err(); err != nil {
		return Outcome{}, err
	}
	attr := &os.ProcAttr{Dir: cmd.Dir, Env: cmd.Environ(), Files: files, Sys: &syscall.SysProcAttr{Ptrace: true, Setpgid: true}}
	process, err := os.StartProcess(cmd.Path, cmd.Args, attr)
	if err != nil {
		return Outcome{}, err
	}
	t := &tracer{aim: a, pid: process.Pid, threads: make(map[int]*thread)}
	defer process.Release() //nolint:errcheck // it was waited for
	stop := context.AfterFunc(ctx, func() { process.Signal(syscall.SIGKILL) })
	defer stop()

	var status syscall.WaitStatus
	if _, err := wait(t.pid, &status); err != nil {
		return Outcome{}, err
	}
	if status.Stopped() {
		options := syscall.PTRACE_O_TRACESYSGOOD | syscall.PTRACE_O_TRACECLONE | syscall.PTRACE_O_TRACEFORK |
			syscall.PTRACE_O_TRACEVFORK | syscall.PTRACE_O_TRACEEXEC | optionExitKill
		if err := syscall.PtraceSetOptions(t.pid, options); err != nil {
			t.kill()
			t.loop() //nolint:errcheck // the first error says more
			return Outcome{}, fmt.Errorf("ptrace: %w", err)
		}
		t.threads[t.pid] = new(thread)
		t.resume(t.pid, 0)
		if err := t.loop(); err != nil {
			return Outcome{}, err
		}
		status = t.status
	}
	return Outcome{Calls: a.count, Struck: a.struck, Killed: status.Signaled(), Exit: max(status.ExitStatus(), 0)}, nil
}

// tracer follows the threads of a program and the programs that it starts.
type tracer struct {
	*aim
	pid     int
	threads map[int]*thread
	status  syscall.WaitStatus // of the program, when it has ended
}

// thread is one that stops at its calls. The call that it is in may be one that was struck.
type thread struct{ fails, dies bool }

// loop answers one stop after the other until nothing is left to be traced.
func (t *tracer) loop() error {
	for {
		var status syscall.WaitStatus
		tid, err := wait(-t.pid, &status)
		if errors.Is(err, syscall.ECHILD) {
			return nil
		} else if err != nil {
			return err
		}
		if status.Exited() || status.Signaled() {
			delete(t.threads, tid)
			if tid == t.pid {
				t.status = status
			}
			continue
		}
		if !status.Stopped() {
			continue
		}
		known := t.threads[tid]
		if known == nil {
			known = new(thread)
			t.threads[tid] = known
		}
		switch signal := status.StopSignal(); {
		case signal == syscall.SIGTRAP|0x80:
			if err := t.call(tid, known); err != nil && !errors.Is(err, syscall.ESRCH) { // it was killed meanwhile
				t.kill()
				return errors.Join(err, t.drain())
			}
			t.resume(tid, 0)
		case signal == syscall.SIGTRAP, signal == syscall.SIGSTOP:
			t.resume(tid, 0) // an event; the first stop of a new thread
		default:
			t.resume(tid, signal)
		}
	}
}

// call deals with a thread that enters or leaves a system call.
func (t *tracer) call(tid int, th *thread) error {
	var info syscallInfo
	if err := ptrace(getSyscallInfo, tid, unsafe.Sizeof(info), unsafe.Pointer(&info)); err != nil {
		return err
	}
	switch info.op {
	case syscallEntry:
		target, ok := t.targets[info.number]
		if !ok {
			return nil
		}
		what, err := t.about(tid, target, info.args)
		if err != nil || !t.strikes(target.name, what) {
			return err
		}
		th.fails, th.dies = t.Errno != 0, t.Errno == 0
		if t.Done {
			return nil
		}
		if err := setRegisters(tid, func(r *syscall.PtraceRegs) { r.Orig_rax = ^uint64(0) }); err != nil { // no call
			return err
		}
		if th.dies {
			t.kill()
		}
	case syscallExit:
		fails, dies := th.fails, th.dies
		th.fails, th.dies = false, false
		if dies {
			t.kill()
		}
		if fails {
			return setRegisters(tid, func(r *syscall.PtraceRegs) { r.Rax = uint64(-int64(t.Errno)) })
		}
	}
	return nil
}

// about says what a call is about: a path, or what a descriptor is otherwise.
func (t *tracer) about(tid int, target target, args [6]uint64) (string, error) {
	process := fmt.Sprintf("/proc/%d", tid)
	if target.path < 0 {
		fd := int32(args[target.at])
		if t.On == Stdout {
			if fd == 1 {
				return stdout, nil
			}
			return "", nil
		}
		what, err := os.Readlink(fmt.Sprintf("%s/fd/%d", process, fd))
		if err != nil {
			return "", nil // it is not open: the call will say so
		}
		return what, nil
	}
	path, err := text(tid, uintptr(args[target.path]))
	if err != nil || filepath.IsAbs(path) {
		return withoutLinks(path), err
	}
	base := process + "/cwd"
	if target.at >= 0 && int32(args[target.at]) >= 0 {
		base = fmt.Sprintf("%s/fd/%d", process, int32(args[target.at]))
	}
	if base, err = os.Readlink(base); err != nil {
		return "", nil
	}
	return withoutLinks(filepath.Join(base, path)), nil
}

// withoutLinks is the path that does not lead through links. The file itself need not exist.
func withoutLinks(path string) string {
	parent, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return path
	}
	return filepath.Join(parent, filepath.Base(path))
}

// text reads a string from a program's memory.
func text(tid int, at uintptr) (string, error) {
	var all []byte
	var word [64]byte
	for len(all) < syscall.PathMax {
		n, err := syscall.PtracePeekData(tid, at, word[:8-at%8])
		if err != nil {
			if errors.Is(err, syscall.EIO) || errors.Is(err, syscall.EFAULT) {
				return "", nil // not its memory: the call will say so
			}
			return "", err
		}
		if end := bytes.IndexByte(word[:n], 0); end >= 0 {
			return string(append(all, word[:end]...)), nil
		}
		all = append(all, word[:n]...)
		at += uintptr(n)
	}
	return "", nil
}

// resume lets a thread go on to its next call. A thread that was killed meanwhile is not there any more.
func (t *tracer) resume(tid int, signal syscall.Signal) {
	syscall.PtraceSyscall(tid, int(signal)) //nolint:errcheck // see above
}

// kill ends the program at once, all threads of it.
func (t *tracer) kill() { syscall.Kill(t.pid, syscall.SIGKILL) } //nolint:errcheck // it may be dead

// drain waits until nothing is left after a kill.
func (t *tracer) drain() error {
	for {
		var status syscall.WaitStatus
		tid, err := wait(-t.pid, &status)
		if errors.Is(err, syscall.ECHILD) {
			return nil
		} else if err != nil {
			return err
		}
		if status.Stopped() {
			t.resume(tid, 0)
		}
	}
}

// wait waits for a task, or with a negative pid for any of that process group: another child of the same operating system
// thread belongs to whoever started it.
func wait(pid int, status *syscall.WaitStatus) (tid int, err error) {
	for {
		tid, err = syscall.Wait4(pid, status, waitAnyTask|waitOwnChildren, nil)
		if !errors.Is(err, syscall.EINTR) {
			return tid, err
		}
	}
}

func setRegisters(tid int, change func(*syscall.PtraceRegs)) error {
	var r syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(tid, &r); err != nil {
		return err
	}
	change(&r)
	return syscall.PtraceSetRegs(tid, &r)
}

func ptrace(request, tid int, at uintptr, data unsafe.Pointer) error {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PTRACE, uintptr(request), uintptr(tid), at, uintptr(data), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
