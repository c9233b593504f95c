package main

import (
	"fmt"
	"math"
)

// unit is what the figures of a row count.
type unit uint8

const (
	nanoseconds unit = iota
	heapBytes
)

// show gives a figure with three digits.
func (u unit) show(v float64) string {
	if u == heapBytes {
		return size(v)
	}
	return duration(v)
}

// duration shows nanoseconds.
func duration(ns float64) string {
	switch {
	case ns < 1e3:
		return threeFigures(ns) + " ns"
	case ns < 1e6:
		return threeFigures(ns/1e3) + " µs"
	case ns < 1e9:
		return threeFigures(ns/1e6) + " ms"
	default:
		return threeFigures(ns/1e9) + " s"
	}
}

// size shows bytes, of which there may be less than none where a difference is measured.
func size(b float64) string {
	switch magnitude := math.Abs(b); {
	case magnitude < 1<<10:
		return threeFigures(b) + " B"
	case magnitude < 1<<20:
		return threeFigures(b/(1<<10)) + " KiB"
	default:
		return threeFigures(b/(1<<20)) + " MiB"
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
	decimals := 2 - int(math.Floor(math.Log10(max(math.Abs(v), 0.01))))
	return fmt.Sprintf("%.*f", min(2, max(0, decimals)), v)
}
