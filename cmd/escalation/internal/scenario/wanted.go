package scenario

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

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
			w.replaced = next.round == a.round &&
				a.fields["eventType"] == "escalationQueueUpdate" && next.fields["eventType"] == "escalationQueueUpdate"
			w.optional = w.replaced
		}
		want = append(want, w)
	}
	have := map[string]int{}
	for _, g := range t.seen() {
		have[g.key]++
	}
	// When the visitor leaves, what was not sent yet is not to be sent any more. What had time enough is missing all the same.
	cancelled := map[int]bool{}
	for i := len(want) - 1; i >= 0; i-- {
		round := t.asked[i].round
		owed, left := t.left[round]
		if !left {
			continue
		}
		if have[want[i].key] > 0 {
			cancelled[round] = true // something of the round was shown: nothing before it may be missing
		}
		switch {
		case cancelled[round] || want[i].optional:
		case t.asked[i].at.After(owed):
			want[i].optional = true
		default:
			want[i].over = true
		}
	}
	return want
}

// byFile makes lines of the file events that the visitor is to see. Who writes down a line demands it, even of a visitor who
// leaves; only a queue update may give way to a newer one.
func byFile(texts []string, want []wanted) []wanted {
	may := map[string]int{}
	for _, w := range want {
		if w.replaced {
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

// compareFile is compare for the lines of the file, which stand in the given field.
func compareFile(field string, texts []string, want []wanted, got []seen) []finding {
	var out []finding
	instead := map[int]string{} // what stands in the file where the visitor saw something else
	c := newComparison(byFile(texts, want), byText(got))
	unexpected := c.unexpected()
	for _, f := range c.lost() {
		if slices.ContainsFunc(unexpected, func(u finding) bool { return u.at == f.at }) {
			instead[f.at] = texts[f.at]
			continue
		}
		f.text = fmt.Sprintf("%s[%d]: %s", field, f.at, f.text)
		out = append(out, f)
	}
	for _, f := range unexpected {
		f.text = fmt.Sprintf("the visitor saw %q, which is not in %s", f.label, field)
		if text, is := instead[f.at]; is {
			f.text = fmt.Sprintf("%s[%d]: want %q, the visitor saw %q", field, f.at, text, f.label)
		}
		out = append(out, f)
	}
	return slices.Concat(out, c.doubled(), c.disorder())
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
		for i := range want {
			want[i].optional = want[i].optional || want[i].over
		}
		return newComparison(want, got).lost()
	}
	if _, texts, given := r.text(t); given && !r.opts.KindsOnly {
		return newComparison(byFile(texts, want), byText(got)).lost()
	}
	return nil
}
