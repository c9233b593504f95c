package crash_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/sqlitestore"
)

// history is what happens to one database: children that live and die, the platform, and the journal of both.
type history struct {
	*journal
	*front
	path   string
	seed   uint64
	rng    *rand.Rand
	orders orders
	logged []byte // what the children wrote to standard error
	kills  int
}

func newHistory(t testing.TB, seed uint64, conversations int) *history {
	h := &history{
		journal: newJournal(conversations), front: newFront(t, seed, settle), seed: seed,
		path: directory(t) + "/crm.db", rng: rand.New(rand.NewPCG(seed, 3)),
	}
	h.orders = orders{Path: h.path, URL: h.url, Seed: seed, Conversations: conversations, Settle: settle}
	return h
}

// life is a child and when it dies.
type life struct {
	mode  mode
	after func(line) bool // kill as soon as a line was heard for which this is true; nil: never
	limit time.Duration   // kill after that time, or
	fail  bool            // fail then
}

// live runs a child to its end. killed says whether that was by our hand.
func (h *history) live(l life) (killed bool, err error) {
	o := h.orders
	h.orders.Generation++
	o.Mode, o.Generation = l.mode, h.orders.Generation
	ctx, kill := context.WithCancel(context.Background())
	defer kill()
	cmd := command(ctx, o)
	cmd.WaitDelay = 10 * time.Second
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return false, err
	}
	// A tracer of package diskfault waits for all children of its thread: it must not get the thread that this one is a child of.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return false, err
	}
	defer time.AfterFunc(l.limit, kill).Stop()
	heard := h.listen(out, func(said line) {
		if l.after != nil && l.after(said) {
			kill()
		}
	})
	ended := cmd.Wait()
	h.logged = append(h.logged, log.Bytes()...)
	heard = errors.Join(heard, h.quiet())
	killed = killedBy(cmd, syscall.SIGKILL)
	h.died() // also where it ended by itself: nothing was under way then
	switch {
	case heard != nil:
		return killed, heard
	case killed && l.fail:
		return killed, fmt.Errorf("%s: not at its end after %v\n%s", l.mode, l.limit, tail(log.String(), 30))
	case killed || ended == nil:
		return killed, nil
	}
	return false, fmt.Errorf("%s: %w\n%s", l.mode, ended, tail(log.String(), 30))
}

// listen hears lines until there are no more.
func (h *history) listen(out io.Reader, then func(line)) error {
	lines := bufio.NewReader(out)
	var errs error
	for {
		text, err := lines.ReadBytes('\n')
		if err != nil {
			return errs
		}
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			errs = errors.Join(errs, fmt.Errorf("half a line: %w", err))
			continue
		}
		errs = errors.Join(errs, h.hear(l))
		then(l)
	}
}

func killedBy(cmd *exec.Cmd, s syscall.Signal) bool {
	st, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && st.Signaled() && st.Signal() == s
}

// look reads everything from the file, while no child runs.
func (h *history) look(ctx context.Context) (err error) {
	// Nothing may be forked meanwhile: it would hold the side lock until it is another program.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	requests := h.requests()
	return h.withStore(ctx, func(s store.Store) error {
		parked, err := s.Parked(ctx, store.Key{}, store.NoLimit)
		if err != nil {
			return err
		}
		for _, c := range h.convs {
			read, err := lookAt(ctx, s, c.Key, parked)
			if err != nil {
				return err
			}
			read.Arrived = requests[c.Key.Conversation]
			c.Reads = append(c.Reads, read)
		}
		return nil
	})
}

// withStore opens the file in this process.
func (h *history) withStore(ctx context.Context, use func(store.Store) error) (err error) {
	db, err := sql.Open("sqlite", sqlitestore.ModerncDSN(h.path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	s, err := sqlitestore.Open(ctx, db, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return use(s)
}

// lookAt reads one conversation.
func lookAt(ctx context.Context, s store.Store, key store.Key, parked []store.Key) (invariant.Read, error) {
	snap, err := s.Load(ctx, key, store.Query{})
	if err != nil {
		return invariant.Read{}, err
	}
	entries, err := s.History(ctx, key, 0, store.NoLimit)
	if err != nil {
		return invariant.Read{}, err
	}
	r := invariant.Read{At: time.Now(), Conversation: snap.Conversation, Entries: entries, Untaken: snap.Inbox}
	for _, k := range parked {
		r.Parked = r.Parked || k == key
	}
	return r, nil
}

// leaks finds in what the children logged what must not be there.
func (h *history) leaks() error {
	for _, word := range []string{secret, markText, markID} {
		if at := bytes.Index(h.logged, []byte(word)); at >= 0 {
			line := h.logged[:at+len(word)]
			line = line[bytes.LastIndexByte(line, '\n')+1:]
			return fmt.Errorf("logged: %.300s", line)
		}
	}
	return nil
}

// judge reads everything for the last time and holds it against what was promised. Everything is calm.
func (h *history) judge(ctx context.Context) error {
	if err := h.look(ctx); err != nil {
		return err
	}
	return verdict(h.world(h.arrivals()), true)
}

// violations is the error of a world in which invariants do not hold.
type violations struct {
	error
	all []invariant.Violation
}

// verdict judges a world by all invariants. Calm: everything has drained.
func verdict(w invariant.World, calm bool) error {
	w.Calm = calm
	var required []invariant.ID
	if calm {
		required = invariant.IDs()
	}
	report := invariant.Check(w)
	err := report.Err(required...)
	if len(report.Violations) > 0 {
		return &violations{err, report.Violations}
	}
	return err
}

// about is what was heard of the event that an error is about, or else the last of what was heard, for people.
func (h *history) about(err error) string {
	const most = 40
	var violation invariant.Violation
	if v, ok := errors.AsType[*violations](err); ok {
		violation = v.all[0]
	}
	var heard []string
	for _, l := range h.lines {
		near := l.Num+2 > violation.Number && l.Num < violation.Number+2 || l.What == hook || l.What == started
		if c := violation.Conversation.Conversation; c != "" && (l.Conv != c && l.Conv != "" || violation.Number != 0 && !near) {
			continue
		}
		l.Body = nil
		heard = append(heard, marshal(l))
	}
	return strings.Join(heard[max(0, len(heard)-most):], "\n")
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
