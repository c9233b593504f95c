package escalation

import (
	"sync"
	"time"

	"github.com/escalationkit/escalation/store"
)

// The lanes that were released last stay for a moment, at most resting of them: what follows an answer at once need not
// load again. A turn on what is remembered is as good as on what was loaded, because its commit is compared with what is
// stored, and one without a commit loads; see turn.sure.
const (
	restFor = time.Second
	resting = 256
)

// lanes holds the conversations that somebody needs at the moment, and few others.
type lanes struct {
	mu    sync.Mutex // taken before a lane's own
	byKey map[store.Key]*lane
	rests []rest // the longest first
}

// rest is a lane that nobody holds, unless somebody has since.
type rest struct {
	lane  *lane
	since time.Time
	nth   uint64 // of the lane
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

// release ends a hold. Nobody needs the lane after the last one: the store has it.
func (s *lanes) release(l *lane) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.users--; l.users > 0 {
		return
	}
	l.rests++
	now := time.Now()
	s.rests = append(s.rests, rest{l, now, l.rests})
	s.forget(now)
}

// sweep forgets the lanes that have rested for a while.
func (s *lanes) sweep(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(now)
}

// forget drops the lanes that have rested longest; the mutex is held.
func (s *lanes) forget(now time.Time) {
	for len(s.rests) > 0 && (len(s.rests) > resting || now.Sub(s.rests[0].since) >= restFor) {
		r := s.rests[0]
		s.rests[0] = rest{}
		s.rests = s.rests[1:]
		if r.lane.users == 0 && r.lane.rests == r.nth {
			delete(s.byKey, r.lane.key)
		}
	}
}
