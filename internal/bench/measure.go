package main

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"
)

// meter runs rows.
type meter struct {
	rounds int
	now    func() time.Time
	settle func() // called, untimed, before every slice
}

// newMeter returns a meter for real time. It collects garbage before every slice, so that each side
// pays for its own garbage and not for what the other left behind.
func newMeter(rounds int) meter {
	return meter{rounds: rounds, now: time.Now, settle: runtime.GC}
}

// allocRuns is how many operations allocations are averaged over.
const allocRuns = 200

// measure opens a row, warms both sides up, and lets them take turns. An error means that there is
// no result: a side failed, or did something else than it should.
func (m meter) measure(r row) (result, error) {
	if r.samples != nil {
		rounds, err := r.samples(m.rounds)
		if err != nil {
			return result{}, fmt.Errorf("%s: %w", r.name, err)
		}
		return summarise(r, rounds, 0, 0), nil
	}
	p, err := r.open()
	if err != nil {
		return result{}, fmt.Errorf("%s: %w", r.name, err)
	}
	defer p.done()
	rounds, err := m.alternate(p, r.slice)
	if err != nil {
		return result{}, fmt.Errorf("%s: %w", r.name, err)
	}
	var oursAllocs, peerAllocs float64
	if r.allocs != noAllocLimit {
		oursAllocs, err = allocations(p.ours)
		if err == nil {
			peerAllocs, err = allocations(p.peer)
		}
		if err != nil {
			return result{}, fmt.Errorf("%s: counting allocations: %w", r.name, err)
		}
	}
	return summarise(r, rounds, oursAllocs, peerAllocs), nil
}

// alternate runs both sides in slices: ours, peer, peer, ours, and so on. Whatever changes slowly,
// the clock rate or what else runs on the machine, so meets both sides alike.
func (m meter) alternate(p pair, slice time.Duration) ([]sample, error) {
	oursN, err := m.calibrate(p.ours, slice)
	if err != nil {
		return nil, fmt.Errorf("ours: %w", err)
	}
	peerN, err := m.calibrate(p.peer, slice)
	if err != nil {
		return nil, fmt.Errorf("peer: %w", err)
	}
	var samples []sample
	for round := range m.rounds {
		var s sample
		var oursErr, peerErr error
		if round%2 == 0 {
			s.ours, oursErr = m.time(p.ours, oursN)
			s.peer, peerErr = m.time(p.peer, peerN)
		} else {
			s.peer, peerErr = m.time(p.peer, peerN)
			s.ours, oursErr = m.time(p.ours, oursN)
		}
		if err := errors.Join(oursErr, peerErr); err != nil {
			return nil, err
		}
		samples = append(samples, s)
	}
	return samples, nil
}

// calibrate returns how many operations fill a slice. It warms the side up on the way.
func (m meter) calibrate(side func(n int) error, slice time.Duration) (int, error) {
	const most = 1 << 30
	for n := 1; ; n *= 2 {
		began := m.now()
		if err := side(n); err != nil {
			return 0, err
		}
		took := max(m.now().Sub(began), 1)
		if took >= slice {
			return max(1, int(float64(n)*float64(slice)/float64(took))), nil
		}
		if n >= most {
			return n, nil
		}
	}
}

// time returns the nanoseconds per operation of one slice.
func (m meter) time(side func(n int) error, n int) (float64, error) {
	m.settle()
	began := m.now()
	if err := side(n); err != nil {
		return 0, err
	}
	return float64(m.now().Sub(began)) / float64(n), nil
}

// allocations counts the allocations of one operation.
func allocations(side func(n int) error) (float64, error) {
	var problem error
	count := testing.AllocsPerRun(allocRuns, func() {
		if err := side(1); err != nil {
			problem = err
		}
	})
	return count, problem
}
