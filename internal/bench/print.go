package main

import (
	"fmt"
	"io"
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
		u, peer, ratio, show := r.row.unit, "none", "none", figure
		if r.row.limit.form == amountAtMost {
			show = u.show
		} else {
			peer, ratio = u.show(r.peer), figure(r.ratio)
		}
		line(r.row.name, u.show(r.ours), peer, ratio,
			show(r.low)+" to "+show(r.high), r.row.limit.show(u), r.allocs(), r.verdict())
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
