package main

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestQuantiles(t *testing.T) {
	for _, c := range []struct {
		why               string
		values            []float64
		low, median, high float64
	}{
		{"one value is all of them", []float64{7}, 7, 7, 7},
		{"two values: the middle lies between", []float64{4, 2}, 2.5, 3, 3.5},
		{"an odd number has a middle value", []float64{9, 1, 5}, 3, 5, 7},
		{"an even number has two", []float64{10, 40, 20, 30}, 17.5, 25, 32.5},
		{"five values: the quartiles are values", []float64{5, 4, 3, 2, 1}, 2, 3, 4},
		{"one wild value does not move the median", []float64{1, 1, 1, 1, 1000}, 1, 1, 1},
	} {
		before := slices.Clone(c.values)
		low, mid, high := quantile(c.values, 0.25), median(c.values), quantile(c.values, 0.75)
		if low != c.low || mid != c.median || high != c.high {
			t.Errorf("%s: %v, %v, %v; want %v, %v, %v", c.why, low, mid, high, c.low, c.median, c.high)
		}
		if !slices.Equal(before, c.values) {
			t.Errorf("%s: the values were changed", c.why)
		}
	}
	if !math.IsNaN(median(nil)) {
		t.Error("no values have a median")
	}
}

// The ratios of the rounds are 2, 1/2 and 1/5: their median is not the ratio of the medians, 4/5.
func TestSummariseTakesTheMedianOfRatios(t *testing.T) {
	rounds := []sample{{ours: 4, peer: 2}, {ours: 5, peer: 10}, {ours: 1, peer: 5}}
	r := row{limit: limit{costAtMost, 0.5}, allocs: 2}
	res := summarise(r, rounds, 2, 7)
	if res.ours != 4 || res.peer != 5 || res.ratio != 0.5 || math.Abs(res.low-0.35) > 1e-12 || res.high != 1.25 {
		t.Errorf("summary %+v; want 4, 5, 0.5 between 0.35 and 1.25", res)
	}
	if !res.met {
		t.Error("a ratio at its bound does not meet it")
	}
	r.limit = limit{throughputFrom, 2}
	if res = summarise(r, rounds, 2, 7); res.ratio != 2 || !res.met {
		t.Errorf("the other way round the ratio is %v, met %v; want 2, true", res.ratio, res.met)
	}
}

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		why    string
		limit  limit
		allocs allocLimit
		ratio  float64 // with a peer that takes 1 ns
		count  float64
		want   string
	}{
		{"cheaper than allowed", limit{costAtMost, 0.05}, 0, 0.04, 0, "met"},
		{"dearer than allowed", limit{costAtMost, 0.05}, 0, 0.06, 0, "NOT MET"},
		{"fast enough, but it allocates", limit{costAtMost, 0.05}, 0, 0.04, 1, "NOT MET"},
		{"allocations at the bound", limit{costAtMost, 1.3}, 2, 1.2, 2, "met"},
		{"throughput above the bound", limit{throughputFrom, 0.85}, noAllocLimit, 1 / 0.9, 0, "met"},
		{"throughput below the bound", limit{throughputFrom, 0.85}, noAllocLimit, 1 / 0.8, 0, "NOT MET"},
		{"allocations without a bound", limit{throughputFrom, 0.85}, noAllocLimit, 1, 99, "met"},
		{"nothing is asked of a figure that is only shown", limit{costShown, 0}, 0, 50, 0, "no budget"},
		{"an amount at its bound", limit{amountAtMost, 300}, noAllocLimit, 300, 0, "met"},
		{"an amount beyond it", limit{amountAtMost, 300}, noAllocLimit, 301, 0, "NOT MET"},
		{"but it may not allocate", limit{costShown, 0}, 0, 50, 1, "NOT MET"},
	} {
		r := row{limit: c.limit, allocs: c.allocs}
		if got := summarise(r, []sample{{ours: c.ratio, peer: 1}}, c.count, 0).verdict(); got != c.want {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
}

func TestFigures(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{duration(2.134), "2.13 ns"}, {duration(41.26), "41.3 ns"}, {duration(526.4), "526 ns"},
		{duration(5130), "5.13 µs"}, {duration(93_950), "94.0 µs"}, {duration(2.5e6), "2.50 ms"},
		{figure(0.00804), "0.0080"}, {figure(0.8512), "0.851"}, {figure(1.4), "1.400"},
		{duration(2e9), "2.00 s"}, {size(299.6), "300 B"}, {size(-0.25), "-0.25 B"}, {size(1536), "1.50 KiB"}, {size(3 << 20), "3.00 MiB"},
		{limit{costAtMost, 1.0 / 20}.show(heapBytes), "≤ 0.05"}, {limit{throughputFrom, 0.85}.show(nanoseconds), "≥ 0.85"},
		{limit{amountAtMost, 300}.show(heapBytes), "≤ 300 B"}, {limit{amountAtMost, 2e9}.show(nanoseconds), "≤ 2.00 s"},
		{limit{costShown, 0}.show(nanoseconds), "none"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// fakeTime is a clock that only the sides of a pair move.
type fakeTime struct{ now time.Time }

func (f *fakeTime) side(perOp time.Duration, note func(n int)) func(int) error {
	return func(n int) error {
		note(n)
		f.now = f.now.Add(time.Duration(n) * perOp)
		return nil
	}
}
