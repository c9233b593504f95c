package fakeapi

import "slices"

// Told is what a client that believes its answers knows of a round. An answer may leave open whether the event took
// effect, so there can be several words that the round may have come to. The zero told is that of a new round.
type told struct {
	words    []string // the judge's words; none means the empty word alone
	underway int      // events without an answer yet
	last     *Record  // the one that came last
}

// sends notes that an event is on its way, and whether it is in order for all that the client knows. A client that does not
// wait for an answer before it sends the next event trusts in nothing: neither may be in order.
func (k *told) sends(rec *Record) {
	beside := k.underway > 0
	if beside && k.last != nil {
		k.last.trusting = false
	}
	k.underway++
	k.last = rec
	rec.trusting = !beside
	for _, w := range k.known() {
		_, ok := step(w, letters[rec.EventType])
		rec.trusting = rec.trusting && ok
	}
}

// hears notes how the exchange of an event ended. One of an earlier round tells nothing about this one.
func (t *talk) hears(rec *Record) {
	k := &t.told
	if rec.round != t.round && rec.round != 0 {
		return
	}
	k.underway = max(0, k.underway-1)
	if rec.End == Answered && rec.Status/100 == 4 {
		return // refused
	}
	var words []string
	for _, w := range k.known() {
		next, _ := step(w, letters[rec.EventType])
		if words = append(words, next); !rec.sure() {
			words = append(words, w)
		}
	}
	slices.Sort(words)
	k.words = slices.Compact(words)
}

func (k *told) known() []string {
	if len(k.words) == 0 {
		return []string{""}
	}
	return k.words
}

// step returns the word of a round after one more event, the same if that is out of order.
func step(word, letter string) (string, bool) {
	j := judge{round: 1, word: word}
	ok := j.take(letter, 0) == 0
	return j.word, ok
}
