package diagram

import (
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
)

// graph is a table on its way to a picture: from left to right columns of states, and between two of those a column of
// labels. Lines are level inside a column and bend only in the gutters between columns, where nothing else is; so what
// has its own place in its column cannot be crossed by anything.
type graph struct {
	states  []*item
	links   []*link
	columns [][]*item // states at 0, 2, 4, …; labels at 1, 3, 5, …; from top to bottom
}

// link is everything that leads from one state to another, drawn as one line.
type link struct {
	from, to *item
	labels   []row
	chain    []*item // what the line goes through from left to right, both states included
}

// row is a row of the table, as drawn.
type row struct {
	from, to fsm.State
	kind     events.Kind
	why      string
}

// item takes up room in a column: a state, a label, or a line that passes.
type item struct {
	state         fsm.State
	isState       bool
	loops         []row // of a state: what leads from it to itself
	labels        []row // of a label
	column        int
	above, below  float64 // the room it takes on both sides of y
	width         float64
	y             float64
	left, right   []*item // neighbours in the adjacent columns
	leftY, rightY map[*item]float64
	height        float64 // of a state's box
}

func newGraph(t *fsm.Table) *graph {
	g := &graph{}
	for _, s := range fsm.States() {
		g.states = append(g.states, &item{state: s, isState: true})
	}
	between := map[[2]fsm.State]*link{}
	for _, r := range t.Rows() {
		if r.Refused || r.From == r.To && !r.Kind.Outbound() {
			continue
		}
		one := row{r.From, r.To, r.Kind, r.Why}
		from, to := g.states[r.From], g.states[r.To]
		if from == to {
			from.loops = append(from.loops, one)
			continue
		}
		ends := [2]fsm.State{r.From, r.To}
		if between[ends] == nil {
			between[ends] = &link{from: from, to: to}
			g.links = append(g.links, between[ends])
		}
		between[ends].labels = append(between[ends].labels, one)
	}
	return g
}

// ends returns the two states of the link from left to right. The states are declared in the order of an escalation's
// life, and that is the reading direction; a link against it is drawn as if it were turned round.
func (l *link) ends() (left, right *item) {
	if l.from.state < l.to.state {
		return l.from, l.to
	}
	return l.to, l.from
}
