package delivery

import (
	"slices"

	"github.com/escalationkit/escalation/store"
)

// mutable returns a lane whose Pending may be written to.
func mutable(l store.Lane) store.Lane {
	l.Pending = slices.Clone(l.Pending)
	return l
}

// over reports whether the round of an event has ended as far as it is known for sure.
func over(l store.Lane, e store.Event) bool { return e.Round != l.Round || l.Acknowledged.Terminal() }
