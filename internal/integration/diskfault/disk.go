package diskfault

import (
	"maps"
	"path"
	"slices"
)

// disk is what a directory holds for certain, and what it may hold, at some instant.
type disk struct {
	files   map[int]*file
	names   map[string]int // for certain; 0 is a directory
	entries []*Op          // that may have reached the disk: changes of directories
	changes int            // counts what made a difference to the images
}

// file is the content of a file.
type file struct {
	durable []byte
	pending []*Op // that may have reached the disk, oldest first
}

func newDisk(before []File) *disk {
	d := &disk{files: make(map[int]*file), names: make(map[string]int)}
	for _, f := range before {
		d.names[f.Name] = f.ID
		if f.ID != 0 {
			d.files[f.ID] = &file{durable: f.Data}
		}
	}
	return d
}

// begin takes in an operation from the instant at which it begins.
func (d *disk) begin(op *Op) {
	switch op.Kind {
	case Sync, SyncDir:
		return
	case Write, Truncate:
		f := d.file(op.File)
		f.pending = append(f.pending, op)
	case Create:
		d.file(op.File)
		d.entries = append(d.entries, op)
	default:
		d.entries = append(d.entries, op)
	}
	d.changes++
}

// end takes in that an operation has ended.
func (d *disk) end(op *Op) {
	switch op.Kind {
	case Sync:
		f := d.file(op.File)
		content := slices.Clone(f.durable) // images share the old one
		f.pending = slices.DeleteFunc(f.pending, func(p *Op) bool {
			done := p.endedBefore(op)
			if done {
				content = p.apply(content)
			}
			return done
		})
		f.durable = content
	case SyncDir:
		d.entries = slices.DeleteFunc(d.entries, func(p *Op) bool {
			done := p.endedBefore(op) && p.directory() == op.Name
			if done {
				p.enter(d.names)
			}
			return done
		})
	default:
		return
	}
	d.changes++
}

func (d *disk) file(id int) *file {
	f := d.files[id]
	if f == nil {
		f = new(file)
		d.files[id] = f
	}
	return f
}

// listing is the names there are if the disk has those of the pending entries that are kept, without those whose
// directory is missing.
func (d *disk) listing(keep func(*Op) bool) map[string]int {
	names := maps.Clone(d.names)
	for _, op := range d.entries {
		if keep(op) {
			op.enter(names)
		}
	}
	maps.DeleteFunc(names, func(name string, _ int) bool {
		for parent := path.Dir(name); parent != "."; parent = path.Dir(parent) {
			if id, ok := names[parent]; !ok || id != 0 {
				return true
			}
		}
		return false
	})
	return names
}

// lastPending is the pending operation that began last; nil if there is none.
func (d *disk) lastPending() *Op {
	var last *Op
	later := func(ops []*Op) {
		if n := len(ops); n > 0 && (last == nil || ops[n-1].Start > last.Start) {
			last = ops[n-1]
		}
	}
	later(d.entries)
	for _, f := range d.files {
		later(f.pending)
	}
	return last
}

func (o *Op) endedBefore(sync *Op) bool { return o.End != 0 && o.End < sync.Start }

// directory is the one whose fsync makes an entry durable.
func (o *Op) directory() string {
	if o.Kind == Rename && o.To != "" {
		return path.Dir(o.To)
	}
	return path.Dir(o.Name)
}

// enter changes names as the operation does.
func (o *Op) enter(names map[string]int) {
	switch o.Kind {
	case Create:
		names[o.Name] = o.File
	case Mkdir:
		names[o.Name] = 0
	case Unlink, Rmdir:
		delete(names, o.Name)
	case Rename:
		if id, ok := names[o.Name]; ok {
			delete(names, o.Name)
			names[o.To] = id
		}
	}
}

// apply returns content as the operation leaves it. It may write to content.
func (o *Op) apply(content []byte) []byte {
	if o.Kind == Truncate {
		return resize(content, o.At)
	}
	if end := o.At + int64(len(o.Data)); end > int64(len(content)) {
		content = resize(content, end)
	}
	copy(content[o.At:], o.Data)
	return content
}

// resize cuts content or fills it with zeros.
func resize(content []byte, size int64) []byte {
	if size <= int64(len(content)) {
		return content[:size]
	}
	if size <= int64(cap(content)) {
		from := len(content)
		content = content[:size]
		clear(content[from:])
		return content
	}
	return append(content, make([]byte, size-int64(len(content)))...)
}
