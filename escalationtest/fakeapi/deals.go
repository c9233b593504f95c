package fakeapi

// deals are faults of one type that nobody has taken yet: for whoever comes next, and for single conversations. The
// server's lock guards them.
type deals[F any] struct {
	next   []F
	byTalk map[talkID][]F
}

func (d *deals[F]) add(faults []F) { d.next = append(d.next, faults...) }

func (d *deals[F]) addFor(id talkID, faults []F) {
	if len(faults) == 0 {
		return
	}
	if d.byTalk == nil {
		d.byTalk = map[talkID][]F{}
	}
	d.byTalk[id] = append(d.byTalk[id], faults...)
}

// take deals the first of those for whoever comes next.
func (d *deals[F]) take() (f F, dealt bool) {
	if len(d.next) == 0 {
		return f, false
	}
	f, d.next = d.next[0], d.next[1:]
	return f, true
}

// takeFor deals the first of those for a conversation.
func (d *deals[F]) takeFor(id talkID) (f F, dealt bool) {
	fs := d.byTalk[id]
	switch len(fs) {
	case 0:
		return f, false
	case 1:
		delete(d.byTalk, id)
	default:
		d.byTalk[id] = fs[1:]
	}
	return fs[0], true
}

// left returns how many there are.
func (d *deals[F]) left() int {
	n := len(d.next)
	for _, fs := range d.byTalk {
		n += len(fs)
	}
	return n
}
