package escalation

import (
	"testing"
	"testing/synctest"
	"time"
)

// waits reports whether a worker waits for a job. It is given one that does nothing.
func (w *workers) waits() bool {
	select {
	case w.jobs <- func() {}:
		return true
	default:
		return false
	}
}

func TestWorkersWaitAMomentForTheNextJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quit := make(chan struct{})
		w := workers{jobs: make(chan func()), quit: quit}
		if w.waits() {
			t.Fatal("a worker waits before there was a job")
		}
		ran := 0
		for range 3 {
			w.run(func() { ran++ })
			synctest.Wait()
		}
		if !w.waits() || ran != 3 {
			t.Errorf("no worker waits after %d jobs; want one after 3", ran)
		}
		synctest.Wait()
		<-time.After(workerIdle + 1)
		if w.waits() {
			t.Error("a worker waits longer than it should")
		}

		w.run(func() {})
		synctest.Wait()
		close(quit)
		w.all.Wait()
		if w.waits() {
			t.Error("a worker waits although the client was closed")
		}
	})
}

func TestJobsDoNotWaitForOneAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		quit := make(chan struct{})
		defer close(quit)
		w := workers{jobs: make(chan func()), quit: quit}
		release := make(chan struct{})
		running := make(chan struct{}, 10)
		for range 10 {
			w.run(func() { running <- struct{}{}; <-release })
		}
		synctest.Wait()
		if len(running) != 10 {
			t.Errorf("%d jobs run side by side, want 10", len(running))
		}
		close(release)
	})
}
