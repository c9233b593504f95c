package fakeapi

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"time"
)

// An End says how the exchange of a request ended.
type End uint8

// The ends.
const (
	// Open: it has not ended; the request is held.
	Open End = iota
	// Answered: the answer was handed to the connection. Whether the client read it is not known here.
	Answered
	// Severed: the connection was cut, as a Fault demanded: before a byte of an answer was sent or, with CutInAnswer, in the
	// middle of it.
	Severed
	// ClientGone: the client went away while the request was held.
	ClientGone
	// ServerClosed: Close ended it while the request was held.
	ServerClosed
	// Uncuttable: it should have been cut, but what serves the handler has no connection to cut (such as a response
	// recorder), or with CutInAnswer the answer has no body (to a HEAD). It was answered 500.
	Uncuttable
)

var endNames = [...]string{"open", "answered", "severed", "client gone", "server closed", "uncuttable"}

// String returns the end in words.
func (e End) String() string {
	if int(e) >= len(endNames) {
		return "unknown end"
	}
	return endNames[e]
}

// A Record is what the server keeps of one request.
type Record struct {
	N      int       // arrival number, from 1
	Time   time.Time // of arrival, by Config.Now
	Method string
	Path   string
	Query  string      // raw, without the question mark
	Header http.Header // the headers that matter; never Authorization, nor a key in the place of the bot id

	BotID          string            // value of the botid header, or "[hidden]" if it is no known bot's and may be a key
	ConversationID string            // platformConversationId, if the body could be read as far as that
	EventType      string            // eventType, likewise
	Fields         map[string]string // all string fields of the body; the first of each name
	Body           []byte            // as it came, at most Config.MaxBody bytes; nil if it was not read

	Problems   []Problem // what the checks found, drift included
	Status     int       // status of the answer that was decided; 0 if the connection was to be cut
	RetryAfter string    // the header of that name in this answer, as a Fault or Chaos put it there
	End        End       // how the exchange ended
	Processed  bool      // whether the event has taken effect by now, that is, has a line in the widget

	others map[string]string // those of the body's fields that are no strings, as the chart shows them

	begun    int    // how many requests had begun to come in with this one
	plain    bool   // the answer was the server's own 200, at once: the client could not mistake it
	awaited  bool   // the event, if it is not processed, may still take effect
	putOff   bool   // a Fault lets the event take effect at another time than the answer says
	trusting bool   // it was in order for all that the client had been told
	hasty    bool   // but not beside what the client sent without waiting for the answer to it
	event    *event // nil if the request failed a check
	hurried  bool   // the same was sent again while it was under way
}

// Passed reports whether the request passed every check; drift does not fail it.
func (r Record) Passed() bool { return verdict(r.Problems) == 200 }

// Broke reports whether the request broke the rule.
func (r Record) Broke(rule Rule) bool {
	return slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Rule == rule })
}

// sure reports whether the client was told, beyond doubt, that the event had been taken.
func (r *Record) sure() bool { return r.End == Answered && r.plain }

// excused reports whether the client could not know better.
func (r *Record) excused() bool { return r.trusting && !r.hasty }

func (r *Record) clone() Record {
	c := *r
	c.Header = r.Header.Clone()
	c.Fields = maps.Clone(r.Fields)
	c.Body = bytes.Clone(r.Body)
	c.Problems = slices.Clone(r.Problems)
	return c
}

// Requests returns all records, or the last Config.Keep, in the order of arrival.
func (s *Server) Requests() []Record {
	return s.recordsWhere(func(*Record) bool { return true })
}

// Conversation returns the records of all requests that named this conversation, of the bot named to New, in
// the order of arrival. A request without a botid header is in no conversation: see Requests.
func (s *Server) Conversation(conversationID string) []Record {
	return s.mainBot().Conversation(conversationID)
}

// Conversation is [Server.Conversation] for this bot.
func (b *Bot) Conversation(conversationID string) []Record {
	return b.s.recordsWhere(func(r *Record) bool {
		return r.BotID == b.id && r.ConversationID == conversationID && r.Fields != nil
	})
}

func (s *Server) recordsWhere(want func(*Record) bool) []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Record
	for _, r := range s.records.kept() {
		if want(r) {
			out = append(out, r.clone())
		}
	}
	return out
}
