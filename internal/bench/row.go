package main

import (
	"fmt"
	"time"
)

// row is one comparison of the table that the command prints.
type row struct {
	name   string // lower-case words; the first is the number of the row in the design
	limit  limit
	allocs allocLimit
	slice  time.Duration // how long one side runs before the other takes over
	open   func() (pair, error)
}

// pair is the two sides of a row, ready to run. Each runs n operations, checks that they did what they
// should, and returns an error if one did not.
type pair struct {
	ours, peer func(n int) error
	close      func() // nil if there is nothing to close
}

// done closes the pair.
func (p pair) done() {
	if p.close != nil {
		p.close()
	}
}

// rows returns every row in the order of printing.
func rows() []row {
	all := stepRows()
	all = append(all, decideRows()...)
	all = append(all, encodeRows()...)
	return append(all, sendRows()...)
}

// limit is a budget for a ratio.
type limit struct {
	form  form
	bound float64
}

type form uint8

const (
	costAtMost     form = iota // our time for one operation, over the peer's
	throughputFrom             // our operations in a given time, over the peer's
	costShown                  // as costAtMost, but without a bound
)

// ratio of one round, from the nanoseconds per operation of both sides.
func (l limit) ratio(ours, peer float64) float64 {
	if l.form == throughputFrom {
		return peer / ours
	}
	return ours / peer
}

// met reports whether a ratio keeps the budget. The bound itself does.
func (l limit) met(ratio float64) bool {
	switch l.form {
	case costAtMost:
		return ratio <= l.bound
	case throughputFrom:
		return ratio >= l.bound
	}
	return true
}

func (l limit) String() string {
	switch l.form {
	case costAtMost:
		return fmt.Sprintf("≤ %.4g", l.bound)
	case throughputFrom:
		return fmt.Sprintf("≥ %.4g", l.bound)
	}
	return "none"
}

// allocLimit is the most allocations that one operation of ours may make.
type allocLimit int

// noAllocLimit is for rows whose budget says nothing about allocations; they are not counted.
const noAllocLimit allocLimit = -1

// met reports whether a count keeps the budget.
func (l allocLimit) met(allocs float64) bool { return l == noAllocLimit || allocs <= float64(l) }
