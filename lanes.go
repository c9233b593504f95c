package escalation

import (
	"container/list"
	"sync"

	"github.com/escalationkit/escalation/fsm"
)

// key names a conversation: the same id under two bots is two conversations.
type key struct{ bot, conversation string }

// lanes holds the conversations that the client remembers: the live ones, those a call is busy with, and
// the most recently finished.
type lanes struct {
	keep int // finished conversations to remember

	mu       sync.Mutex // taken before a lane's own
	byKey    map[key]*lane
	finished *list.List // of finishedRound, the first to finish in front
}

type finishedRound struct {
	key   key
	round int
}

func newLanes(keep int) *lanes {
	return &lanes{keep: keep, byKey: map[key]*lane{}, finished: list.New()}
}

// hold returns the lane of k and keeps it until release.
func (s *lanes) hold(k key) *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.byKey[k]
	if l == nil {
		l = &lane{}
		s.byKey[k] = l
	}
	l.users++
	return l
}

// release ends a hold. Whoever is last files the conversation by what became of it: one that was never
// opened leaves no trace. Nobody else can hold the lane's own mutex then, so that no conversation waits here
// for what another is doing.
func (s *lanes) release(k key, l *lane) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.users--
	if l.users > 0 {
		return
	}
	now := l.position()
	if l.entry != nil && l.entry.Value.(finishedRound).round != now.round {
		s.finished.Remove(l.entry) // a new round was opened since
		l.entry = nil
	}
	switch {
	case now.state == fsm.None:
		delete(s.byKey, k)
	case now.state.Terminal() && l.entry == nil:
		l.entry = s.finished.PushBack(finishedRound{k, now.round})
	}
	s.forget()
}

// forget drops the conversations that finished first, down to the number to keep. One that a call
// holds is passed over; its release comes here again.
func (s *lanes) forget() {
	for excess := s.finished.Len() - s.keep; excess > 0; excess-- {
		front := s.finished.Front()
		f := front.Value.(finishedRound)
		if s.byKey[f.key].users > 0 {
			s.finished.MoveToBack(front)
			continue
		}
		s.finished.Remove(front)
		delete(s.byKey, f.key)
	}
}

// position is where a conversation stands.
type position struct {
	state fsm.State
	round int
}

func (l *lane) position() position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return position{l.state, l.round}
}
