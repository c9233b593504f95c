package escalation

import (
	"sync"

	"github.com/escalationkit/escalation/store"
)

// lanes holds the conversations that somebody needs at the moment, and no others.
type lanes struct {
	mu    sync.Mutex // taken before a lane's own
	byKey map[store.Key]*lane
}

// hold returns the lane of a conversation and keeps it until release.
func (s *lanes) hold(k store.Key) *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.byKey[k]
	if l == nil {
		l = &lane{key: k}
		s.byKey[k] = l
	}
	l.users++
	return l
}

// again holds a lane that the caller already holds.
func (s *lanes) again(l *lane) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.users++
}

// release ends a hold. The last one forgets the lane: the store has it.
func (s *lanes) release(l *lane) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.users--
	if l.users == 0 {
		delete(s.byKey, l.key)
	}
}
