package fakeapi

import (
	"maps"
	"slices"
	"strings"
)

// Knowledge is what a client that believes its answers and its webhooks knows of its conversation. When within an attempt a
// webhook reaches the client cannot be seen from here, nor can a repeated one be told from a new one, so there may be several
// beliefs: one of them is the client's, which is taken for a right one as long as it can be.
type knowledge struct {
	beliefs  []belief
	underway []*Record // events without an answer yet
	last     *Record   // the event that came last
}

// A belief is what the client may take its conversation for.
type belief struct {
	words []string // what the round may have come to, as the judge writes it: an answer may leave that open
	over  bool     // there is no round: nothing is in order
	early bool     // it has not been told of this round
	since int      // how many requests had begun when the client came to it
	until int      // how many had begun when it had been told better; 0: it has not been
	heard int      // the webhook under way that led to it, or 0
}

// unasked is what a client knows that may begin a round itself, or that sends before it is told.
var unasked = belief{words: []string{""}, early: true}

// An event is all that the client sent as the same: one request, and the others with which it sent that again.
type event struct{ shown bool }

// maxBeliefs is far more than a client with one thing at a time under way gives rise to.
const maxBeliefs = 16

// held reports whether the client may have had the belief when it began the request.
func (b belief) held(rec *Record) bool {
	return rec.begun > b.since && (b.until == 0 || rec.begun <= b.until)
}

// accepts reports whether the event is in order whatever has become of those before it and those beside it.
func (b belief) accepts(rec *Record, beside ...*Record) bool {
	for _, other := range beside {
		if b.held(other) {
			b.words = unite(b.words, b.after(other))
		}
	}
	return !b.over && !slices.ContainsFunc(b.words, func(w string) bool {
		_, ok := step(w, letters[rec.EventType])
		return !ok
	})
}

// after returns the words once the event has taken effect.
func (b belief) after(rec *Record) []string {
	var words []string
	for _, w := range b.words {
		next, _ := step(w, letters[rec.EventType])
		words = append(words, next)
	}
	return unite(words)
}

// hears returns what the belief may turn into by a webhook, itself included if the webhook may change nothing.
func (b belief) hears(hook *WebhookRecord, begun int) []belief {
	ended := func(w string) bool { return strings.HasSuffix(w, "F") || strings.HasSuffix(w, "D") }
	switch hook.EventType {
	case typeEndSession:
		return []belief{{over: true, since: begun}}
	case typeEscalate:
		if live := !b.over && !slices.ContainsFunc(b.words, ended); live && (b.early || hook.Of != hook.N) {
			b.early = false
			return []belief{b} // it is told of the round that it is in, or again
		}
		return []belief{b, {words: []string{""}, since: begun}}
	}
	return []belief{b}
}

func (b belief) equal(other belief) bool {
	return slices.Equal(b.words, other.words) && b.over == other.over && b.early == other.early && b.until == other.until && b.heard == other.heard
}

// begin forgets everything: from now on the client knows what b says.
func (k *knowledge) begin(b belief) { *k = knowledge{beliefs: []belief{b}} }

// sends notes that an event is on its way: whether it is one that was sent before, and whether it is right by what the
// client knows.
func (k *knowledge) sends(rec *Record) {
	for _, other := range k.underway { // nobody waited for its answer
		other.trusting = other.trusting && slices.ContainsFunc(k.beliefs, func(b belief) bool {
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
			k.beliefs = slices.DeleteFunc(k.beliefs, func(b belief) bool { return b.held(rec) && !right(b) })
		}
	}
	k.underway, k.last = append(k.underway, rec), rec
}

// repeats reports whether the client sends again, within a round, what it does not know to have arrived.
func (k *knowledge) repeats(rec *Record) bool {
	return k.last != nil && !k.last.sure() && maps.Equal(rec.Fields, k.last.Fields) &&
		slices.ContainsFunc(k.beliefs, func(b belief) bool { return b.held(rec) && b.held(k.last) })
}

// learns notes how the exchange of an event has ended.
func (k *knowledge) learns(rec *Record) {
	k.underway = slices.DeleteFunc(k.underway, func(r *Record) bool { return r == rec })
	if rec.hurried && rec.End == Answered {
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
	k.set(out)
}

// hearing notes that the client may hear of a webhook from now on.
func (k *knowledge) hearing(hook *WebhookRecord, begun int) {
	out := k.beliefs
	for _, b := range k.beliefs {
		if b.until == 0 {
			for _, next := range b.hears(hook, begun) {
				next.heard = hook.N
				out = append(out, next)
			}
		}
	}
	k.set(out)
}

// heard notes that the attempt has ended, and whether the client has certainly heard of the webhook.
func (k *knowledge) heard(hook *WebhookRecord, begun int, certainly bool) {
	var out []belief
	for _, b := range k.beliefs {
		if b.heard == hook.N {
			b.heard = 0
		} else if certainly && b.until == 0 {
			out = append(out, b.hears(hook, begun)...)
			if begun <= b.since {
				continue
			}
			b.until = begun // a request may be under way that it holds for
		}
		out = append(out, b)
	}
	k.set(out)
}

// set replaces the beliefs by those of bs that differ, and forgets the oldest if they are too many.
func (k *knowledge) set(bs []belief) {
	k.beliefs = nil
	for _, b := range bs {
		if !slices.ContainsFunc(k.beliefs, b.equal) {
			k.beliefs = append(k.beliefs, b)
		}
	}
	for len(k.beliefs) > maxBeliefs {
		old := slices.IndexFunc(k.beliefs, func(b belief) bool { return b.until != 0 })
		k.beliefs = slices.Delete(k.beliefs, max(0, old), max(0, old)+1)
	}
}

// unite returns all words, each once.
func unite(words ...[]string) []string {
	all := slices.Concat(words...)
	slices.Sort(all)
	return slices.Compact(all)
}

// step returns the word of a round after one more event, the same if that is out of order.
func step(word, letter string) (string, bool) {
	j := judge{round: 1, word: word}
	ok := j.take(letter, 0) == 0
	return j.word, ok
}
