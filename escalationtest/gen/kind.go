package gen

import (
	"github.com/escalationkit/escalation/events"
	"pgregory.net/rapid"
)

var (
	outboundKind = rapid.SampledFrom(events.OutboundKinds().Kinds())
	inboundKind  = rapid.SampledFrom(events.InboundKinds().Kinds())
	kind         = rapid.OneOf(outboundKind, inboundKind)
	anyKind      = rapid.OneOf(kind, rapid.Map(rapid.Uint8(), func(n uint8) events.Kind { return events.Kind(n) }))
	kindSet      = rapid.Map(rapid.SliceOfN(kind, 0, 2*events.NumKinds), func(k []events.Kind) events.KindSet { return events.NewKindSet(k...) })
)

// Kind makes one of the eight kinds.
func Kind() *rapid.Generator[events.Kind] { return kind }

// OutboundKind makes one of the five kinds that go to the widget.
func OutboundKind() *rapid.Generator[events.Kind] { return outboundKind }

// InboundKind makes one of the three kinds that come from the widget.
func InboundKind() *rapid.Generator[events.Kind] { return inboundKind }

// AnyKind makes any value of the type, most of them invalid ones included.
func AnyKind() *rapid.Generator[events.Kind] { return anyKind }

// KindSet makes a set of valid kinds, empty and full ones included.
func KindSet() *rapid.Generator[events.KindSet] { return kindSet }
