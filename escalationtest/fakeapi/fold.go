package fakeapi

import (
	"fmt"
	"slices"
	"strings"
)

// A folded finding is one of several requests of a conversation.
type folded struct {
	Finding
	numbers []int // of the requests, in order
}

// fold joins findings that differ in nothing but the request, in the order in which they first came. They are in the order of
// arrival.
func fold(fs []Finding) []*folded {
	var out []*folded
	known := map[Finding]*folded{}
	for _, f := range fs {
		key := f
		key.N, key.Round = 0, 0
		same := known[key]
		if same == nil {
			same = &folded{Finding: f}
			known[key] = same
			out = append(out, same)
		}
		if !slices.Contains(same.numbers, f.N) {
			same.numbers = append(same.numbers, f.N)
		}
	}
	return out
}

// String returns the finding and all its requests in words, in one line.
func (f *folded) String() string {
	if len(f.numbers) == 1 {
		return f.Finding.String()
	}
	return fmt.Sprintf("requests %s (%d)%s", ranges(f.numbers), len(f.numbers), f.about())
}

// maxRanges is how many ranges are written out.
const maxRanges = 5

// ranges writes ascending numbers, neighbours as one: 1, 3-7, and of many the first and the last.
func ranges(numbers []int) string {
	var parts []string
	for from := 0; from < len(numbers); {
		to := from
		for to+1 < len(numbers) && numbers[to+1] == numbers[to]+1 {
			to++
		}
		part := fmt.Sprint(numbers[from])
		if to > from {
			part += fmt.Sprintf("-%d", numbers[to])
		}
		parts = append(parts, part)
		from = to + 1
	}
	if last := len(parts) - 1; last >= maxRanges {
		parts = append(parts[:maxRanges-1], "… "+parts[last])
	}
	return strings.Join(parts, ", ")
}
