package transport_test

import (
	"testing"

	"github.com/escalationkit/escalation/transport"
)

// TestClasses asserts every class by hand: stored results carry these names.
func TestClasses(t *testing.T) {
	want := []struct {
		class transport.Class
		name  string
		taken bool
		why   string
	}{
		{transport.Unknown, "unknown", true, "it may have been taken in, and it is the zero value"},
		{transport.Acknowledged, "acknowledged", true, "it was taken in"},
		{transport.NotSent, "not sent", false, "nothing left"},
		{transport.RefusedScope, "refused scope", false, "turned away for its key or address"},
		{transport.RefusedLater, "refused later", false, "turned away for now"},
		{transport.Rejected, "rejected", false, "turned away for good"},
	}
	if got := transport.Classes(); len(got) != len(want) {
		t.Fatalf("%d classes, want %d", len(got), len(want))
	}
	for i, tc := range want {
		text, err := tc.class.MarshalText()
		if err != nil || string(text) != tc.name || tc.class.String() != tc.name || transport.Classes()[i] != tc.class {
			t.Errorf("class %d is %v (%q, %v), want %s", i, tc.class, text, err, tc.name)
		}
		if tc.class.MayBeTakenIn() != tc.taken || !tc.class.Valid() {
			t.Errorf("%v: may be taken in: %v, want %v (%s)", tc.class, tc.class.MayBeTakenIn(), tc.taken, tc.why)
		}
		var back transport.Class
		if err := back.UnmarshalText(text); err != nil || back != tc.class {
			t.Errorf("%s reads back as %v, %v", text, back, err)
		}
	}
	if transport.Unknown != transport.Class(0) {
		t.Error("the zero Class is not Unknown")
	}
}

func TestInvalidClass(t *testing.T) {
	bad := transport.Class(len(transport.Classes()))
	if _, err := bad.MarshalText(); err == nil || bad.Valid() || bad.String() != "Class(6)" {
		t.Errorf("%v is taken for a class: %v", bad, err)
	}
	kept := transport.Rejected
	for _, text := range []string{"", "Unknown", "delivered"} {
		if err := kept.UnmarshalText([]byte(text)); err == nil || kept != transport.Rejected {
			t.Errorf("%q reads as %v, %v", text, kept, err)
		}
	}
}
