package events

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"unicode"
)

// Kind names an event. The zero Kind is invalid.
type Kind uint8

// The five outbound kinds (CRM to widget) and the three inbound ones (widget to CRM).
const (
	KindEscalationQueueUpdate Kind = iota + 1
	KindEscalationSuccess
	KindMessage
	KindEscalationFailed
	KindAgentDisconnect

	KindWidgetEscalate
	KindWidgetMessage
	KindWidgetEndSession
)

// NumKinds is the number of valid kinds; they are numbered 1 to NumKinds.
const NumKinds = int(KindWidgetEndSession)

// kindNames are the names on the wire, case as written.
var kindNames = [NumKinds + 1]string{
	KindEscalationQueueUpdate: "escalationQueueUpdate",
	KindEscalationSuccess:     "escalationSuccess",
	KindMessage:               "message",
	KindEscalationFailed:      "escalationFailed",
	KindAgentDisconnect:       "agentDisconnect",
	KindWidgetEscalate:        "widgetEscalate",
	KindWidgetMessage:         "widgetMessage",
	KindWidgetEndSession:      "widgetEndSession",
}

// ParseKind returns the kind with the given wire name. Case matters.
func ParseKind(name string) (Kind, error) {
	if i := slices.Index(kindNames[1:], name); i >= 0 {
		return Kind(i + 1), nil
	}
	return 0, fmt.Errorf("events: unknown event type %q", clip(name))
}

// Valid reports whether k is one of the eight kinds.
func (k Kind) Valid() bool { return k >= 1 && int(k) <= NumKinds }

// Outbound reports whether k goes from the CRM to the widget.
func (k Kind) Outbound() bool { return k.Valid() && k <= KindAgentDisconnect }

// Inbound reports whether k comes from the widget to the CRM.
func (k Kind) Inbound() bool { return k.Valid() && k >= KindWidgetEscalate }

// String returns the wire name.
func (k Kind) String() string {
	if !k.Valid() {
		return fmt.Sprintf("Kind(%d)", uint8(k))
	}
	return kindNames[k]
}

// MarshalText returns the wire name; an invalid kind is an error.
func (k Kind) MarshalText() ([]byte, error) {
	if !k.Valid() {
		return nil, fmt.Errorf("events: cannot write invalid %v", k)
	}
	return []byte(kindNames[k]), nil
}

// UnmarshalText reads a wire name.
func (k *Kind) UnmarshalText(text []byte) error {
	parsed, err := ParseKind(string(text))
	if err != nil {
		return err
	}
	*k = parsed
	return nil
}

// KindSet is a set of kinds. The zero value is empty; sets compare with ==.
type KindSet uint16

// NewKindSet returns the set of the given kinds; invalid ones are left out.
func NewKindSet(kinds ...Kind) KindSet {
	var s KindSet
	for _, k := range kinds {
		if k.Valid() {
			s |= 1 << k
		}
	}
	return s
}

var (
	outboundKinds = NewKindSet(KindEscalationQueueUpdate, KindEscalationSuccess, KindMessage, KindEscalationFailed, KindAgentDisconnect)
	inboundKinds  = NewKindSet(KindWidgetEscalate, KindWidgetMessage, KindWidgetEndSession)
)

// OutboundKinds returns the five kinds that go from the CRM to the widget.
func OutboundKinds() KindSet { return outboundKinds }

// InboundKinds returns the three kinds that come from the widget.
func InboundKinds() KindSet { return inboundKinds }

// Has reports whether k is in the set.
func (s KindSet) Has(k Kind) bool { return k.Valid() && s&(1<<k) != 0 }

// Len returns the number of kinds in the set.
func (s KindSet) Len() int { return bits.OnesCount16(uint16(s & (outboundKinds | inboundKinds))) }

// Kinds returns the members in the order of their declaration. The slice is the caller's.
func (s KindSet) Kinds() []Kind {
	kinds := make([]Kind, 0, s.Len())
	for k := Kind(1); k.Valid(); k++ {
		if s.Has(k) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// String lists the wire names, or says "none".
func (s KindSet) String() string {
	if s.Len() == 0 {
		return "none"
	}
	names := make([]string, 0, s.Len())
	for _, k := range s.Kinds() {
		names = append(names, k.String())
	}
	return strings.Join(names, ", ")
}

// clip makes text from outside fit for an error: at most 40 bytes, no control characters.
func clip(s string) string {
	const most, ellipsis = 40, "…"
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most-len(ellipsis)], "") + ellipsis
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, s)
}
