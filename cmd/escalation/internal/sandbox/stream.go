package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	maxStreams = 64
	batchSize  = 64 // changes taken at once
)

// A streamer tells readers what changes, as server-sent events. It keeps nothing for them: each has a version, and gets what
// is newer as fast as it reads.
type streamer struct {
	book      *book
	seats     chan struct{}
	done      <-chan struct{} // closed when all streams are to end
	heartbeat time.Duration
	patience  time.Duration // with a reader that does not read
}

func newStreamer(b *book, done <-chan struct{}) *streamer {
	return &streamer{book: b, seats: make(chan struct{}, maxStreams), done: done, heartbeat: 15 * time.Second, patience: 10 * time.Second}
}

func (s *streamer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at, err := s.start(r)
	if err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	select {
	case s.seats <- struct{}{}:
		defer func() { <-s.seats }()
	default:
		fail(w, http.StatusServiceUnavailable, "too many streams are open")
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	out := &lastingWriter{w, http.NewResponseController(w), s.patience}
	if out.send("retry: 1000\n\n") != nil {
		return
	}
	s.follow(r.Context(), out, at)
}

// start returns the version from which the reader wants to go on. What the browser remembers of a stream weighs more than
// the address with which the page opened it.
func (s *streamer) start(r *http.Request) (int64, error) {
	id := r.Header.Get("Last-Event-ID")
	if id == "" {
		id = r.URL.Query().Get("after")
	}
	if id == "" {
		return s.book.newest(), nil
	}
	at, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%.40q is no version", id)
	}
	return at, nil
}

// follow writes until the reader is gone or too slow, or the streams are to end.
func (s *streamer) follow(ctx context.Context, out *lastingWriter, at int64) {
	beat := time.NewTicker(s.heartbeat)
	defer beat.Stop()
	for {
		updates, grown := s.book.since(at, batchSize)
		for _, u := range updates {
			if out.event(u) != nil {
				return
			}
			at = u.seq
		}
		if len(updates) > 0 {
			select {
			case <-ctx.Done():
				return
			case <-s.done:
				return
			default:
				continue
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-s.done:
			return
		case <-grown:
		case <-beat.C:
			if out.send(": still here\n\n") != nil {
				return
			}
		}
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
	return l.send(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", u.seq, u.event, data))
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
