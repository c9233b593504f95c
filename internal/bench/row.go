package main

import (
	"fmt"
	"time"
)

// row is one line of the table that the command prints.
type row struct {
	name   string // lower-case words; the first is the number of the row in the design
	limit  limit
	allocs allocLimit
	slice  time.Duration // how long one side runs before the other takes over
	open   func() (pair, error)

	// samples takes the place of open where the time of an operation is not what is asked for. It makes up to the given
	// number of rounds, fewer if they are long and alike.
	samples func(rounds int) ([]sample, error)
	unit    unit // of the samples
}

// sideBySide is a row in which the time of an operation is compared.
func sideBySide(name string, l limit, a allocLimit, slice time.Duration, open func() (pair, error)) row {
	return row{name: name, limit: l, allocs: a, slice: slice, open: open}
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
func rows(s settings) []row {
	all := stepRows()
	all = append(all, decideRows()...)
	all = append(all, encodeRows()...)
	all = append(all, sendRows()...)
	all = append(all, durableRows(s)...)
	all = append(all, idleRows(s)...)
	all = append(all, reopenRows(s)...)
	return append(all, stuckRows()...)
}

// settings are the sizes of what is measured.
type settings struct {
	dir    string // where databases are made; empty: the place for temporary files
	idle   int    // conversations of row 6
	stored int    // conversations of row 7
}

// limit is a budget.
type limit struct {
	form  form
	bound float64
}

type form uint8

const (
	costAtMost     form = iota // our figure, over the peer's
	throughputFrom             // our operations in a given time, over the peer's
	costShown                  // as costAtMost, but without a bound
	amountAtMost               // our figure, by itself: there is no peer
)

// ratio of one round, from the figures of both sides; of an amount it is the amount.
func (l limit) ratio(ours, peer float64) float64 {
	switch l.form {
	case throughputFrom:
		return peer / ours
	case amountAtMost:
		return ours
	}
	return ours / peer
}

// met reports whether a ratio keeps the budget. The bound itself does.
func (l limit) met(ratio float64) bool {
	switch l.form {
	case costAtMost, amountAtMost:
		return ratio <= l.bound
	case throughputFrom:
		return ratio >= l.bound
	}
	return true
}

// show describes the budget.
func (l limit) show(u unit) string {
	switch l.form {
	case costAtMost:
		return fmt.Sprintf("≤ %.4g", l.bound)
	case throughputFrom:
		return fmt.Sprintf("≥ %.4g", l.bound)
	case amountAtMost:
		return "≤ " + u.show(l.bound)
	}
	return "none"
}

// allocLimit is the most allocations that one operation of ours may make.
type allocLimit int

// noAllocLimit is for rows whose budget says nothing about allocations; they are not counted.
const noAllocLimit allocLimit = -1

// met reports whether a count keeps the budget.
func (l allocLimit) met(allocs float64) bool { return l == noAllocLimit || allocs <= float64(l) }
