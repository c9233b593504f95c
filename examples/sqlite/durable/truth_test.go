package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// names are the events of the burst as the fake prints them, in the order of their numbers.
var names = []string{
	"escalationSuccess", "message one", "message two", "message three", "message four", "message five", "agentDisconnect",
}

// checkTruth holds what two runs said of a round against what arrived.
func checkTruth(t *testing.T, first, second string) {
	t.Helper()
	before, after := arrivals(first), arrivals(second)
	left, results, _ := strings.Cut(second, "results of round 1:\n")
	if first == "" || results == "" {
		t.Fatalf("a run said nothing:\n%s---\n%s", first, second)
	}
	for i, name := range names {
		arrived := count(before, name) + count(after, name)
		result := about(results, i)
		said := about(left, i)
		switch {
		case !strings.Contains(result, "acknowledged"):
			t.Errorf("%s has no good end: %q", name, result)
		case arrived == 0 || arrived > 2:
			t.Errorf("%s arrived %d times", name, arrived)
		case arrived == 2 && !strings.Contains(result, "may have seen it twice"):
			t.Errorf("%s arrived twice, but the result is %q", name, result)
		}
		switch {
		case strings.HasPrefix(said, "acknowledged") && count(after, name) > 0:
			t.Errorf("%s was said to be acknowledged and was sent again", name)
		case (said == "" || strings.HasPrefix(said, "accepted")) && count(before, name) > 0:
			t.Errorf("%s arrived in the first run, and the second says %q", name, said)
		}
	}
	if diff := cmp.Diff(names, slices.Compact(append(before, after...))); diff != "" {
		t.Errorf("order of arrival (-want +got):\n%s", diff)
	}
	if t.Failed() {
		t.Logf("first run:\n%s\nsecond run:\n%s", first, second)
	}
}

// arrivals returns the events that the fake saw.
func arrivals(out string) (all []string) {
	for line := range strings.Lines(out) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "arrived at the API: "); ok {
			all = append(all, name)
		}
	}
	return all
}

// about returns what a report says of the event with an index; empty if nothing.
func about(report string, i int) string {
	prefix := "event " + string(rune('1'+i)) + ", "
	for line := range strings.Lines(report) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), prefix); ok {
			_, said, _ := strings.Cut(rest, ": ")
			return said
		}
	}
	return ""
}

func count(all []string, name string) (n int) {
	for _, a := range all {
		if a == name {
			n++
		}
	}
	return n
}
