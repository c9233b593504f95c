package escalation

import (
	"sync"
	"time"
)

// workers are the goroutines on which attempts run. One that is done waits a moment for the next attempt: a
// goroutine that has been through net/http before need not grow its stack again.
type workers struct {
	jobs chan func() // unbuffered: a job is handed to a worker that waits, or to a new one
	quit <-chan struct{}
	all  sync.WaitGroup // ends when quit is closed and no job runs any more
}

// workerIdle is how long a worker waits for another job.
const workerIdle = time.Second

// run runs job on a goroutine of its own and does not wait for it.
func (w *workers) run(job func()) {
	select {
	case w.jobs <- job:
	default:
		w.all.Go(func() { w.work(job) })
	}
}

func (w *workers) work(job func()) {
	idle := time.NewTimer(workerIdle)
	defer idle.Stop()
	for {
		job()
		idle.Reset(workerIdle)
		select {
		case job = <-w.jobs:
		case <-idle.C:
			return
		case <-w.quit:
			return
		}
	}
}
