package memstore

import (
	"cmp"
	"slices"
	"strings"

	"github.com/escalationkit/escalation/store"
)

// parkedIndex holds the parked records in the order of their keys.
type parkedIndex []*record

func (p parkedIndex) search(key store.Key) (int, bool) {
	return slices.BinarySearchFunc(p, key, func(r *record, key store.Key) int {
		return cmp.Or(strings.Compare(r.bot.name, key.Bot), strings.Compare(r.id, key.Conversation))
	})
}

// set says whether r is parked.
func (p *parkedIndex) set(r *record, parked bool) {
	i, found := p.search(store.Key{Bot: r.bot.name, Conversation: r.id})
	switch {
	case parked && !found:
		*p = slices.Insert(*p, i, r)
	case !parked && found:
		*p = slices.Delete(*p, i, i+1)
	}
}

// page returns up to limit keys above after.
func (p parkedIndex) page(after store.Key, limit int) []store.Key {
	i, found := p.search(after)
	if found {
		i++
	}
	rest := p[i:]
	if limit <= 0 || len(rest) == 0 {
		return nil
	}
	keys := make([]store.Key, min(limit, len(rest)))
	for i := range keys {
		keys[i] = store.Key{Bot: rest[i].bot.name, Conversation: rest[i].id}
	}
	return keys
}

// finishedQueue holds the finished records in the order in which they finished. A record that was committed
// since has another revision: that place in the queue counts for nothing.
type finishedQueue struct {
	places []finishedPlace
	live   int
}

type finishedPlace struct {
	record   *record
	revision uint64
}

func (p finishedPlace) counts() bool { return p.record.finished && p.record.revision == p.revision }

// push adds a record that has just finished.
func (q *finishedQueue) push(r *record) {
	r.finished = true
	q.live++
	if len(q.places) > 2*q.live+16 {
		q.places = slices.DeleteFunc(q.places, func(p finishedPlace) bool { return !p.counts() })
	}
	q.places = append(q.places, finishedPlace{r, r.revision})
}

// withdraw takes a record out that is about to be committed.
func (q *finishedQueue) withdraw(r *record) {
	if r.finished {
		r.finished = false
		q.live--
	}
}

// pop takes out the record that finished first.
func (q *finishedQueue) pop() *record {
	for {
		p := q.places[0]
		q.places[0] = finishedPlace{}
		q.places = q.places[1:]
		if p.counts() {
			q.withdraw(p.record)
			return p.record
		}
	}
}
