package fakeapi

// A tail keeps the last items of a row, and counts all of them. The zero tail keeps everything.
type tail[T any] struct {
	keep  int // how many are kept; 0: all
	total int // how many there were
	items []T // the last, at least keep of them
}

func (l *tail[T]) add(v T) {
	l.total++
	l.items = append(l.items, v)
	if l.keep > 0 && len(l.items)-l.keep >= l.keep { // seldom enough to cost nothing
		n := copy(l.items, l.kept())
		clear(l.items[n:])
		l.items = l.items[:n]
	}
}

// kept returns the items kept, oldest first. It is the tail's own memory, valid until the next add.
func (l *tail[T]) kept() []T {
	if l.keep > 0 && len(l.items) > l.keep {
		return l.items[len(l.items)-l.keep:]
	}
	return l.items
}
