package fakeapi

import (
	"slices"
	"strings"
)

// A belief is what the client may take its conversation for.
type belief struct {
	words []string // what the round may have come to, as the judge writes it: an answer may leave that open
	over  bool     // there is no round: nothing is in order
	early bool     // it has not been told of this round
	since int      // how many requests had begun when the client came to it, at the earliest
	by    int      // how many had begun when it had come to it, if that was by a webhook that is not under way any more
	until int      // how many had begun when it had been told better; 0: it has not been
	heard []int    // the webhooks under way that the client has got already
}

// unasked is what a client knows that may begin a round itself, or that sends before it is told.
var unasked = belief{words: []string{""}, early: true}

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

// hearsAny returns what the belief may turn into by one of the webhooks that the client has not got yet.
func (b belief) hearsAny(hooks []*WebhookRecord, begun int) (all []belief) {
	for _, hook := range hooks {
		if b.until != 0 || slices.Contains(b.heard, hook.N) {
			continue
		}
		for _, next := range b.hears(hook, begun) {
			next.heard = append(slices.Clone(b.heard), hook.N)
			slices.Sort(next.heard)
			all = append(all, next)
		}
	}
	return all
}

func (b belief) equal(other belief) bool {
	return slices.Equal(b.words, other.words) && b.over == other.over && b.early == other.early && b.until == other.until && slices.Equal(b.heard, other.heard)
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
