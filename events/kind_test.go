package events_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/events"
)

// wireNames by number, as the vendor writes them.
var wireNames = [...]string{1: "escalationQueueUpdate", "escalationSuccess", "message", "escalationFailed", "agentDisconnect",
	"widgetEscalate", "widgetMessage", "widgetEndSession"}

func TestKindText(t *testing.T) {
	diff(t, "NumKinds", 8, events.NumKinds)
	for n := 1; n < len(wireNames); n++ {
		k, name := events.Kind(n), wireNames[n]
		diff(t, "String", name, k.String())
		diff(t, "Valid", true, k.Valid())
		diff(t, "Outbound", n <= 5, k.Outbound())
		diff(t, "Inbound", n > 5, k.Inbound())
		parsed, err := events.ParseKind(name)
		diff(t, "ParseKind", k, parsed)
		diff(t, "ParseKind error", nil, err)
		text, err := json.Marshal(map[events.Kind]events.Kind{k: k})
		diff(t, "marshal error", nil, err)
		diff(t, "as JSON key and value", `{"`+name+`":"`+name+`"}`, string(text))
		var back map[events.Kind]events.Kind
		diff(t, "unmarshal error", nil, json.Unmarshal(text, &back))
		diff(t, "from JSON", map[events.Kind]events.Kind{k: k}, back)
	}
}

func TestInvalidKinds(t *testing.T) {
	for k, text := range map[events.Kind]string{0: "Kind(0)", 9: "Kind(9)", 255: "Kind(255)"} {
		diff(t, "String", text, k.String())
		if k.Valid() || k.Outbound() || k.Inbound() {
			t.Errorf("%v counts as valid", k)
		}
		if _, err := k.MarshalText(); err == nil {
			t.Errorf("%v was written", k)
		}
	}
	for why, name := range map[string]string{
		"case counts": "Message", "space counts": " message", "no name at all": "", "the name of an invalid kind": "Kind(0)",
		"a prefix is not enough": "mess", "long and with a line break": strings.Repeat("x", 99) + "\n",
	} {
		if k, err := events.ParseKind(name); err == nil || k != 0 {
			t.Errorf("%s: ParseKind gave %v, %v", why, k, err)
		} else if len(err.Error()) > 100 || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error too long or with a line break: %q", why, err)
		}
		k := events.KindMessage
		if err := k.UnmarshalText([]byte(name)); err == nil || k != events.KindMessage {
			t.Errorf("%s: UnmarshalText gave %v, %v; want an error and the old value", why, k, err)
		}
	}
}

func TestKindSet(t *testing.T) {
	out, in := events.OutboundKinds(), events.InboundKinds()
	diff(t, "outbound", wireNames[1:6], strings.Split(out.String(), ", "))
	diff(t, "inbound", wireNames[6:], strings.Split(in.String(), ", "))
	diff(t, "no kind is in both", events.KindSet(0), out&in)
	diff(t, "a set without members is the zero value", events.KindSet(0), events.NewKindSet(0, 9, 15, 16, 255))
	for _, c := range []struct {
		why  string
		set  events.KindSet
		want []events.Kind
		text string
	}{
		{"the zero value is empty", 0, []events.Kind{}, "none"},
		{"invalid kinds are left out", events.NewKindSet(0, 9, 16, 255), []events.Kind{}, "none"},
		{"bits that stand for no kind do not count", events.KindSet(1 | 1<<9 | 1<<15), []events.Kind{}, "none"},
		{"order and repeats of the arguments do not matter", events.NewKindSet(events.KindWidgetMessage, events.KindMessage, events.KindMessage),
			[]events.Kind{events.KindMessage, events.KindWidgetMessage}, "message, widgetMessage"},
	} {
		t.Run(c.why, func(t *testing.T) {
			diff(t, "Kinds", c.want, c.set.Kinds())
			diff(t, "Len", len(c.want), c.set.Len())
			diff(t, "String", c.text, c.set.String())
			for n := range 256 {
				k, member := events.Kind(n), false
				for _, w := range c.want {
					member = member || w == k
				}
				if c.set.Has(k) != member {
					t.Errorf("Has(%v) is %v", k, !member)
				}
			}
		})
	}
}

func TestBasisText(t *testing.T) {
	for b, name := range map[events.Basis]string{0: "undocumented", 1: "inferred", 2: "shown", 3: "documented"} {
		text, err := b.MarshalText()
		diff(t, "MarshalText", name, string(text))
		diff(t, "error", nil, err)
		diff(t, "String", name, b.String())
		diff(t, "Valid", true, b.Valid())
		back := events.Basis(7)
		diff(t, "UnmarshalText", nil, back.UnmarshalText(text))
		diff(t, "read back", b, back)
	}
	bad := events.Basis(4)
	diff(t, "String", "Basis(4)", bad.String())
	if _, err := bad.MarshalText(); err == nil || bad.Valid() {
		t.Error("Basis(4) counts as valid")
	}
	for _, name := range []string{"", "Documented", "doc", strings.Repeat("x", 99)} {
		b := events.Shown
		if err := b.UnmarshalText([]byte(name)); err == nil || b != events.Shown || len(err.Error()) > 100 {
			t.Errorf("UnmarshalText(%q): %v, %v; want a short error and the old value", name, b, err)
		}
	}
}
