package fakeapi

import (
	"fmt"
	"slices"
	"strings"
)

// maxCompared bounds the work for a difference, which grows with the product of the lengths.
const maxCompared = 1000

// difference returns both lists as one, with a mark at each line that only one of them has, and as few marks as can be.
func difference(want, got []string) string {
	same := 0
	for same < len(want) && same < len(got) && want[same] == got[same] {
		same++
	}
	var out strings.Builder
	write := func(mark string, lines []string) {
		for _, l := range lines {
			fmt.Fprintf(&out, "  %s %s\n", mark, brief(l))
		}
	}
	write(" ", want[:same])
	want, got = want[same:], got[same:]
	cutWant, cutGot := max(0, len(want)-maxCompared), max(0, len(got)-maxCompared)
	want, got = want[:len(want)-cutWant], got[:len(got)-cutGot]

	// common[i][j] is how many lines want[i:] and got[j:] have in common, in order.
	common := make([][]int, len(want)+1)
	for i := range common {
		common[i] = make([]int, len(got)+1)
	}
	for i, w := range slices.Backward(want) {
		for j, g := range slices.Backward(got) {
			if w == g {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(want) && j < len(got) {
		switch {
		case want[i] == got[j]:
			write(" ", want[i:i+1])
			i, j = i+1, j+1
		case common[i+1][j] >= common[i][j+1]:
			write("-", want[i:i+1])
			i++
		default:
			write("+", got[j:j+1])
			j++
		}
	}
	write("-", want[i:])
	write("+", got[j:])
	if cutWant+cutGot > 0 {
		fmt.Fprintf(&out, "  … and %d missing or wanted, %d shown\n", cutWant, cutGot)
	}
	return out.String()
}
