package diskfault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// RecordConfig changes what Record does. A nil one, and every zero field, means the default.
type RecordConfig struct {
	// Ignore says which files are not recorded, by their name below the directory. Default: those that end in -shm.
	Ignore func(name string) bool
	// Keep is a file for the record as strace wrote it. Default: none.
	Keep string
	_    struct{}
}

func ignoreIndex(name string) bool { return strings.HasSuffix(name, "-shm") }

// longest is the longest write that a record holds whole; Record fails if there is a longer one.
const longest = 8 << 20

// Record runs a command that has not been started under strace, to its end, and returns what it did to the files below
// a directory that exists. What is there when it begins counts as durable.
//
// The command must be one process: what others write is recorded, but not through descriptors that they share. If it
// fails, the error is its *exec.ExitError and the trace holds what it did. It is ended when ctx is.
func Record(ctx context.Context, cmd *exec.Cmd, dir string, config *RecordConfig) (*Trace, error) {
	c := RecordConfig{Ignore: ignoreIndex}
	if config != nil {
		c.Keep = config.Keep
		if config.Ignore != nil {
			c.Ignore = config.Ignore
		}
	}
	dir, err := realPath(dir)
	if err != nil {
		return nil, err
	}
	before, err := snapshot(dir, c.Ignore)
	if err != nil {
		return nil, err
	}
	cwd, err := realPath(cmd.Dir)
	if err != nil {
		return nil, err
	}
	out, err := os.CreateTemp("", "record")
	if err != nil {
		return nil, fmt.Errorf("diskfault: %w", err)
	}
	defer os.Remove(out.Name())
	defer out.Close()

	ran := trace(ctx, cmd, out.Name())
	if _, exited := errors.AsType[*exec.ExitError](ran); ran != nil && !exited {
		return nil, fmt.Errorf("diskfault: strace: %w", ran)
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		return nil, fmt.Errorf("diskfault: %w", err)
	}
	if c.Keep != "" {
		if err := os.WriteFile(c.Keep, text, 0o600); err != nil {
			return nil, fmt.Errorf("diskfault: %w", err)
		}
	}
	calls, err := parse(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	t, err := interpret(calls, before, dir, cwd, c.Ignore)
	if err != nil {
		return nil, err
	}
	return t, ran
}

// trace runs a command under strace.
func trace(ctx context.Context, cmd *exec.Cmd, out string) error {
	if cmd.Err != nil {
		return cmd.Err
	}
	args := []string{
		"-f", "--seccomp-bpf", "-qq", "-y", "-xx", "-v", "-s", fmt.Sprint(longest), "-e", "signal=none",
		"-e", "raw=read", // its data does not matter
		"-e", "trace=?" + strings.Join(recorded, ",?"), "-o", out, "--", cmd.Path,
	}
	s := exec.CommandContext(ctx, "strace", append(args, cmd.Args[1:]...)...)
	s.Dir, s.Env, s.ExtraFiles = cmd.Dir, cmd.Env, cmd.ExtraFiles
	s.Stdin, s.Stdout, s.Stderr = cmd.Stdin, cmd.Stdout, cmd.Stderr
	killTogether(s) // strace that is killed alone leaves the program behind
	s.WaitDelay = 5 * time.Second
	return s.Run()
}

func realPath(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("diskfault: %w", err)
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", fmt.Errorf("diskfault: %w", err)
	}
	return dir, nil
}

// snapshot reads what is below a directory, directories before what is in them.
func snapshot(dir string, ignore func(string) bool) ([]File, error) {
	var files []File
	id := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		switch {
		case ignore(name):
		case d.IsDir():
			files = append(files, File{Name: name})
		case d.Type().IsRegular():
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			id++
			files = append(files, File{ID: id, Name: name, Data: data})
		default:
			return fmt.Errorf("%s is neither file nor directory", name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("diskfault: %w", err)
	}
	return slices.Clip(files), nil
}
