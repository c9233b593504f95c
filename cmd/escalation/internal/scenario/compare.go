package scenario

import (
	"fmt"
	"slices"
	"strings"
)

// A wanted is an event that the visitor is to see.
type wanted struct {
	key      string // equal events have equal keys
	label    string // for people
	optional bool   // it may be missing: something newer has taken its place, or the visitor left
	replaced bool   // something newer may have taken its place
	over     bool   // it is not waited for: the visitor left, and it cannot come any more
}

// A seen is an event that the visitor saw, in the order of the widget.
type seen struct {
	key     string
	label   string
	request int // arrival number
	told    int // newest request when the client was told that it had arrived; 0 if it was not told
}

// knownAt reports whether the client knew that g had arrived when it sent that request.
func (g seen) knownAt(request int) bool { return g.told > 0 && g.told < request }

// A finding is a difference between the two. A note is one that the client could not avoid.
type finding struct {
	kind    Kind
	request int
	text    string
	note    bool
	label   string // of Unexpected: what was seen
	at      int    // of Lost, its place in what was wanted; of Unexpected, its place in what was seen, repeats not counted
}

// compare tells how what was seen differs from what was wanted.
func compare(want []wanted, got []seen) []finding {
	c := newComparison(want, got)
	return slices.Concat(c.unexpected(), c.lost(), c.doubled(), c.disorder())
}

type comparison struct {
	want   []wanted
	got    []seen
	places map[string][]int // where a key stands in want
	copies map[string][]int // where a key stands in got
}

func newComparison(want []wanted, got []seen) *comparison {
	c := &comparison{want: want, got: got, places: map[string][]int{}, copies: map[string][]int{}}
	for i, w := range want {
		c.places[w.key] = append(c.places[w.key], i)
	}
	for i, g := range got {
		c.copies[g.key] = append(c.copies[g.key], i)
	}
	return c
}

func (c *comparison) unexpected() []finding {
	var out []finding
	found, at := map[string]int{}, 0
	for _, g := range c.got {
		places := len(c.places[g.key])
		if places == 0 {
			out = append(out, finding{kind: Unexpected, request: g.request, label: g.label, at: at, text: fmt.Sprintf("the visitor saw %q, which was not asked for", g.label)})
		}
		if found[g.key]++; places == 0 || found[g.key] <= places {
			at++
		}
	}
	return out
}

func (c *comparison) lost() []finding {
	var out []finding
	found := map[string]int{}
	for i, w := range c.want {
		found[w.key]++
		if !w.optional && found[w.key] > len(c.copies[w.key]) {
			out = append(out, finding{kind: Lost, at: i, text: fmt.Sprintf("the visitor never saw %q", w.label)})
		}
	}
	return out
}

// doubled looks at the copies of an event in the order in which they were sent. One that follows as many as were wanted and
// known to have arrived could have been avoided.
func (c *comparison) doubled() []finding {
	var out []finding
	for _, w := range c.distinct() {
		wanted, copies := len(c.places[w.key]), make([]seen, 0, len(c.copies[w.key]))
		for _, at := range c.copies[w.key] {
			copies = append(copies, c.got[at])
		}
		slices.SortFunc(copies, func(a, b seen) int { return a.request - b.request })
		for i, g := range copies[min(wanted, len(copies)):] {
			known := 0
			for _, before := range copies[:wanted+i] {
				if before.knownAt(g.request) {
					known++
				}
			}
			f := finding{kind: Doubled, request: g.request, text: fmt.Sprintf("the visitor saw %q once more", g.label)}
			if f.note = known < wanted; f.note {
				f.text += "; what had become of the request before was not known"
			} else {
				f.text += ", though the request before had been answered 200"
			}
			out = append(out, f)
		}
	}
	return out
}

// distinct returns one wanted event of each key, in order.
func (c *comparison) distinct() []wanted {
	var out []wanted
	for i, w := range c.want {
		if c.places[w.key][0] == i {
			out = append(out, w)
		}
	}
	return out
}

// disorder finds events that were shown after one that comes later.
func (c *comparison) disorder() []finding {
	var out []finding
	found := map[string]int{}
	last, newest := -1, 0 // place in want of the newest event shown, and its place in got
	for i, g := range c.got {
		places := c.places[g.key]
		if len(places) == 0 {
			continue
		}
		place := places[min(found[g.key], len(places)-1)]
		found[g.key]++
		if place >= last {
			last, newest = place, i
			continue
		}
		newer := c.got[newest]
		f := finding{kind: Order, request: g.request, text: fmt.Sprintf("the visitor saw %q after %q", g.label, newer.label)}
		switch {
		case g.request > newer.request:
		case g.knownAt(newer.request): // what followed had waited for it
			f.text, f.note = f.text+"; the platform took it in time and showed it late", true
		default:
			f.text += ", which was sent before it was known what had become of the first; a copy may be held up on the way"
		}
		out = append(out, f)
	}
	return out
}

// label is how an event is called in reports. What is not plainly a name or words is named.
func label(fields map[string]string) string {
	kind := fields["eventType"]
	var details []string
	for _, name := range []string{"text", "agent", "agentAvatar", "queuePosition", "waitingTime"} {
		switch value, ok := fields[name]; {
		case !ok:
		case name == "text" || name == "agent":
			details = append(details, value)
		default:
			details = append(details, name+" "+value)
		}
	}
	if len(details) == 0 {
		return kind
	}
	return kind + " " + strings.Join(details, ", ")
}
