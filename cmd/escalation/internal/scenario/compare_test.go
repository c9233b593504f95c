package scenario_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
)

func TestCompare(t *testing.T) {
	saw := scenario.Saw
	for _, tc := range []struct {
		why  string
		want []scenario.Wanted
		got  []scenario.Seen
		find []string
	}{
		{"nothing was to be seen, and was not", nil, nil, nil},
		{"as it should be", scenario.Want("a", "b", "c"), []scenario.Seen{saw("a", 1, 1), saw("b", 2, 2), saw("c", 3, 3)}, nil},
		{"the same words twice, on purpose", scenario.Want("a", "a"), []scenario.Seen{saw("a", 1, 1), saw("a", 2, 2)}, nil},
		{"something newer took its place", scenario.Want("a?", "b"), []scenario.Seen{saw("b", 1, 1)}, nil},
		{"what may be missing may also be there", scenario.Want("a?", "b"), []scenario.Seen{saw("a", 1, 1), saw("b", 2, 2)}, nil},

		{"one is missing", scenario.Want("a", "b", "c"), []scenario.Seen{saw("a", 1, 1), saw("c", 3, 3)},
			[]string{`lost the visitor never saw "b"`}},
		{"one of two equal ones is missing", scenario.Want("a", "a"), []scenario.Seen{saw("a", 1, 1)},
			[]string{`lost the visitor never saw "a"`}},
		{"all are missing", scenario.Want("a", "b"), nil,
			[]string{`lost the visitor never saw "a"`, `lost the visitor never saw "b"`}},

		{"nobody asked for it", scenario.Want("a"), []scenario.Seen{saw("x", 1, 1), saw("a", 2, 2)},
			[]string{`unexpected the visitor saw "x", which was not asked for`}},

		{"sent again though answered 200", scenario.Want("a"), []scenario.Seen{saw("a", 1, 1), saw("a", 2, 2)},
			[]string{`doubled the visitor saw "a" once more, though the request before had been answered 200`}},
		{"sent again after no answer", scenario.Want("a"), []scenario.Seen{saw("a", 1, 0), saw("a", 2, 2)},
			[]string{`note doubled the visitor saw "a" once more; what had become of the request before was not known`}},
		{"sent again before the answer was there", scenario.Want("a"), []scenario.Seen{saw("a", 1, 2), saw("a", 2, 2)},
			[]string{`note doubled the visitor saw "a" once more; what had become of the request before was not known`}},
		{"sent a third time though the second was answered", scenario.Want("a"), []scenario.Seen{saw("a", 1, 0), saw("a", 2, 2), saw("a", 3, 3)}, []string{
			`note doubled the visitor saw "a" once more; what had become of the request before was not known`,
			`doubled the visitor saw "a" once more, though the request before had been answered 200`}},
		{"three where two were wanted, and one of these was not known", scenario.Want("a", "a"), []scenario.Seen{saw("a", 1, 1), saw("a", 2, 0), saw("a", 3, 3)},
			[]string{`note doubled the visitor saw "a" once more; what had become of the request before was not known`}},
		{"three where two were wanted and known", scenario.Want("a", "a"), []scenario.Seen{saw("a", 1, 1), saw("a", 2, 2), saw("a", 3, 3)},
			[]string{`doubled the visitor saw "a" once more, though the request before had been answered 200`}},

		{"sent in the wrong order", scenario.Want("a", "b"), []scenario.Seen{saw("b", 1, 1), saw("a", 2, 2)},
			[]string{`order the visitor saw "a" after "b"`}},
		{"sent again behind a newer one", scenario.Want("a", "b"), []scenario.Seen{saw("a", 1, 0), saw("b", 2, 2), saw("a", 3, 3)}, []string{
			`note doubled the visitor saw "a" once more; what had become of the request before was not known`,
			`order the visitor saw "a" after "b"`}},
		{"shown late by the platform, which had acknowledged it", scenario.Want("a", "b"), []scenario.Seen{saw("b", 2, 2), saw("a", 1, 1)},
			[]string{`note order the visitor saw "a" after "b"; the platform took it in time and showed it late`}},
		{"a newer one was sent before it was answered", scenario.Want("a", "b"), []scenario.Seen{saw("b", 2, 2), saw("a", 1, 2)},
			[]string{`order the visitor saw "a" after "b", which was sent before it was known what had become of the first; a copy may be held up on the way`}},
		{"a copy was held up, and a newer one went before it", scenario.Want("a", "b"),
			[]scenario.Seen{saw("a", 2, 2), saw("b", 3, 3), saw("a", 1, 0)}, []string{
				`note doubled the visitor saw "a" once more; what had become of the request before was not known`,
				`order the visitor saw "a" after "b", which was sent before it was known what had become of the first; a copy may be held up on the way`}},
		{"a missing one leaves the order of the others as it is", scenario.Want("a", "b", "c"), []scenario.Seen{saw("c", 1, 1), saw("a", 2, 2)}, []string{
			`lost the visitor never saw "b"`, `order the visitor saw "a" after "c"`}},
	} {
		var got []string
		for _, f := range scenario.Compare(tc.want, tc.got) {
			got = append(got, f.Brief())
		}
		if diff := cmp.Diff(tc.find, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tc.why, diff)
		}
	}
}

// TestCompareFindsEveryCorruption changes a faultless history in one place, and wants to be told.
func TestCompareFindsEveryCorruption(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		n := 3 + r.IntN(8)
		var names []string
		var got []scenario.Seen
		for i := range n {
			names = append(names, fmt.Sprint(i))
			got = append(got, scenario.Saw(names[i], i+1, i+1))
		}
		want := scenario.Want(names...)
		if found := scenario.Compare(want, got); found != nil {
			t.Fatalf("faultless, but %v", found)
		}
		at := r.IntN(n)
		var kind string
		switch r.IntN(4) {
		case 0:
			got, kind = slices.Delete(got, at, at+1), "lost"
		case 1:
			got, kind = append(got, scenario.Saw(names[at], n+1, n+1)), "doubled"
		case 2:
			got, kind = slices.Insert(got, at, scenario.Saw("x", n+1, n+1)), "unexpected"
		case 3:
			at = r.IntN(n - 1)
			other := at + 1 + r.IntN(n-1-at)
			got[at], got[other] = scenario.Saw(names[other], at+1, at+1), scenario.Saw(names[at], other+1, other+1)
			kind = "order"
		}
		found := scenario.Compare(want, got)
		if !slices.ContainsFunc(found, func(f scenario.Finding) bool { return f.Brief()[:len(kind)] == kind }) {
			t.Fatalf("no %s in %v", kind, found)
		}
	}
}
