package feed

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Defaults of [Stream].
const (
	DefaultSeats     = 64
	DefaultHeartbeat = 15 * time.Second
	DefaultPatience  = time.Minute
	DefaultGather    = 15 * time.Millisecond
)

// batch is how many changes are taken at once.
const batch = 64

// StreamConfig holds what is optional about a Stream. The zero value and nil mean the defaults.
type StreamConfig struct {
	Seats     int           // streams at the same time. Default: DefaultSeats
	Heartbeat time.Duration // a comment is sent after so much silence. Default: DefaultHeartbeat
	Patience  time.Duration // with a reader who takes nothing. Default: DefaultPatience
	Gather    time.Duration // how long a change waits for others, so that bursts cost little. Default: DefaultGather

	_ struct{}
}

// Stream serves a feed as server-sent events. A reader says where it wants to go on with the header Last-Event-ID, as browsers
// do by themselves, or with the query after, which weighs less; without either it is told what changes from now on.
type Stream struct {
	feed   *Feed
	done   <-chan struct{}
	cfg    StreamConfig
	seats  chan struct{}
	refuse func(w http.ResponseWriter, status int, problem string)
}

// NewStream returns a Stream whose answers end when done is closed. Whoever is refused is told by refuse.
func NewStream(f *Feed, done <-chan struct{}, refuse func(w http.ResponseWriter, status int, problem string), cfg *StreamConfig) *Stream {
	s := &Stream{feed: f, done: done, refuse: refuse}
	if cfg != nil {
		s.cfg = *cfg
	}
	if s.cfg.Seats <= 0 {
		s.cfg.Seats = DefaultSeats
	}
	if s.cfg.Heartbeat <= 0 {
		s.cfg.Heartbeat = DefaultHeartbeat
	}
	if s.cfg.Patience <= 0 {
		s.cfg.Patience = DefaultPatience
	}
	if s.cfg.Gather <= 0 {
		s.cfg.Gather = DefaultGather
	}
	s.seats = make(chan struct{}, s.cfg.Seats)
	return s
}

// ServeHTTP answers until the reader is gone or too slow, or done is closed.
func (s *Stream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at, err := s.start(r)
	if err != nil {
		s.refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	select {
	case s.seats <- struct{}{}:
		defer func() { <-s.seats }()
	default:
		s.refuse(w, http.StatusServiceUnavailable, "too many streams are open")
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	out := &lastingWriter{w, http.NewResponseController(w), s.cfg.Patience}
	if out.send("retry: 1000\n\n") != nil {
		return
	}
	s.follow(r.Context(), out, at)
}

// start returns the version from which the reader wants to go on.
func (s *Stream) start(r *http.Request) (int64, error) {
	id := r.Header.Get("Last-Event-ID")
	if id == "" {
		id = r.URL.Query().Get("after")
	}
	if id == "" {
		return s.feed.newest(), nil
	}
	at, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%.40q is no version", id)
	}
	return at, nil
}

func (s *Stream) follow(ctx context.Context, out *lastingWriter, at int64) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		updates, grown := s.feed.since(at, batch)
		for _, u := range updates {
			if out.event(u) != nil {
				return
			}
			at = u.version
		}
		if len(updates) == batch {
			grown = nil // there may be more already
		}
		if !s.await(ctx, out, timer, grown) {
			return
		}
	}
}

// await returns when there may be something to tell; false means that there is nobody to tell it to. Nothing is waited for if
// grown is nil.
func (s *Stream) await(ctx context.Context, out *lastingWriter, timer *time.Timer, grown <-chan struct{}) bool {
	for grown != nil {
		timer.Reset(s.cfg.Heartbeat)
		select {
		case <-ctx.Done():
			return false
		case <-s.done:
			return false
		case <-grown:
			grown = nil
		case <-timer.C:
			if out.send(": still here\n\n") != nil {
				return false
			}
		}
	}
	timer.Reset(s.cfg.Gather)
	select {
	case <-ctx.Done():
		return false
	case <-s.done:
		return false
	case <-timer.C:
		return true
	}
}

// A lastingWriter gives each write a time of its own.
type lastingWriter struct {
	w        io.Writer
	control  *http.ResponseController
	patience time.Duration
}

func (l *lastingWriter) event(u update) error {
	data, err := json.Marshal(u.value)
	if err != nil {
		return err
	}
	return l.send(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", u.version, u.event, data))
}

func (l *lastingWriter) send(text string) error {
	if err := l.control.SetWriteDeadline(time.Now().Add(l.patience)); err != nil {
		return err
	}
	if _, err := io.WriteString(l.w, text); err != nil {
		return err
	}
	return l.control.Flush()
}
