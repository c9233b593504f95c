package fsm

import "github.com/looplab/fsm"

// Mermaid returns the table as a Mermaid state diagram, lines in sorted order. Inbound events that
// change nothing are left out.
func (t *Table) Mermaid() string {
	text, _ := fsm.VisualizeForMermaidWithGraphType(t.newLooplab(None, drawn), fsm.StateDiagram) // fails for other types only
	return text
}

// Graphviz returns the table in the DOT language, with the same content and order as Mermaid.
func (t *Table) Graphviz() string {
	return fsm.Visualize(t.newLooplab(None, drawn))
}

// drawn tells the rows that a reader wants to see.
func drawn(r Row) bool { return r.From != r.To || r.Kind.Outbound() }
