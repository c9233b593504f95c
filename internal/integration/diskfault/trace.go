package diskfault

import (
	"encoding/gob"
	"fmt"
	"os"
	"strings"
)

// Trace is what a program did to the files below a directory. Instants are numbers that grow from 1; only the beginning
// and the end of one operation may be the same.
type Trace struct {
	Before []File // what was there already, and is durable
	Ops    []Op   // by Start
	Marks  []Mark // by At
}

// File is a file or directory.
type File struct {
	ID   int    // what Op.File says; 0 for a directory
	Name string // below the directory, with slashes
	Data []byte
}

// Op is one operation that succeeded or was never seen to end.
type Op struct {
	Kind  Kind
	Start int
	End   int    // 0: never
	File  int    // of Create, Write, Truncate and Sync. A file keeps its ID when it is renamed
	Name  string // of all others, and Create: below the directory, with slashes; "." is the directory itself
	To    string // of Rename; empty if it leads elsewhere
	At    int64  // the offset of a Write, the new size of a Truncate
	Data  []byte // of Write
}

// Mark is a line on the program's standard output, without its end.
type Mark struct {
	At   int // when the program began to write the end of the line: whatever the line promises held before
	Line string
}

// Kind says what an Op does.
type Kind uint8

// Create makes an empty file and its name. Sync makes a file's content and size durable, SyncDir the entries of
// a directory.
const (
	Create Kind = iota + 1
	Write
	Truncate
	Sync
	SyncDir
	Unlink
	Rename
	Mkdir
	Rmdir
)

var kindNames = [...]string{"none", "create", "write", "truncate", "sync", "syncdir", "unlink", "rename", "mkdir", "rmdir"}

// String returns the lower-case name.
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return fmt.Sprintf("Kind(%d)", uint8(k))
	}
	return kindNames[k]
}

// String returns the operation on one line, for people; of the data only the length.
func (o Op) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d-%d %v", o.Start, o.End, o.Kind)
	if o.File != 0 {
		fmt.Fprintf(&b, " #%d", o.File)
	}
	if o.Name != "" {
		fmt.Fprintf(&b, " %s", o.Name)
	}
	switch o.Kind {
	case Rename:
		fmt.Fprintf(&b, " to %s", o.To)
	case Write:
		fmt.Fprintf(&b, " %d bytes at %d", len(o.Data), o.At)
	case Truncate:
		fmt.Fprintf(&b, " to %d", o.At)
	}
	return b.String()
}

// Save keeps a trace in a file: seeds replay on the same trace only, and no two recordings are quite the same.
func (t *Trace) Save(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("diskfault: %w", err)
	}
	defer f.Close()
	if err := gob.NewEncoder(f).Encode(t); err != nil {
		return fmt.Errorf("diskfault: save the trace: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("diskfault: %w", err)
	}
	return nil
}

// Load reads what Save kept.
func Load(path string) (*Trace, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("diskfault: %w", err)
	}
	defer f.Close()
	t := new(Trace)
	if err := gob.NewDecoder(f).Decode(t); err != nil {
		return nil, fmt.Errorf("diskfault: load the trace: %w", err)
	}
	return t, nil
}
