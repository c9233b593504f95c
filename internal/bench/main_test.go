package main

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

// fixedRow has sides that do nothing, or only fail.
func fixedRow(name string, l limit, err error) row {
	spin := func(int) error { return err }
	return row{name: name, limit: l, allocs: 0, slice: time.Nanosecond,
		open: func() (pair, error) { return pair{ours: spin, peer: spin}, nil }}
}

func TestCommand(t *testing.T) {
	all := []row{
		fixedRow("good row", limit{costAtMost, 1e12}, nil),
		fixedRow("slow row", limit{costAtMost, -1}, nil),
		fixedRow("broken row", limit{costAtMost, 1}, errors.New("it broke")),
	}
	for _, c := range []struct {
		why            string
		args           []string
		status         int
		stdout, stderr string // parts of it
	}{
		{"a budget that is met", []string{"-run", "good"}, exitOK, "met", ""},
		{"a missed budget is no failure", []string{"-run", "slow"}, exitOK, "NOT MET", ""},
		{"unless asked for", []string{"-run", "slow", "-strict"}, exitMissed, "NOT MET", ""},
		{"strict and met", []string{"-run", "good", "-strict"}, exitOK, "met", ""},
		{"a failed measurement is one", []string{"-run", "broken"}, exitFailed, "", "it broke"},
		{"the other rows are printed all the same", nil, exitFailed, "good row", "broken row"},
		{"no row", []string{"-run", "nothing"}, exitFailed, "", "no row matches"},
		{"no expression", []string{"-run", "("}, exitFailed, "", "missing closing"},
		{"no rounds", []string{"-rounds", "0"}, exitFailed, "", "at least 1"},
		{"too few conversations to measure anything", []string{"-stored", "999"}, exitFailed, "", "at least"},
		{"stray argument", []string{"stray"}, exitFailed, "", "stray"},
		{"unknown flag", []string{"-fast"}, exitFailed, "", "-fast"},
	} {
		var stdout, stderr bytes.Buffer
		args := append([]string{"-rounds", "2"}, c.args...)
		if status := run(args, &stdout, &stderr, func(settings) []row { return all }); status != c.status {
			t.Errorf("%s: exit status %d, want %d\n%s%s", c.why, status, c.status, &stdout, &stderr)
		}
		if !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%s: printed %q and %q, want %q and %q in them", c.why, &stdout, &stderr, c.stdout, c.stderr)
		}
	}
}

// small keeps the long rows short.
var small = settings{idle: 2000, stored: 2000}

// Every row runs and can be told apart; how fast is nobody's business here.
func TestRowsRun(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range rows(small) {
		if seen[r.name] {
			t.Errorf("two rows are called %q", r.name)
		}
		seen[r.name] = true
		if r.samples != nil {
			checkSamples(t, r)
			continue
		}
		p, err := r.open()
		if err != nil {
			t.Errorf("%s: %v", r.name, err)
			continue
		}
		for _, n := range []int{1, 2, 37} {
			if err := errors.Join(p.ours(n), p.peer(n)); err != nil {
				t.Errorf("%s, %d operations: %v", r.name, n, err)
			}
		}
		p.done()
	}
}

// checkSamples has a row that times no operations make one round.
func checkSamples(t *testing.T, r row) {
	t.Helper()
	samples, err := r.samples(1)
	if err != nil {
		t.Errorf("%s: %v", r.name, err)
		return
	}
	if len(samples) != 1 {
		t.Errorf("%s: %d samples, want that of the one round", r.name, len(samples))
	}
	for _, s := range samples {
		// What is left of a conversation in SQLite is less than the heap moves by itself.
		if s.ours == 0 || math.IsNaN(s.ours) || r.limit.form != amountAtMost && !(s.peer > 0) {
			t.Errorf("%s: %+v is no measurement", r.name, s)
		}
	}
}
