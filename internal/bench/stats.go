package main

import (
	"math"
	"slices"
)

// sample is one round: the figures of both sides, taken one after the other. Most are nanoseconds per operation.
type sample struct{ ours, peer float64 }

// result is what a row came to.
type result struct {
	row        row
	ours, peer float64 // medians
	ratio      float64 // median of the ratios of the rounds
	low, high  float64 // their quartiles
	oursAllocs float64 // per operation; not counted without a limit
	peerAllocs float64
	met        bool
}

// summarise reduces the rounds of a row, of which there must be at least one.
func summarise(r row, rounds []sample, oursAllocs, peerAllocs float64) result {
	var ours, peer, ratios []float64
	for _, s := range rounds {
		ours = append(ours, s.ours)
		peer = append(peer, s.peer)
		ratios = append(ratios, r.limit.ratio(s.ours, s.peer))
	}
	res := result{
		row: r, ours: median(ours), peer: median(peer), ratio: median(ratios),
		low: quantile(ratios, 0.25), high: quantile(ratios, 0.75),
		oursAllocs: oursAllocs, peerAllocs: peerAllocs,
	}
	res.met = r.limit.met(res.ratio) && r.allocs.met(oursAllocs)
	return res
}

// median is the middle value, or the mean of the two in the middle.
func median(values []float64) float64 { return quantile(values, 0.5) }

// quantile returns the value below which the part q of the values lies, between two of them by
// their distance. It leaves values as they are; of none it is NaN.
func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	below := int(at)
	if below+1 == len(sorted) {
		return sorted[below]
	}
	return sorted[below] + (at-float64(below))*(sorted[below+1]-sorted[below])
}
