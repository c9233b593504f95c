package diskfault

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// recorded are the calls that a record must hold. An unknown one, on a machine that does not have it, is left out.
var recorded = append([]string{
	"open", "openat", "creat", "close", "dup", "dup2", "dup3", "read", "lseek", "mmap",
	"write", "writev", "pwrite64", "pwritev", "truncate", "ftruncate", "fsync", "fdatasync",
	"unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir",
}, refused...)

// arguments is the least number that the calls have which the interpreter takes apart.
var arguments = map[string]int{
	"open": 2, "openat": 3, "creat": 2, "close": 1, "dup": 1, "dup2": 2, "dup3": 2, "read": 3, "lseek": 3, "mmap": 6,
	"write": 3, "writev": 3, "pwrite64": 4, "pwritev": 4, "truncate": 2, "ftruncate": 2, "fsync": 1, "fdatasync": 1,
	"unlink": 1, "unlinkat": 3, "rename": 2, "renameat": 4, "renameat2": 5, "mkdir": 2, "mkdirat": 3, "rmdir": 1,
}

// enters notes what a call may do from its beginning on.
func (in *interpreter) enters(c *call) error {
	if len(c.args) < arguments[c.name] {
		if c.end == 0 {
			return nil // the program died while it was printed
		}
		return &ParseError{c.start, c.name, errors.New("too few arguments")}
	}
	if err := in.entersWell(c); err != nil {
		if _, ok := errors.AsType[*UnsupportedError](err); ok {
			return err
		}
		return &ParseError{c.start, c.name + "(" + strings.Join(c.args, ", "), err}
	}
	return nil
}

func (in *interpreter) entersWell(c *call) error {
	switch c.name {
	case "close":
		number, _, err := descriptor(c.args[0])
		delete(in.fds, number)
		return err
	case "write":
		data, err := unquote(c.args[1])
		if err != nil {
			return err
		}
		return in.write(c, data, -1)
	case "writev":
		data, err := vector(c.args[1])
		if err != nil {
			return err
		}
		return in.write(c, data, -1)
	case "pwrite64", "pwritev":
		decode := unquote
		if c.name == "pwritev" {
			decode = vector
		}
		data, err := decode(c.args[1])
		if err != nil {
			return err
		}
		at, err := integer(c.args[3])
		if err != nil {
			return err
		}
		return in.write(c, data, at)
	case "fsync", "fdatasync":
		f, name, err := in.fd(c)
		switch {
		case f == nil:
		case f.file == 0:
			in.add(c, Op{Kind: SyncDir, Name: name})
		default:
			in.add(c, Op{Kind: Sync, File: f.file})
		}
		return err
	case "ftruncate":
		size, err := integer(c.args[1])
		if err != nil {
			return err
		}
		f, _, err := in.fd(c)
		if f != nil {
			in.add(c, Op{Kind: Truncate, File: f.file, At: size})
		}
		return err
	case "truncate":
		size, err := integer(c.args[1])
		if err != nil {
			return err
		}
		name, inside, err := in.nameAt(c, -1, 0)
		if inside {
			in.add(c, Op{Kind: Truncate, File: in.names[name], At: size})
		}
		return err
	case "unlink":
		return in.remove(c, Unlink, -1, 0)
	case "rmdir":
		return in.remove(c, Rmdir, -1, 0)
	case "unlinkat":
		if strings.Contains(c.args[2], "AT_REMOVEDIR") {
			return in.remove(c, Rmdir, 0, 1)
		}
		return in.remove(c, Unlink, 0, 1)
	case "mkdir":
		return in.mkdir(c, -1, 0)
	case "mkdirat":
		return in.mkdir(c, 0, 1)
	case "rename":
		return in.rename(c, -1, 0, -1, 1)
	case "renameat", "renameat2":
		return in.rename(c, 0, 1, 2, 3)
	case "mmap":
		return in.mmap(c)
	}
	if slices.Contains(refused, c.name) {
		return in.unknown(c)
	}
	return nil
}

// returns notes what is known only when a call has returned.
func (in *interpreter) returns(c *call) error {
	for _, op := range in.ops[c] {
		op.End = c.end
	}
	var err error
	switch c.name {
	case "open", "openat":
		flags := c.args[1]
		if c.name == "openat" {
			flags = c.args[2]
		}
		err = in.open(c, flags)
	case "creat":
		err = in.open(c, "O_WRONLY|O_CREAT|O_TRUNC")
	case "dup", "dup2", "dup3":
		var from int
		from, _, err = descriptor(c.args[0])
		delete(in.fds, int(c.result))
		if f := in.fds[from]; f != nil {
			in.fds[int(c.result)] = f // they share the offset
		}
	case "read":
		if f := in.fds[in.number(c)]; f != nil && f.offset >= 0 {
			f.offset += c.result
		}
	case "lseek":
		if f := in.fds[in.number(c)]; f != nil {
			f.offset = c.result
		}
	}
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*UnsupportedError](err); ok {
		return err
	}
	return &ParseError{c.end, c.name + "(" + strings.Join(c.args, ", "), err}
}

func (in *interpreter) number(c *call) int {
	number, _, err := descriptor(c.args[0])
	if err != nil {
		return -1
	}
	return number
}

// open notes a descriptor that was just made, and the file if that was made with it.
func (in *interpreter) open(c *call, flags string) error {
	delete(in.fds, int(c.result))
	name, inside := in.name(c.path)
	if !inside || c.path == "" {
		return nil
	}
	set := func(flag string) bool { return slices.Contains(strings.Split(flags, "|"), flag) }
	for _, flag := range []string{"O_SYNC", "O_DSYNC", "O_TMPFILE", "O_DIRECT"} {
		if set(flag) {
			return &UnsupportedError{c.name, name, flag}
		}
	}
	id, exists := in.names[name]
	switch {
	case name == ".":
	case !exists && set("O_CREAT"):
		in.last++
		id = in.last
		in.names[name] = id
		in.add(c, Op{Kind: Create, End: c.end, File: id, Name: name})
	case !exists:
		return fmt.Errorf("%q is opened, but was never made", name)
	case set("O_TRUNC"):
		in.add(c, Op{Kind: Truncate, End: c.end, File: id})
	}
	in.fds[int(c.result)] = &opened{file: id, appends: set("O_APPEND")}
	return nil
}

func (in *interpreter) remove(c *call, kind Kind, at, path int) error {
	name, inside, err := in.nameAt(c, at, path)
	if inside {
		in.add(c, Op{Kind: kind, Name: name})
		delete(in.names, name)
	}
	return err
}

func (in *interpreter) mkdir(c *call, at, path int) error {
	name, inside, err := in.nameAt(c, at, path)
	if inside {
		in.add(c, Op{Kind: Mkdir, Name: name})
		in.names[name] = 0
	}
	return err
}

func (in *interpreter) rename(c *call, fromAt, from, toAt, to int) error {
	source, leaves, err := in.nameAt(c, fromAt, from)
	if err != nil {
		return err
	}
	target, arrives, err := in.nameAt(c, toAt, to)
	if err != nil {
		return err
	}
	if leaves != arrives && arrives {
		return &UnsupportedError{c.name, target, "its content was not recorded"}
	}
	if !leaves {
		return nil
	}
	if c.name == "renameat2" && c.args[4] != "0" && c.args[4] != "RENAME_NOREPLACE" {
		return &UnsupportedError{c.name, source, c.args[4]}
	}
	id := in.names[source]
	for name := range in.names {
		if strings.HasPrefix(name, source+"/") {
			return &UnsupportedError{c.name, source, "it is a directory that is not empty"}
		}
	}
	delete(in.names, source)
	if !arrives {
		in.add(c, Op{Kind: Unlink, Name: source})
		return nil
	}
	in.add(c, Op{Kind: Rename, Name: source, To: target})
	in.names[target] = id
	return nil
}

// mmap: writes through shared memory are not seen.
func (in *interpreter) mmap(c *call) error {
	if !strings.Contains(c.args[2], "PROT_WRITE") || !strings.Contains(c.args[3], "MAP_SHARED") || !strings.Contains(c.args[4], "<") {
		return nil
	}
	path, err := descriptorPath(c.args[4])
	if err != nil || path == "" {
		return err
	}
	if name, inside := in.name(path); inside {
		return &UnsupportedError{c.name, name, "what is written to shared memory is not seen"}
	}
	return nil
}
