package diskfault

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// ImagesConfig changes what Images does. A nil one, and every zero field, means the default.
type ImagesConfig struct {
	Random  int // images by chance at each moment. Default 4
	Every   int // looks at every n-th moment only. Default 1
	Workers int // how many checks run at the same time. Default 2
	_       struct{}
}

// Checked counts what Images did.
type Checked struct {
	Moments int // after which something was pending, durable or promised that was not before
	Images  int // that were checked
	Same    int // that were not, because one with the same content and promises was
	Took    time.Duration
}

// ImageError is an image that did not pass. [Trace.Image] builds it again from the same trace.
type ImageError struct {
	Seed   uint64
	Point  int
	Choice Choice
	Last   string // the operation or mark of that instant
	Err    error
}

func (e *ImageError) Error() string {
	return fmt.Sprintf("diskfault: power loss after instant %d (%s), choice %v, seed %d: %v", e.Point, e.Last, e.Choice, e.Seed, e.Err)
}

func (e *ImageError) Unwrap() error { return e.Err }

// Images has every image checked that differs from those before, from the beginning of the trace to its end, until a check
// fails; the error is then an [*ImageError]. Checks run at the same time, each with an image of its own
// whose contents it must not write to.
func (t *Trace) Images(ctx context.Context, seed uint64, check func(Image) error, config *ImagesConfig) (Checked, error) {
	var c ImagesConfig
	if config != nil {
		c = *config
	}
	c.Random, c.Every, c.Workers = cmp.Or(c.Random, 4), cmp.Or(c.Every, 1), cmp.Or(c.Workers, 2)

	began := time.Now()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	images := make(chan Image)
	var workers sync.WaitGroup
	for range c.Workers {
		workers.Go(func() {
			for image := range images {
				if err := check(image); err != nil {
					stop(&ImageError{seed, image.Point, image.Choice, t.at(image.Point), err})
				}
			}
		})
	}

	var done Checked
	seen := make(map[[sha256.Size]byte]bool)
	moment := 0
	t.walk(func(point int, d *disk, marks []string) bool {
		if moment++; moment%c.Every != 0 {
			return ctx.Err() == nil
		}
		done.Moments++
		choices := slices.Clone(fixed)
		for i := range c.Random {
			choices = append(choices, Random(i))
		}
		for _, choice := range choices {
			image := d.imageAt(seed, point, choice, marks)
			if sum := image.sum(); seen[sum] {
				done.Same++
				continue
			} else {
				seen[sum] = true
			}
			select {
			case images <- image:
				done.Images++
			case <-ctx.Done():
				return false
			}
		}
		return true
	})
	close(images)
	workers.Wait()
	done.Took = time.Since(began)
	return done, context.Cause(ctx)
}

// Image builds one image again. It is the zero Image if nothing changed at that point.
func (t *Trace) Image(seed uint64, point int, choice Choice) Image {
	var image Image
	t.walk(func(at int, d *disk, marks []string) bool {
		if at == point {
			image = d.imageAt(seed, point, choice, marks)
		}
		return at < point
	})
	return image
}

// walk calls visit after every instant at which an image changed, or a promise was added, until it returns false.
func (t *Trace) walk(visit func(point int, d *disk, marks []string) bool) {
	type step struct {
		at int
		do func()
	}
	d := newDisk(t.Before)
	var marks []string
	var steps []step
	for i := range t.Ops {
		op := &t.Ops[i]
		steps = append(steps, step{op.Start, func() { d.begin(op) }})
		if op.End != 0 {
			steps = append(steps, step{op.End, func() { d.end(op) }})
		}
	}
	for _, m := range t.Marks {
		steps = append(steps, step{m.At, func() { marks = append(marks, m.Line) }})
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })

	changes := -1
	for i, s := range steps {
		s.do()
		if i+1 < len(steps) && steps[i+1].at == s.at {
			continue
		}
		if now := d.changes + len(marks); now != changes {
			changes = now
			if !visit(s.at, d, slices.Clip(marks)) {
				return
			}
		}
	}
}

func (d *disk) imageAt(seed uint64, point int, choice Choice, marks []string) Image {
	rng := rand.New(rand.NewPCG(seed, uint64(point)<<20|uint64(choice)&(1<<20-1)))
	image := d.image(choice, rng)
	image.Point, image.Marks = point, marks
	return image
}

// sum tells images apart.
func (i Image) sum() (sum [sha256.Size]byte) {
	h := sha256.New()
	length := func(n int) { h.Write(binary.BigEndian.AppendUint64(nil, uint64(n))) }
	length(len(i.Marks))
	for _, name := range i.Dirs {
		length(len(name))
		h.Write([]byte(name))
	}
	length(-1)
	for _, name := range slices.Sorted(maps.Keys(i.Files)) {
		length(len(name))
		h.Write([]byte(name))
		length(len(i.Files[name]))
		h.Write(i.Files[name])
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// at describes an instant.
func (t *Trace) at(point int) string {
	for _, op := range t.Ops {
		if op.Start == point || op.End == point {
			return op.String()
		}
	}
	for _, m := range t.Marks {
		if m.At == point {
			return fmt.Sprintf("the line %.60q", m.Line)
		}
	}
	return "nothing"
}
