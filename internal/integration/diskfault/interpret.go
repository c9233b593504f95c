package diskfault

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// UnsupportedError is a call on a recorded file whose effect on the disk is not modelled.
type UnsupportedError struct {
	Call string
	Name string // of the file
	Why  string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("diskfault: %s on %s is not modelled: %s", e.Call, e.Name, e.Why)
}

// interpreter follows the descriptors and names of a program to turn its calls into operations.
type interpreter struct {
	dir    string // absolute, without links
	cwd    string // of the program when it began
	ignore func(name string) bool

	names map[string]int // the files that exist, by name
	last  int            // ID of the last file
	fds   map[int]*opened
	ops   map[*call][]*Op // in the order in which they were added
	all   []*Op
	marks []Mark
	line  []byte // the beginning of a line on standard output
}

// opened is an open file.
type opened struct {
	file    int
	offset  int64 // -1: not known
	appends bool
}

// calls that change a file, or what it leaves on the disk, in ways that are not modelled.
var refused = []string{
	"copy_file_range", "sendfile", "splice", "fallocate", "link", "linkat", "symlink", "symlinkat", "pwritev2", "msync",
	"sync_file_range", "sync", "syncfs",
}

func interpret(calls []*call, before []File, dir, cwd string, ignore func(string) bool) (*Trace, error) {
	in := &interpreter{
		dir: dir, cwd: cwd, ignore: ignore,
		names: make(map[string]int), fds: make(map[int]*opened), ops: make(map[*call][]*Op),
	}
	for _, f := range before {
		in.names[f.Name] = f.ID
		in.last = max(in.last, f.ID)
	}
	// What a call does to the disk begins when it begins. A descriptor is free when close begins, for another thread may be
	// given it before close is seen to return; it is valid when open returns.
	type moment struct {
		at     int
		call   *call
		leaves bool
	}
	var moments []moment
	for _, c := range calls {
		if c.failed {
			continue
		}
		moments = append(moments, moment{c.start, c, false})
		if c.end != 0 {
			moments = append(moments, moment{c.end, c, true})
		}
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	for _, m := range moments {
		step := in.enters
		if m.leaves {
			step = in.returns
		}
		if err := step(m.call); err != nil {
			return nil, err
		}
	}
	t := &Trace{Before: before, Marks: in.marks}
	for _, op := range in.all {
		t.Ops = append(t.Ops, *op)
	}
	slices.SortStableFunc(t.Ops, func(a, b Op) int { return cmp.Compare(a.Start, b.Start) })
	return t, nil
}

// add notes an operation of a call. It has not ended until the call has.
func (in *interpreter) add(c *call, op Op) {
	op.Start = c.start
	in.all = append(in.all, &op)
	in.ops[c] = append(in.ops[c], &op)
}

// name says what a path is called below the directory.
func (in *interpreter) name(path string) (name string, inside bool) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(in.cwd, path)
	}
	name, err := filepath.Rel(in.dir, filepath.Clean(path))
	if err != nil || name == ".." || strings.HasPrefix(name, "../") {
		return "", false
	}
	return filepath.ToSlash(name), !in.ignore(filepath.ToSlash(name))
}

// nameAt is name for the paths in arguments, relative to a directory in another one; at is -1 if there is none.
func (in *interpreter) nameAt(c *call, at, path int) (name string, inside bool, err error) {
	text, err := unquote(c.args[path])
	if err != nil {
		return "", false, err
	}
	p := string(text)
	if at >= 0 && !filepath.IsAbs(p) {
		_, base, err := descriptor(c.args[at])
		if err != nil {
			return "", false, err
		}
		p = filepath.Join(base, p)
	}
	// The directory's own path may lead through links.
	if parent, err := filepath.EvalSymlinks(filepath.Dir(p)); err == nil && filepath.IsAbs(p) {
		p = filepath.Join(parent, filepath.Base(p))
	}
	name, inside = in.name(p)
	return name, inside, nil
}

// fd finds the open file of a descriptor in the first argument; nil if it is none of ours. A descriptor
// that was duplicated is known by its path alone, its offset is not.
func (in *interpreter) fd(c *call) (f *opened, name string, err error) {
	number, path, err := descriptor(c.args[0])
	if err != nil {
		return nil, "", err
	}
	name, inside := in.name(path)
	f = in.fds[number]
	if !inside || path == "" {
		return nil, "", nil
	}
	deleted := strings.HasSuffix(c.args[0], ">(deleted)")
	if id := in.names[name]; !deleted && (f == nil || f.file != id) && (id != 0 || name == ".") {
		f = &opened{file: id, offset: -1}
	}
	if f == nil {
		return nil, "", &UnsupportedError{c.name, name, "its descriptor is not known"}
	}
	return f, name, nil
}

// write notes that data is written at an offset, the file's own if at is negative.
func (in *interpreter) write(c *call, data []byte, at int64) error {
	if number, _, err := descriptor(c.args[0]); err != nil {
		return err
	} else if number == 1 {
		in.print(c, data)
		return nil
	}
	f, name, err := in.fd(c)
	if f == nil || err != nil {
		return err
	}
	if f.appends || at < 0 && f.offset < 0 {
		return &UnsupportedError{c.name, name, "its offset is not known"}
	}
	if c.end != 0 {
		data = data[:c.result] // what it took
	}
	if at < 0 {
		at = f.offset
		f.offset += int64(len(data))
	}
	in.add(c, Op{Kind: Write, File: f.file, At: at, Data: data})
	return nil
}

// print cuts standard output into lines.
func (in *interpreter) print(c *call, data []byte) {
	if c.end != 0 {
		data = data[:c.result]
	}
	in.line = append(in.line, data...)
	for {
		line, rest, ended := strings.Cut(string(in.line), "\n")
		if !ended {
			return
		}
		in.marks = append(in.marks, Mark{c.start, line})
		in.line = []byte(rest)
	}
}

// unknown reports a call that the model has no answer to, if it is about one of the files.
func (in *interpreter) unknown(c *call) error {
	if c.name == "sync" {
		return &UnsupportedError{c.name, ".", "it makes everything durable"}
	}
	for _, arg := range c.args {
		path := ""
		if strings.HasPrefix(arg, `"`) {
			text, err := unquote(arg)
			if err != nil {
				return err
			}
			path = string(text)
		} else if strings.Contains(arg, "<") {
			var err error
			if path, err = descriptorPath(arg); err != nil {
				return err
			}
		}
		if path == "" {
			continue
		}
		if name, inside := in.name(path); inside {
			return &UnsupportedError{c.name, name, "write it with pwrite"}
		}
	}
	return nil
}

func integer(arg string) (int64, error) { return strconv.ParseInt(arg, 0, 64) }
