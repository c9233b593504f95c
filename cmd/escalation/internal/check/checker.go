package check

import (
	"bytes"
	"crypto/sha256"
	"io"
	"iter"

	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
)

// Checker follows the conversations in captured traffic. It is for one goroutine at a time.
type Checker struct {
	rules   *rules.Set
	initial fsm.State
	// states holds the conversations that are not in the initial state. The key is a digest: a long
	// id costs no more than a short one, and the garbage collector has nothing to follow.
	states map[[sha256.Size]byte]fsm.State
}

// New returns a Checker that knows no conversation yet. Of a conversation only its state is kept, and
// bodies carry no time: a rule about the time or about earlier queue updates finds nothing to look at.
//
// A conversation that no widgetEscalate has opened counts as pending, as if it had been opened before
// the capture began. With requireOpen it counts as not opened, which refuses every outbound event.
func New(set *rules.Set, requireOpen bool) *Checker {
	c := &Checker{rules: set, initial: fsm.Pending, states: map[[sha256.Size]byte]fsm.State{}}
	if requireOpen {
		c.initial = fsm.None
	}
	return c
}

// Read yields a verdict for each line that is not blank, and yields it before it waits for a further
// line. A read error comes last, with no verdict. Other inputs may be read afterwards: their lines are
// counted from 1 again and carry on the same conversations. A byte order mark at the beginning of an
// input is skipped.
func (c *Checker) Read(in io.Reader) iter.Seq2[Verdict, error] {
	return func(yield func(Verdict, error) bool) {
		l := newLines(in)
		for {
			line, tooLong, err := l.next()
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(Verdict{}, err)
				return
			}
			if l.number == 1 {
				line = bytes.TrimPrefix(line, byteOrderMark)
			}
			if !tooLong && blank(line) {
				continue
			}
			var v Verdict
			if tooLong {
				v = overlong()
			} else {
				v = c.take(line)
			}
			v.Line = l.number
			if !yield(v, nil) {
				return
			}
		}
	}
}

var byteOrderMark = []byte("\xEF\xBB\xBF")

// take judges one body and moves the state of its conversation.
func (c *Checker) take(body []byte) Verdict {
	d := decode(body)
	if d.conversation == "" {
		return judge(c.rules, fsm.None, d)
	}
	key := sha256.Sum256([]byte(d.conversation))
	at, moved := c.states[key]
	if !moved {
		at = c.initial
	}
	v := judge(c.rules, at, d)
	v.Allowed = c.rules.Allowed(v.State)
	switch {
	case v.State == at:
	case v.State == c.initial:
		delete(c.states, key)
	default:
		c.states[key] = v.State
	}
	return v
}
