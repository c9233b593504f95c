package invariant

import (
	"bytes"
	"crypto/sha256"

	"github.com/escalationkit/escalation/store"
)

// resolvedOrPending (I7): every entry has one of the seven results or is pending, not both and not neither, and nothing
// is pending that has no entry. Otherwise an event is lost in silence or sent for ever.
func resolvedOrPending(s *subject) {
	for i := range s.Reads {
		r := &s.Reads[i]
		pending := map[uint64]bool{}
		for _, e := range r.Conversation.Lane.Pending {
			pending[e.Number] = true
		}
		for _, e := range r.Entries {
			result := e.Outcome.Result
			switch {
			case result == 0 && !pending[e.Number]:
				s.broken(e.Number, "read %d: neither pending nor resolved", i+1)
			case result != 0 && pending[e.Number]:
				s.broken(e.Number, "read %d: pending, and %v", i+1, result)
			case result != 0 && !result.Valid():
				s.broken(e.Number, "read %d: %v", i+1, result)
			}
			delete(pending, e.Number)
		}
		for n := range pending {
			s.broken(n, "read %d: pending without an entry", i+1)
		}
	}
}

// resultsStay (I7): a result that was read once is read for ever. A result is final; the host acted on it.
func resultsStay(s *subject) {
	for i := 1; i < len(s.Reads); i++ {
		for _, p := range pairs(&s.Reads[i-1], &s.Reads[i]) {
			a, b := p[0].Outcome, p[1].Outcome
			if a.Result != 0 && (a.Result != b.Result || a.Cause != b.Cause || a.Marked != b.Marked || a.Status != b.Status || !a.At.Equal(b.At)) {
				s.broken(p[1].Number, "read %d: %v after %v, or another account of it", i+1, b.Result, a.Result)
			}
		}
		if was, is := len(s.Reads[i-1].Entries), len(s.Reads[i].Entries); is < was {
			s.broken(0, "read %d: %d entries after %d", i+1, is, was)
		}
	}
}

// promisesAreKept (I7): every event for which Accept returned nil is there: number, kind, round, caller key and body. Two calls
// have the same number only if the second said that it repeats, under the same caller key and with the same body.
func promisesAreKept(s *subject) {
	keyed := map[string]*Call{}
	fresh := map[uint64]bool{}
	for i := range s.Calls {
		c := &s.Calls[i]
		if c.Answer != Granted {
			continue
		}
		if !c.Repeated {
			if fresh[c.Number] {
				s.broken(c.Number, "two calls were told that they accepted it")
			}
			fresh[c.Number] = true
		}
		if first := keyed[c.CallerKey]; c.CallerKey != "" && first != nil && (first.Number != c.Number || !bytes.Equal(first.Body, c.Body)) {
			s.broken(c.Number, "event %d was accepted under the same caller key", first.Number)
		} else if c.CallerKey != "" {
			keyed[c.CallerKey] = c
		}
		e := s.entries[c.Number]
		switch {
		case e == nil:
			s.broken(c.Number, "Accept returned nil, and it is not there")
		case e.Kind != c.Kind || e.Round != c.Round:
			s.broken(c.Number, "promised as %v of round %d, stored as %v of round %d", c.Kind, c.Round, e.Kind, e.Round)
		case e.CallerKey != c.CallerKey:
			s.broken(c.Number, "stored under another caller key than it was accepted under")
		case !s.keeps(e, c.Body):
			s.broken(c.Number, "stored with another body than it was accepted with")
		}
	}
}

// keeps reports whether an entry has the body, or one that an operator put in its place.
func (s *subject) keeps(e *store.Entry, body []byte) bool {
	same := func(body []byte) bool {
		return (e.Body == nil || bytes.Equal(e.Body, body)) && (e.CallerKey == "" || e.Digest == sha256.Sum256(body))
	}
	kept := same(body)
	for _, r := range s.Replaced {
		// Whether a replacement changes the digest is for the store and the client to say.
		kept = kept || r.Number == e.Number && len(e.Repairs) > 0 && (e.Body == nil || bytes.Equal(e.Body, r.Body))
	}
	return kept
}

// nothingFromNowhere (I7): every entry is one that Accept promised, or that a call offered which ended without an answer; each such
// call explains one entry. What was refused, or never offered, is not there.
func nothingFromNowhere(s *subject) {
	for i := range s.last.Entries {
		e := &s.last.Entries[i]
		if s.origin[e.Number] != nil {
			continue
		}
		refused := false
		for _, c := range s.Calls {
			refused = refused || c.Answer == Refused && c.Kind == e.Kind && c.CallerKey == e.CallerKey && bytes.Equal(c.Body, e.Body)
		}
		s.broken(e.Number, "%v is there, and no call promised or left it open; refused: %v", e.Kind, refused)
	}
}

// resultsAreTold (I7): a result that the caller was told is the one in the record, for ever, with the same number of attempts.
func resultsAreTold(s *subject) {
	for _, r := range s.Results {
		e := s.entries[r.Number]
		switch {
		case e == nil:
			s.broken(r.Number, "the caller was told that it is %v, and it is not there", r.Result)
		case e.Outcome.Result != r.Result:
			s.broken(r.Number, "the caller was told that it is %v; recorded is %v", r.Result, e.Outcome.Result)
		case e.Attempts != r.Attempts:
			s.broken(r.Number, "the caller was told of %d attempts; recorded are %d", r.Attempts, e.Attempts)
		}
	}
}
