package events

import "fmt"

// Basis says what a statement about the API rests on. The zero Basis is Undocumented: what
// nobody stated.
type Basis uint8

const (
	// Undocumented: no source says anything. Such a point is a switch with a stated default.
	Undocumented Basis = iota
	// Inferred: our reading of the sources; none of them says it outright.
	Inferred
	// Shown: seen in the vendor's example project, promised nowhere.
	Shown
	// Documented: written in the vendor's documentation.
	Documented
)

var basisNames = [...]string{
	Undocumented: "undocumented",
	Inferred:     "inferred",
	Shown:        "shown",
	Documented:   "documented",
}

// Valid reports whether b is one of the four bases.
func (b Basis) Valid() bool { return int(b) < len(basisNames) }

// String returns the lower-case name.
func (b Basis) String() string {
	if !b.Valid() {
		return fmt.Sprintf("Basis(%d)", uint8(b))
	}
	return basisNames[b]
}

// MarshalText returns the name; an invalid basis is an error.
func (b Basis) MarshalText() ([]byte, error) {
	if !b.Valid() {
		return nil, fmt.Errorf("events: cannot write invalid %v", b)
	}
	return []byte(basisNames[b]), nil
}

// UnmarshalText reads a name.
func (b *Basis) UnmarshalText(text []byte) error {
	for i, name := range basisNames {
		if name == string(text) {
			*b = Basis(i)
			return nil
		}
	}
	return fmt.Errorf("events: unknown basis %q", clip(string(text)))
}

// The vendor's pages that rules, fields and table rows name as their source.
const (
	SourceReference = "https://developer.zendesk.com/api-reference/ai-agents/widget-escalation/widget-escalation/"
	SourceGuide     = "https://developer.zendesk.com/documentation/ai-agents/widget/widget-escalations"
	SourceWebhook   = "https://developer.zendesk.com/api-reference/ai-agents/widget-escalation/widget-escalation-webhook"
	SourceExample   = "https://github.com/ultimateai/custom-crm-automation-template"
)
