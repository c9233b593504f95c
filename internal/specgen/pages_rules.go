package specgen

import (
	"strings"

	"github.com/escalationkit/escalation/events"
)

const rulesIntro = `# Rules

An outbound event may be sent if the guard and every rule of the set agree; otherwise the refusal names
every broken one by its id. The guard and the payload rules are part of every set. Payload rules are
also what decoding a body, in either direction, refuses by. Policy rules are a choice: the presets
*strict* (the default) and *lenient* contain those marked so, the rest is added by hand. The presets
differ in the table that the guard uses: lenient turns every [switch](state-machine.md#switches) on.

Bodies that keep and break each rule: [vectors.json](../spec/vectors.json).

`

// rulesPage builds docs/rules.md.
func rulesPage() ([]byte, error) {
	catalogue, err := Catalogue()
	if err != nil {
		return nil, err
	}
	var p page
	p.WriteString(generatedNote + rulesIntro)
	for _, stage := range []struct{ name, title string }{
		{stageGuard, "Guard"}, {stagePayload, "Payload rules"}, {stagePolicy, "Policy rules"},
	} {
		p.printf("## %s\n\n", stage.title)
		p.head("Rule", "Demands", "Events", "Basis", "Source", "On in")
		for _, e := range catalogue {
			if e.Stage == stage.name {
				p.row(code(e.ID), demands(e), scope(e.Scope), e.Basis.String(), link(e.Source), presets(e.Presets))
			}
		}
		p.printf("\n")
	}
	p.printf("The basis of the guard is that of the single cell: see [the state machine](state-machine.md#every-cell).\n")
	p.links()
	return []byte(p.String()), nil
}

func demands(e Entry) string {
	if e.Parameter == "" {
		return e.Summary
	}
	return e.Summary + " (takes " + e.Parameter + ")"
}

func scope(set events.KindSet) string {
	switch set {
	case events.OutboundKinds() | events.InboundKinds():
		return "all"
	case events.OutboundKinds():
		return "all outbound"
	case events.InboundKinds():
		return "all inbound"
	}
	var kinds []string
	for _, k := range set.Kinds() {
		kinds = append(kinds, code(k.String()))
	}
	return strings.Join(kinds, ", ")
}

func presets(names []string) string {
	if len(names) == 0 {
		return "no preset"
	}
	return strings.Join(names, ", ")
}
