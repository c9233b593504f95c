// Package diagram draws a transition table as an SVG.
//
// # Guarantees
//
//  1. Every table that package fsm can compile is drawn, and equal tables give equal bytes. (TestGolden, TestAnyTable)
//  2. What is drawn is what [fsm.Table.Mermaid] draws: each row that changes the state or is outbound, once.
//     (TestDrawsTheTable)
//  3. No label and no state overlaps another, no line runs through either, and nothing leaves the picture, with any font
//     whose letters are at most as wide as those of the common monospaced ones. (TestAnyTable)
//  4. A program finds every state by g[data-state] and every row by g[data-from][data-to][data-kind]. (TestDrawsTheTable)
//  5. The drawing is readable on a light and on a dark ground, and has a title and a description for those who cannot
//     see it. (TestAccessible)
package diagram

import "github.com/escalationkit/escalation/fsm"

// SVG returns the drawing of t as a document that stands alone.
func SVG(t *fsm.Table) string { return draw(t, "<style>"+style+"</style>\n") }

// Inline returns the drawing of t as an element for a page that has a style for it. Everything in it has a class to be styled by: state,
// terminal, transition, line, head, label, and is-current and is-last for whoever marks the present state and the last transition.
func Inline(t *fsm.Table) string { return draw(t, "") }

func draw(t *fsm.Table, style string) string {
	g := newGraph(t)
	g.layer()
	g.order()
	g.place()
	return g.draw(style)
}
