package scenario

import (
	"encoding/json"
	"maps"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// keyOf makes equal events equal strings. The order of the fields does not matter.
func keyOf(fields map[string]string) string {
	key, _ := json.Marshal(fields) // a map of strings always encodes
	return string(key)
}

// keyOfLine is keyOf for the event that a line shows.
func keyOfLine(l fakeapi.Line) string {
	fields := maps.Clone(l.Fields)
	if fields == nil {
		fields = map[string]string{}
	}
	fields["eventType"] = l.EventType
	return keyOf(fields)
}

// wanted returns what the visitor is to see of what the agent did.
func (t *talk) wanted() []wanted {
	t.mu.Lock()
	defer t.mu.Unlock()
	var want []wanted
	for i, a := range t.asked {
		w := wanted{key: a.key, label: a.text}
		// A queue update that waits may give way to a newer one.
		if i+1 < len(t.asked) {
			next := t.asked[i+1]
			w.optional = next.round == a.round &&
				a.fields["eventType"] == "escalationQueueUpdate" && next.fields["eventType"] == "escalationQueueUpdate"
		}
		want = append(want, w)
	}
	have := map[string]int{}
	for _, g := range t.seen() {
		have[g.key]++
	}
	// When the visitor leaves, what was not sent yet is not to be sent any more.
	cancelled := map[int]bool{}
	for i := len(want) - 1; i >= 0; i-- {
		round := t.asked[i].round
		if !t.left[round] {
			continue
		}
		if have[want[i].key] > 0 {
			cancelled[round] = true // something of the round was shown: nothing before it may be missing
		}
		want[i].optional = want[i].optional || !cancelled[round]
	}
	return want
}

// optional makes lines of the file events that the visitor is to see, those as optional that are so among the others.
func optional(texts []string, want []wanted) []wanted {
	may := map[string]int{}
	for _, w := range want {
		if w.optional {
			may[w.label]++
		}
	}
	var out []wanted
	for _, text := range texts {
		out = append(out, wanted{key: text, label: text, optional: may[text] > 0})
		may[text]--
	}
	return out
}

// byText makes lines with the same text equal.
func byText(got []seen) []seen {
	out := make([]seen, len(got))
	for i, g := range got {
		g.key = g.label
		out[i] = g
	}
	return out
}

// missing returns what the visitor of a conversation is still to see.
func (r *run) missing(t *talk) []finding {
	got, want := t.seen(), t.wanted()
	if r.desk != nil {
		return newComparison(want, got).lost()
	}
	if texts, given := r.text(t); given && !r.opts.KindsOnly {
		return newComparison(optional(texts, want), byText(got)).lost()
	}
	return nil
}
