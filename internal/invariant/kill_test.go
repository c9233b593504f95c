package invariant_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/escalationkit/escalation/internal/invariant"
)

// TestCorruptionsAreCaught spoils random legal worlds in one place each: every one must be noticed.
func TestCorruptionsAreCaught(t *testing.T) {
	all := maps.Clone(corruptions)
	maps.Copy(all, recordCorruptions)
	names := slices.Sorted(maps.Keys(all))
	applied, caught := map[string]int{}, map[string]int{}
	by := map[string]map[invariant.ID]int{}
	rapid.Check(t, func(rt *rapid.T) {
		w := legalWorld(rt)
		seed := rapid.Uint64().Draw(rt, "seed")
		for _, name := range names {
			s := spoil(w, rand.New(rand.NewPCG(seed, 1)))
			if !all[name](s) {
				continue
			}
			applied[name]++
			broken := invariant.Check(*s.w).Broken()
			if len(broken) == 0 {
				rt.Errorf("not noticed: %s", name)
				continue
			}
			caught[name]++
			if by[name] == nil {
				by[name] = map[invariant.ID]int{}
			}
			for _, id := range broken {
				by[name][id]++
			}
		}
	})
	total, noticed := 0, 0
	for _, name := range names {
		total, noticed = total+applied[name], noticed+caught[name]
		var ids []string
		for _, id := range slices.Sorted(maps.Keys(by[name])) {
			ids = append(ids, fmt.Sprintf("%v %d", id, by[name][id]))
		}
		t.Logf("%5d of %5d  %s: %s", caught[name], applied[name], name, strings.Join(ids, ", "))
		if applied[name] == 0 {
			t.Errorf("no world had a place for: %s", name)
		}
	}
	t.Logf("%d of %d corruptions noticed, %d kinds", noticed, total, len(names))
}
