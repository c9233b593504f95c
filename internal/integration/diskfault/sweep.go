package diskfault

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"time"
)

// Run is one run of a script under a fault.
type Run struct {
	Cmd *exec.Cmd // not started
	Dir string    // what the target Files means
	// Check judges what the run left. Runs are checked at the same time.
	Check func(Outcome) error
}

// SweepConfig changes what Sweep does. A nil one, and every zero field, means the default.
type SweepConfig struct {
	Every   int // strikes each n-th call only. Default 1
	Budget  int // raises Every until there are no more runs than this. Default: no limit
	First   int // the first call to be struck, at most Every; vary it to visit other calls. Default 1
	Workers int // how many runs at the same time. Default 2
	_       struct{}
}

// Swept counts what Sweep did.
type Swept struct {
	Calls  int // that the script made without a fault
	Runs   int // with a fault
	Missed int // of those: that ended before the fault could strike, for no two runs are quite the same
	Took   time.Duration
}

// SweepError is a run that did not pass.
type SweepError struct {
	Nth     int // 0: the run without a fault
	Outcome Outcome
	Err     error
}

func (e *SweepError) Error() string {
	if e.Nth == 0 {
		return fmt.Sprintf("diskfault: without a fault: %v", e.Err)
	}
	return fmt.Sprintf("diskfault: fault at %s: %v", cmp.Or(e.Outcome.Struck, fmt.Sprintf("call %d, not reached", e.Nth)), e.Err)
}

func (e *SweepError) Unwrap() error { return e.Err }

// Sweep runs a script once to count the calls of a fault, and then once for each of them, with the fault there. f.Nth
// is not used. It ends at the first run that does not pass, with a [*SweepError].
func Sweep(ctx context.Context, f Fault, prepare func() (Run, error), config *SweepConfig) (Swept, error) {
	var c SweepConfig
	if config != nil {
		c = *config
	}
	c.Every, c.First, c.Workers = cmp.Or(c.Every, 1), cmp.Or(c.First, 1), cmp.Or(c.Workers, 2)

	began := time.Now()
	once := func(ctx context.Context, nth int) (Outcome, error) {
		run, err := prepare()
		if err != nil {
			return Outcome{}, fmt.Errorf("diskfault: prepare a run: %w", err)
		}
		f := f
		f.Nth = nth
		out, err := Inject(ctx, run.Cmd, run.Dir, f)
		if err == nil {
			err = run.Check(out)
		}
		if err != nil {
			err = &SweepError{nth, out, err}
		}
		return out, err
	}
	out, err := once(ctx, 0)
	if err != nil {
		return Swept{}, err
	}
	done := Swept{Calls: out.Calls}
	if out.Calls == 0 {
		return done, errors.New("diskfault: the script makes no such call")
	}
	if c.Budget > 0 {
		c.Every = max(c.Every, (out.Calls+c.Budget-1)/c.Budget)
	}

	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var mu sync.Mutex // guards done
	var workers sync.WaitGroup
	numbers := make(chan int)
	for range c.Workers {
		workers.Go(func() {
			for nth := range numbers {
				out, err := once(ctx, nth)
				mu.Lock()
				done.Runs++
				if out.Struck == "" {
					done.Missed++
				}
				mu.Unlock()
				if err != nil {
					stop(err)
				}
			}
		})
	}
feed:
	for nth := c.First; nth <= out.Calls; nth += c.Every {
		select {
		case numbers <- nth:
		case <-ctx.Done():
			break feed
		}
	}
	close(numbers)
	workers.Wait()
	done.Took = time.Since(began)
	return done, context.Cause(ctx)
}
