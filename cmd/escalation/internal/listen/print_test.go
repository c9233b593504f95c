package listen_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/listen"
	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
)

// TestList: of equal exchanges somebody looks for the one of 14:03.
func TestList(t *testing.T) {
	at := func(day, hour, minute, second int) wire.Exchange {
		return wire.Exchange{N: 7, At: time.Date(2026, 3, day, hour, minute, second, 999, time.Local).UTC(), Direction: wire.ToWidget, Status: 200, Body: "{}"}
	}
	now := time.Date(2026, 3, 11, 23, 59, 59, 0, time.Local)
	const end = "  to-widget  -                      200     0ms\n       {}\n"
	for _, c := range []struct {
		why  string
		all  []wire.Exchange
		want string
	}{
		{"all of today", []wire.Exchange{at(11, 0, 0, 0), at(11, 14, 3, 7)}, "    7  00:00:00" + end + "    7  14:03:07" + end},
		{"one of yesterday", []wire.Exchange{at(10, 23, 59, 59), at(11, 14, 3, 7)}, "    7  10 Mar 23:59:59" + end + "    7  11 Mar 14:03:07" + end},
		{"a day of one digit", []wire.Exchange{at(9, 1, 2, 3)}, "    7   9 Mar 01:02:03" + end},
	} {
		var text strings.Builder
		print := listen.NewList(&text, c.all, now)
		for _, x := range c.all {
			if err := print(listen.Exchange{Exchange: x}); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(c.want, text.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}
}
