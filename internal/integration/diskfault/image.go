package diskfault

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
)

// Choice says which of the pending operations of a moment the disk has.
type Choice int

// The choices that leave nothing to chance. Random(0), Random(1), … are the others.
const (
	None       Choice = -1 - iota // what is certain
	All                           // everything
	AllButLast                    // everything but the operation that began last
	OnlyData                      // all writes and sizes, no directory entries
	OnlyNames                     // all directory entries, no writes and sizes
)

var fixed = []Choice{None, All, AllButLast, OnlyData, OnlyNames}

// Random is a choice by chance: of sectors, sizes and entries.
func Random(i int) Choice { return Choice(i) }

// String returns the choice for people.
func (c Choice) String() string {
	names := []string{"none", "all", "all but the last", "only data", "only names"}
	if i := -1 - int(c); i >= 0 && i < len(names) {
		return names[i]
	}
	return fmt.Sprintf("Random(%d)", int(c))
}

// Image is a directory as a loss of power may leave it.
type Image struct {
	Point  int      // the instant after which the power went
	Choice Choice   // of what was pending then
	Marks  []string // the lines that the program had printed, or had begun to
	Dirs   []string // below the directory, parents first
	Files  map[string][]byte
}

// WriteTo makes the image in a directory that is there and empty.
func (i Image) WriteTo(dir string) error {
	for _, name := range i.Dirs {
		if err := os.Mkdir(filepath.Join(dir, filepath.FromSlash(name)), 0o700); err != nil {
			return fmt.Errorf("diskfault: %w", err)
		}
	}
	for name, data := range i.Files {
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), data, 0o600); err != nil {
			return fmt.Errorf("diskfault: %w", err)
		}
	}
	return nil
}

// image builds the image of a choice.
func (d *disk) image(c Choice, rng *rand.Rand) Image {
	keepEntry := func(*Op) bool { return true }
	content := func(f *file) []byte { return f.upTo(len(f.pending)) }
	none := func(*Op) bool { return false }
	certain := func(f *file) []byte { return f.durable }
	switch c {
	case None:
		keepEntry, content = none, certain
	case All:
	case AllButLast:
		last := d.lastPending()
		keepEntry = func(op *Op) bool { return op != last }
		content = func(f *file) []byte {
			n := len(f.pending)
			if n > 0 && f.pending[n-1] == last {
				n--
			}
			return f.upTo(n)
		}
	case OnlyData:
		keepEntry = none
	case OnlyNames:
		content = certain
	default:
		share := []float64{0, 0.5, 1}[rng.IntN(3)]
		keepEntry = func(*Op) bool { return rng.Float64() < share }
		content = func(f *file) []byte { return f.random(rng) }
	}

	image := Image{Choice: c, Files: make(map[string][]byte)}
	names := d.listing(keepEntry)
	for _, name := range slices.Sorted(maps.Keys(names)) { // sorted: a seed must replay
		if id := names[name]; id == 0 {
			image.Dirs = append(image.Dirs, name)
		} else {
			image.Files[name] = content(d.file(id))
		}
	}
	return image
}

// upTo is the content with the first n pending operations.
func (f *file) upTo(n int) []byte {
	if n == 0 {
		return f.durable
	}
	content := slices.Clone(f.durable)
	for _, op := range f.pending[:n] {
		content = op.apply(content)
	}
	return content
}

// random is the content of a disk that has the size as it was after some of the pending operations, and each sector
// as it was after some of them.
func (f *file) random(rng *rand.Rand) []byte {
	n := len(f.pending)
	if n == 0 {
		return f.durable
	}
	sector := []int64{512, 4096}[rng.IntN(2)]
	ops := pickOps(rng, n)
	had := make(map[int64]int) // by sector: how many operations it has seen

	content := slices.Clone(f.durable)
	size := int64(len(content))
	sized := size // after those operations that the size has seen
	seen := ops() // by the size
	for i, op := range f.pending {
		from, to := op.At, op.At+int64(len(op.Data))
		if op.Kind == Truncate {
			to = max(int64(len(content)), from)
			size = from
		} else {
			size = max(size, to)
		}
		if i < seen {
			sized = size
		}
		if to > int64(len(content)) {
			content = resize(content, to)
		}
		for from < to {
			s := from / sector
			next := min((s+1)*sector, to)
			if _, ok := had[s]; !ok {
				had[s] = ops()
			}
			switch part := content[from:next]; {
			case i >= had[s]:
			case op.Kind == Truncate:
				clear(part)
			default:
				copy(part, op.Data[from-op.At:])
			}
			from = next
		}
	}
	return resize(content, sized)
}

// pickOps returns a way to draw how many of n operations something has seen.
func pickOps(rng *rand.Rand, n int) func() int {
	switch rng.IntN(3) {
	case 0: // anything goes
		return func() int { return rng.IntN(n + 1) }
	case 1: // all or nothing, mostly one of them
		share := rng.Float64()
		return func() int {
			if rng.Float64() < share {
				return n
			}
			return 0
		}
	default: // in order, up to one that is torn
		torn := rng.IntN(n)
		return func() int { return torn + rng.IntN(2) }
	}
}
