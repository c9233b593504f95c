package durabletest

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

// mishap is what happens at one call of the store.
type mishap uint8

const (
	nothing    mishap = iota
	fails             // with nothing stored, and goes on
	answerLost        // stored, and fails, and goes on
	ruins             // with nothing stored, and for good
	ruinsAfter        // stored, and fails for good
	dies              // the process does, with nothing stored
	diesAfter         // stored, and the process does
)

var (
	errGone = errors.New("durabletest: the process is dead")
	errDisk = errors.New("durabletest: the disk does not answer")
)

// valve is the store as a process sees it.
type valve struct{ p *process }

var _ store.Store = valve{}

// through makes a call of the store, and does to it what the script says.
func (v valve) through(c *store.Change, call func() error) error {
	p := v.p
	p.mu.Lock()
	p.inStore++
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.inStore--
		p.mu.Unlock()
	}()
	if p.latency > 0 {
		time.Sleep(p.latency) // what was let out too early gets away
	} else {
		runtime.Gosched()
	}
	p.mu.Lock()
	m := nothing
	if len(p.script) > 0 {
		m, p.script = p.script[0], p.script[1:]
	}
	switch {
	case p.dead:
		p.mu.Unlock()
		return errGone
	case p.ruined:
		p.faults++
		p.mu.Unlock()
		return store.ErrFailed
	}
	if m != nothing {
		p.faults, p.faultAt = p.faults+1, time.Now()
	}
	p.mu.Unlock()
	var err error
	unheard := func() {}
	if c != nil && (m == answerLost || m == ruinsAfter) {
		unheard = p.unheard(c)
	}
	if m == nothing || m == answerLost || m == ruinsAfter || m == diesAfter {
		err = call()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch m {
	case dies, diesAfter:
		p.die()
	case ruins, ruinsAfter, answerLost, fails:
		if m == ruins || m == ruinsAfter {
			p.ruined = true
			for _, a := range p.convs {
				p.answered(a.Key.Bot, false) // nobody can record what it means
			}
		}
		if m == answerLost {
			p.lost++
		}
		if c != nil {
			p.byKey[c.Key].unsure = true
		}
		unheard()
		return errDisk
	}
	if p.dead {
		return errGone
	}
	return err
}

// unheard is about to store a change of which the process will not know that it was stored. It returns what notes that, to
// be called with the mutex held.
func (p *process) unheard(c *store.Change) func() {
	before, err := p.raw.Load(context.Background(), c.Key, store.Query{})
	was, is := before.Conversation.Lane, c.Conversation.Lane
	same := was.Attempting() == is.Attempting() && was.Park == is.Park &&
		(!is.Attempting() || was.Pending[0].Number == is.Pending[0].Number && was.Pending[0].Attempts == is.Pending[0].Attempts)
	return func() {
		a := p.byKey[c.Key]
		a.seqKnown = false
		if err != nil {
			p.wrong(err.Error())
		}
		if !same { // nobody will tell what became of the attempt: as if the process had died for a moment
			a.Log = append(a.Log, invariant.Note{At: time.Now(), What: invariant.Killed})
		}
	}
}

func (v valve) Load(ctx context.Context, key store.Key, q store.Query) (s store.Snapshot, err error) {
	err = v.through(nil, func() error {
		s, err = v.p.raw.Load(ctx, key, q)
		return err
	})
	return s, err
}

func (v valve) Commit(ctx context.Context, c store.Change) error {
	return v.through(&c, func() error { return v.p.raw.Commit(ctx, c) })
}

func (v valve) Claim(ctx context.Context, limit int, lease time.Duration) (keys []store.Key, next time.Duration, err error) {
	err = v.through(nil, func() error {
		keys, next, err = v.p.raw.Claim(ctx, limit, lease)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return keys, next, nil
}

func (v valve) Release(ctx context.Context, bot string, all bool, limit int) (n int, err error) {
	err = v.through(nil, func() error {
		n, err = v.p.raw.Release(ctx, bot, all, limit)
		return err
	})
	return n, err
}

func (v valve) History(ctx context.Context, key store.Key, after uint64, limit int) (all []store.Entry, err error) {
	err = v.through(nil, func() error {
		all, err = v.p.raw.History(ctx, key, after, limit)
		return err
	})
	return all, err
}

func (v valve) Parked(ctx context.Context, after store.Key, limit int) (keys []store.Key, err error) {
	err = v.through(nil, func() error {
		keys, err = v.p.raw.Parked(ctx, after, limit)
		return err
	})
	return keys, err
}
