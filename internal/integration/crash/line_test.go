package crash_test

import (
	"encoding/json"
	"os"
	"sync"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

// said is what a line is about.
type said string

const (
	started  said = "started"  // Start returned
	asked    said = "asked"    // Accept is about to be called
	granted  said = "granted"  // it returned nil
	refused  said = "refused"  // it returned an error that says that nothing was stored
	open     said = "open"     // a call returned an error that leaves it open
	hook     said = "hook"     // a webhook is about to be handed over
	hooked   said = "hooked"   // that returned nil
	took     said = "took"     // the host is about to say that it has taken an inbound event
	resulted said = "resulted" // an observer was told of a result
	waited   said = "waited"   // a caller was told of a result
	replaces said = "replaces" // an operator is about to replace the body of an event
	aborted  said = "aborted"  // an operator's abort returned nil
	noted    said = "noted"    // an observer was told of something else
	sending  said = "sending"  // an attempt is about to be made
	drained  said = "drained"  // nothing is left to do
	sampled  said = "sampled"  // what the process holds
	closed   said = "closed"   // Close returned
)

// line is what the child says. The fields that are set depend on What.
type line struct {
	What said
	At   int64          // nanoseconds of the wall clock, which parent and child share
	ID   int            `json:",omitempty"` // joins asked and hook with what follows
	Conv string         `json:",omitempty"`
	Kind events.Kind    `json:",omitempty"`
	Body []byte         `json:",omitempty"`
	Key  string         `json:",omitempty"` // of the caller, or the delivery
	Err  string         `json:",omitempty"`
	Num  uint64         `json:",omitempty"`
	Rnd  int            `json:",omitempty"`
	Rep  bool           `json:",omitempty"` // repeated
	Dup  bool           `json:",omitempty"` // may be a duplicate
	Res  store.Result   `json:",omitempty"`
	Att  int            `json:",omitempty"`
	Note invariant.What `json:",omitempty"`
	Cls  invariant.Class

	Sample *sample `json:",omitempty"`
}

func (l *line) at() time.Time { return time.Unix(0, l.At) }

// speaker prints lines, each with one write: a kill cuts none in two.
type speaker struct {
	mu  sync.Mutex
	out *os.File
	id  int
	// hear takes the lines instead of out.
	hear func(line)
}

func (s *speaker) say(l line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.print(l)
}

// next says a line that others will refer to.
func (s *speaker) next(l line) (id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.id++
	l.ID = s.id
	s.print(l)
	return l.ID
}

func (s *speaker) print(l line) {
	l.At = time.Now().UnixNano()
	if s.hear != nil {
		s.hear(l)
		return
	}
	text, err := json.Marshal(l)
	if err != nil {
		panic(err)
	}
	if _, err := s.out.Write(append(text, '\n')); err != nil {
		os.Exit(3) // nobody would learn of what is promised from now on
	}
}
