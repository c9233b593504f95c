package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"text/tabwriter"
)

// header describes where the figures come from.
func header(rounds int) string {
	return fmt.Sprintf("%s %s/%s, %d processors, %d rounds\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), rounds)
}

// printTable writes the results as columns.
func printTable(w io.Writer, results []result) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(cells ...string) { _, _ = fmt.Fprintln(table, strings.Join(cells, "\t")) } // Flush reports errors
	line("row", "ours", "peer", "ratio", "quartiles", "budget", "allocs", "verdict")
	for _, r := range results {
		line(r.row.name, duration(r.ours), duration(r.peer), figure(r.ratio),
			figure(r.low)+" to "+figure(r.high), r.row.limit.String(), r.allocs(), r.verdict())
	}
	return table.Flush()
}

// verdict says whether the budget is met.
func (r result) verdict() string {
	switch {
	case !r.met:
		return "NOT MET"
	case r.row.limit.form == costShown:
		return "no budget"
	}
	return "met"
}

// allocs shows the count of both sides and our limit.
func (r result) allocs() string {
	if r.row.allocs == noAllocLimit {
		return "not counted"
	}
	return fmt.Sprintf("%g / %g (≤ %d)", r.oursAllocs, r.peerAllocs, r.row.allocs)
}

// duration shows nanoseconds per operation, with three figures.
func duration(ns float64) string {
	switch {
	case ns < 1e3:
		return threeFigures(ns) + " ns"
	case ns < 1e6:
		return threeFigures(ns/1e3) + " µs"
	default:
		return threeFigures(ns/1e6) + " ms"
	}
}

// figure shows a ratio.
func figure(ratio float64) string {
	if ratio < 0.1 {
		return fmt.Sprintf("%.4f", ratio)
	}
	return fmt.Sprintf("%.3f", ratio)
}

func threeFigures(v float64) string {
	decimals := 2 - int(math.Floor(math.Log10(max(v, 0.01))))
	return fmt.Sprintf("%.*f", min(2, max(0, decimals)), v)
}
