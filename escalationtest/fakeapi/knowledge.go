package fakeapi

import (
	"maps"
	"slices"
)

// Knowledge is what a client that believes its answers and its webhooks knows of its conversation. When within an attempt a
// webhook reaches the client cannot be seen from here, nor can a repeated one be told from a new one, so there may be several
// beliefs: one of them is the client's, which is taken for a right one as long as it can be.
type knowledge struct {
	beliefs  []belief
	underway []*Record        // events without an answer yet
	last     *Record          // the event that came last
	telling  []*WebhookRecord // webhooks without an answer yet
}

// An event is all that the client sent as the same: one request, and the others with which it sent that again.
type event struct{ shown bool }

// These are far more than a client gives rise to that has one thing at a time under way, and is told a few at once.
const (
	maxBeliefs = 64
	maxTelling = 8
)

// begin forgets everything: from now on the client knows what b says.
func (k *knowledge) begin(b belief) { *k = knowledge{beliefs: []belief{b}} }

// sends notes that an event is on its way: whether it is one that was sent before, and whether it is right by what the
// client knows.
func (k *knowledge) sends(rec *Record) {
	for _, other := range k.underway { // nobody waited for its answer
		other.hasty = other.hasty || !slices.ContainsFunc(k.beliefs, func(b belief) bool {
			return b.held(other) && b.accepts(other, rec)
		})
	}
	right := func(b belief) bool { return b.held(rec) && b.accepts(rec, k.underway...) }
	rec.trusting = slices.ContainsFunc(k.beliefs, right)
	if k.repeats(rec) {
		rec.event = k.last.event
		k.last.hurried = slices.Contains(k.underway, k.last)
		rec.trusting = rec.trusting || k.last.trusting
	} else {
		rec.event = new(event)
		if rec.trusting { // else it is wrong in any case, and tells nothing
			k.beliefs = without(k.beliefs, rec, right)
		}
	}
	k.underway, k.last = append(k.underway, rec), rec
}

// without returns the beliefs less those by which the request would have been wrong, unless the client may have come to them
// after it had begun it.
func without(bs []belief, rec *Record, right func(belief) bool) (out []belief) {
	for _, b := range bs {
		if b.held(rec) && !right(b) {
			if len(b.heard) == 0 && b.by < rec.begun {
				continue
			}
			b.since = rec.begun
		}
		out = append(out, b)
	}
	return out
}

// repeats reports whether the client sends again, within a round, what it does not know to have arrived.
func (k *knowledge) repeats(rec *Record) bool {
	return k.last != nil && !k.last.sure() && maps.Equal(rec.Fields, k.last.Fields) &&
		slices.ContainsFunc(k.beliefs, func(b belief) bool { return b.held(rec) && b.held(k.last) })
}

// learns notes how the exchange of an event has ended.
func (k *knowledge) learns(rec *Record, begun int) {
	k.underway = slices.DeleteFunc(k.underway, func(r *Record) bool { return r == rec })
	switch {
	case rec.End == ClientGone:
		rec.hasty = false // nobody was there who could have waited
	case rec.hurried && rec.End == Answered:
		rec.event = new(event) // the client was still there, so the other was none of its repeats
	}
	if rec.End == Answered && rec.Status/100 == 4 {
		return // refused
	}
	var out []belief
	for _, b := range k.beliefs {
		if !b.held(rec) {
			out = append(out, b)
			continue
		}
		before := b.words
		b.words = b.after(rec)
		if rec.End == Answered && rec.Status/100 == 2 {
			out = append(out, b)
		}
		if !rec.sure() { // an odd answer is believed or not, and a late one not waited for or believed
			b.words = unite(before, b.words)
			out = append(out, b)
		}
	}
	k.set(out, begun)
}

// hearing notes that the client may hear of a webhook from now on.
func (k *knowledge) hearing(hook *WebhookRecord, begun int) {
	k.telling = append(k.telling, hook)
	k.telling = k.telling[max(0, len(k.telling)-maxTelling):]
	k.set(k.beliefs, begun)
}

// heard notes that the attempt has ended, and whether the client has certainly heard of the webhook.
func (k *knowledge) heard(hook *WebhookRecord, begun int, certainly bool) {
	if certainly && !slices.Contains(k.telling, hook) {
		k.hearing(hook, begun)
	}
	var out []belief
	for _, b := range k.beliefs {
		if i := slices.Index(b.heard, hook.N); i >= 0 {
			b.heard, b.by = slices.Delete(slices.Clone(b.heard), i, i+1), begun
		} else if certainly && b.until == 0 {
			if begun <= b.since {
				continue
			}
			b.until = begun // a request may be under way that it holds for
		}
		out = append(out, b)
	}
	k.telling = slices.DeleteFunc(k.telling, func(r *WebhookRecord) bool { return r == hook })
	k.set(out, begun)
}

// set replaces the beliefs by those of bs that differ, and by what they turn into if the client hears now of the webhooks
// under way, in any order. If that makes too many it forgets the oldest.
func (k *knowledge) set(bs []belief, begun int) {
	k.beliefs = nil
	add := func(b belief) {
		i := slices.IndexFunc(k.beliefs, func(other belief) bool { return b.equal(other) && k.heldBoth(b, other) })
		if i < 0 {
			k.beliefs = append(k.beliefs, b)
			return
		}
		same := &k.beliefs[i]
		same.since, same.by = min(same.since, b.since), max(same.by, b.by)
	}
	for _, b := range bs {
		add(b)
	}
	for i := 0; i < len(k.beliefs) && len(k.beliefs) <= maxBeliefs; i++ {
		for _, next := range k.beliefs[i].hearsAny(k.telling, begun) {
			add(next)
		}
	}
	for len(k.beliefs) > maxBeliefs {
		old := slices.IndexFunc(k.beliefs, func(b belief) bool { return b.until != 0 })
		k.beliefs = slices.Delete(k.beliefs, max(0, old), max(0, old)+1)
	}
}

// heldBoth reports whether the client may have had both beliefs when it began what it sent, or neither.
func (k *knowledge) heldBoth(b, other belief) bool {
	differs := func(rec *Record) bool { return b.held(rec) != other.held(rec) }
	return !slices.ContainsFunc(k.underway, differs) && (k.last == nil || !differs(k.last))
}
