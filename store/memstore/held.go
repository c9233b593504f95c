package memstore

// heldList links the records that Release finds, the one that was held first at the front. Every record in it is in
// two of them: that of its bot and that of the store.
type heldList struct{ first, last *record }

// links are a record's neighbours in one list.
type links struct{ before, behind *record }

func (p *place) inAll() *links { return &p.ofAll }
func (p *place) inBot() *links { return &p.own }

func (l *heldList) push(r *record, in func(*place) *links) {
	in(&r.active.place).before = l.last
	if l.last == nil {
		l.first = r
	} else {
		in(&l.last.active.place).behind = r
	}
	l.last = r
}

func (l *heldList) remove(r *record, in func(*place) *links) {
	own := in(&r.active.place)
	if own.before == nil {
		l.first = own.behind
	} else {
		in(&own.before.active.place).behind = own.behind
	}
	if own.behind == nil {
		l.last = own.before
	} else {
		in(&own.behind.active.place).before = own.before
	}
	*own = links{}
}
