package fakeapi

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// A Finding is one rule that the client broke, or something about it that is worth a note.
type Finding struct {
	Rule           string // id of the rule: see [Problem.ID], RuleSequence, RuleDuplicate, RuleUnchanged
	N              int    // arrival number of the request
	BotID          string
	ConversationID string // empty if the request named none that could be read
	Round          int    // the conversation's round at that moment; 0 if none had begun
	EventType      string // empty if the request named none that could be read
	Detail         string // in words; never a key, and nothing of a message's text

	// Unavoidable is true if the client could not have known better: see Violation.Repeat and Violation.Unaware.
	Unavoidable bool

	// Drift is true if nothing says that this is wrong: it is no more than a note.
	Drift bool
}

// Fault reports whether the finding is held against the client: it is neither unavoidable nor a mere note.
func (f Finding) Fault() bool { return !f.Unavoidable && !f.Drift }

// String returns the finding in words, in one line.
func (f Finding) String() string {
	return fmt.Sprintf("request %d", f.N) + f.about()
}

// about is String without the number.
func (f Finding) about() string {
	out := ""
	if f.EventType != "" {
		out += ", " + word(f.EventType)
	}
	if f.ConversationID != "" {
		out += " of conversation " + brief(f.ConversationID)
	}
	return out + ": " + f.verdict()
}

// verdict is String without the place.
func (f Finding) verdict() string {
	out := f.Rule
	if f.Detail != "" {
		out += ": " + f.Detail
	}
	switch {
	case f.Unavoidable:
		out += " (unavoidable)"
	case f.Drift:
		out += " (a note)"
	}
	return out
}

// Findings returns everything there is to say about the client, of all bots, by arrival of the requests: each problem of
// each request, as in [Record].Problems; each event out of order, as in Violations; and each event that shows the same
// again: one equal in every field to the one before it in its round, or one that repeats as in [Line].Repeat. Such an
// escalationSuccess, escalationFailed or agentDisconnect breaks RuleDuplicate besides RuleSequence, while an equal message
// (two equal texts may be two real messages) and an equal queue update are notes. An event that was not processed breaks
// none of these rules.
func (s *Server) Findings() []Finding {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.findings.kept())
	slices.SortStableFunc(out, func(a, b Finding) int { return cmp.Compare(a.N, b.N) })
	return out
}

// finding returns one about the record. The caller holds mu.
func (s *Server) finding(rec *Record, rule, detail string) Finding {
	f := Finding{
		Rule:           rule,
		N:              rec.N,
		BotID:          rec.BotID,
		ConversationID: rec.ConversationID,
		EventType:      rec.EventType,
		Detail:         detail,
	}
	if t := s.talks[rec.talkID()]; t != nil {
		f.Round = t.round
	}
	return f
}

// findProblems keeps what the checks found. The caller holds mu.
func (s *Server) findProblems(rec *Record) {
	for _, p := range rec.Problems {
		f := s.finding(rec, p.ID(), p.String())
		f.Drift = p.Rule.Drift()
		s.findings.add(f)
	}
}

// findOrder keeps what there is to say about an event in its place, which is behind t.last. The caller holds mu.
func (s *Server) findOrder(t *talk, rec *Record, breach *Violation, repeat bool) {
	if breach != nil {
		f := s.finding(rec, RuleSequence, breach.why())
		f.Unavoidable = breach.Repeat || breach.Unaware
		s.findings.add(f)
	}
	equal := t.last != nil && maps.Equal(rec.Fields, t.last.Fields)
	if !equal && !repeat {
		return
	}
	f := s.finding(rec, RuleDuplicate, "equals the event before it")
	if !equal {
		f.Detail = "a late copy of an event that was sent again"
	}
	switch rec.EventType {
	case typeQueueUpdate:
		f.Rule, f.Drift = RuleUnchanged, true
	case typeMessage:
		f.Drift = true
	}
	f.Unavoidable = repeat || !f.Drift && rec.excused()
	s.findings.add(f)
}
