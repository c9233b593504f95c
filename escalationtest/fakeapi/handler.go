package fakeapi

import (
	"fmt"
	"io"
	"net/http"
)

// ServeHTTP treats one request: read, judge, record, tell the observer, hold, answer. A request that has not arrived
// before Close is answered 503 and not recorded.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	closed := s.closed
	x := new(exchange)
	if !closed {
		s.begun++
		x.rec.begun = s.begun
		x.fault, x.final = s.faults.onHeaders()
	}
	s.mu.Unlock()
	if closed {
		writeAnswer(w, http.StatusServiceUnavailable, nil, nil)
		return
	}

	x.rec.Method, x.rec.Path, x.rec.Query = r.Method, r.URL.Path, r.URL.RawQuery
	x.rec.Header = keepHeaders(r.Header)
	s.checkRequest(r, &x.rec)
	if x.fault.Cut != CutBeforeBody {
		s.readBody(&x.rec, r.Body)
	}
	if !s.arrive(x) {
		writeAnswer(w, http.StatusServiceUnavailable, nil, nil)
		return
	}
	defer s.answered(&x.rec)
	s.observer.flush()
	if x.fault.waits() {
		s.hold(x, r)
		s.observer.flush() // what took effect is told before the answer leaves
	}
	s.finish(w, r, x)
}

// An exchange is one request while it is treated.
type exchange struct {
	fault Fault
	final bool   // whether fault was dealt, and is no fallback
	rec   Record // guarded by the server's lock once the request has arrived; Status and Problems are then final but for Uncuttable
	gone  End    // ClientGone or ServerClosed if a hold ended that way, else Open
}

// maxSpill is how much of a body is read beyond Config.MaxBody.
const maxSpill = 64 << 20

// readBody reads and judges the body.
func (s *Server) readBody(rec *Record, body io.Reader) {
	if body == nil {
		body = http.NoBody
	}
	raw, err := io.ReadAll(io.LimitReader(body, s.cfg.MaxBody))
	var more int64
	if err == nil {
		// A client in the middle of its body might miss the answer: the rest is read too, and forgotten.
		more, err = io.Copy(io.Discard, io.LimitReader(body, maxSpill))
	}
	rec.Body = raw
	switch {
	case more > 0:
		rec.Problems = append(rec.Problems, Problem{Rule: BodyTooLarge, Detail: fmt.Sprintf("more than %d bytes", s.cfg.MaxBody)})
	case err != nil:
		rec.Problems = append(rec.Problems, Problem{Rule: BodyUnreadable, Detail: err.Error()})
	default:
		var ps []Problem
		rec.Fields, rec.others, ps = parseBody(raw)
		rec.Problems = append(rec.Problems, ps...)
		rec.ConversationID, rec.EventType = rec.Fields[fieldConversation], rec.Fields[fieldEventType]
	}
}

// arrive numbers and records the request, decides its answer and does at once what processing is due at once: all in one
// step. It reports false, having done nothing, if the server was closed meanwhile.
func (s *Server) arrive(x *exchange) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	rec := &x.rec
	f := &x.fault
	if !x.final && rec.Fields != nil {
		*f, x.final = s.faults.onBody(rec.talkID(), *f)
	}
	if rec.Passed() {
		t := s.talk(rec.talkID())
		if s.chaos != nil && !x.final {
			t.disturbedBy(s.chaos)
			if drawn, ok := s.chaos.request(t.id, t.requests); ok {
				*f = drawn
			}
		}
		t.requests++
		t.know.sends(rec)
		defer s.tidy(t)
	}
	rec.N = s.records.total + 1
	rec.Time = s.cfg.Now()
	s.records.add(rec)
	s.note(entry{talk: rec.talkID(), rec: rec})
	s.findProblems(rec)
	s.arriving = true

	rec.Status = verdict(rec.Problems)
	switch {
	case f.Cut.silent():
		rec.Status = 0
	case f.Status != 0:
		rec.Status = f.Status
	}
	rec.RetryAfter = f.Header.Get("Retry-After")
	rec.plain = rec.Status == http.StatusOK && f.Header == nil && f.Body == nil && f.Cut == NoCut && !f.waits()
	rec.putOff = f.putsOff()
	rec.awaited = rec.putOff

	switch {
	case f.Late != nil:
		if !f.Late.putOff(s.putOff(func() { s.process(rec) })) {
			s.process(rec)
		}
	case f.AfterNext:
		s.stick(rec)
	case f.Process == ProcessAnyway:
		s.takeEffect(rec)
	}
	if !f.waits() {
		s.settle(x)
	}
	s.arriving = false
	s.tellRequest(rec)
	s.announce()
	return true
}

// settle does what is due when the exchange is about to end. The caller holds mu.
func (s *Server) settle(x *exchange) {
	rec, f := &x.rec, &x.fault
	s.ended++
	switch {
	case x.gone != Open:
		rec.End = x.gone
	case f.Cut != NoCut:
		rec.End = Severed
	default:
		rec.End = Answered
	}
	if t := s.talks[rec.talkID()]; t != nil && rec.Passed() {
		t.know.learns(rec, s.begun)
	}
	if x.gone == Open && !rec.putOff && f.Process == ProcessIfOK && rec.Status/100 == 2 {
		s.takeEffect(rec)
	}
}

// answered lets the observers know that the exchange has ended.
func (s *Server) answered(rec *Record) {
	if s.cfg.OnAnswer == nil {
		return
	}
	s.mu.Lock()
	s.tellAnswer(rec)
	s.mu.Unlock()
	s.observer.hint()
}

func (r *Record) talkID() talkID { return talkID{bot: r.BotID, conversation: r.ConversationID} }
