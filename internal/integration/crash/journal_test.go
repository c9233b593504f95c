package crash_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/store"
)

// journal collects what the children of one database said, and makes a world of it.
type journal struct {
	convs map[string]*account
	lines []line
	calls map[int]func(line) // of the child that runs: what an answer does
}

// account is one conversation as far as it is known.
type account struct {
	invariant.Conversation
	turns []turn
	keyed []*promise          // calls with a key, in order
	byKey map[string]*promise // likewise
	hooks []int               // the rounds that Webhooks are about
}

// turn is a Turn whose place in the trace is not known yet.
type turn struct {
	at    int64
	round int
	ended bool
}

// promise is a call with a caller's key.
type promise struct {
	body  []byte
	key   string
	round int // of ForRound
	calls []int
}

func newJournal(conversations int) *journal {
	j := &journal{convs: map[string]*account{}, calls: map[int]func(line){}}
	for i := range conversations {
		id := conversationID(i)
		j.convs[id] = &account{
			Conversation: invariant.Conversation{Key: store.Key{Bot: bot, Conversation: id}},
			byKey:        map[string]*promise{},
		}
	}
	return j
}

// hear takes a line. It returns an error if the line must not be.
func (j *journal) hear(l line) error {
	j.lines = append(j.lines, l)
	c := j.convs[l.Conv]
	if c == nil && l.Conv != "" {
		return fmt.Errorf("a line about a conversation that is not there: %s", l.What)
	}
	switch l.What {
	case asked:
		j.ask(c, l)
	case hook:
		j.hook(c, l)
	case granted, refused, open, hooked:
		if answer := j.calls[l.ID]; answer != nil {
			answer(l)
		}
	case took:
		c.Taken = append(c.Taken, invariant.Inbound{At: l.at(), Kind: l.Kind, Body: l.Body})
	case resulted:
		c.Results = append(c.Results, invariant.Reported{At: l.at(), Number: l.Num, Result: l.Res, Attempts: l.Att, MayBeDuplicate: l.Dup})
	case waited:
		c.Results = append(c.Results, invariant.Reported{
			At: l.at(), Number: l.Num, Result: store.Acknowledged, Attempts: l.Att, MayBeDuplicate: l.Dup,
		})
	case replaces:
		c.Replaced = append(c.Replaced, invariant.Replacement{At: l.at(), Number: l.Num, Body: l.Body})
	case aborted:
		c.turns = append(c.turns, turn{l.At, l.Rnd, true})
	case noted:
		c.Log = append(c.Log, invariant.Note{At: l.at(), What: l.Note, Number: l.Num, Round: l.Rnd, Class: l.Cls})
	}
	return nil
}

func (j *journal) ask(c *account, l line) {
	at := len(c.Calls)
	c.Calls = append(c.Calls, invariant.Call{Began: l.at(), Kind: l.Kind, Body: l.Body, CallerKey: l.Key, Round: l.Rnd})
	p := c.byKey[l.Key]
	if l.Key != "" && p == nil {
		p = &promise{body: l.Body, key: l.Key, round: l.Rnd}
		c.byKey[l.Key], c.keyed = p, append(c.keyed, p)
	}
	same := p != nil && string(p.body) == string(l.Body) // the other kind of call is refused
	if same {
		p.calls = append(p.calls, at)
	}
	j.calls[l.ID] = func(answer line) {
		call := &c.Calls[at]
		switch answer.What {
		case granted:
			call.Answer, call.Ended = invariant.Granted, answer.at()
			call.Number, call.Round, call.Repeated = answer.Num, answer.Rnd, answer.Rep
		case refused:
			call.Answer, call.Ended = invariant.Refused, answer.at()
			if !same {
				break
			}
			for _, before := range p.calls { // whoever asked before under this key, and had no answer, got nothing stored
				if c.Calls[before].Answer == invariant.Unanswered {
					c.Calls[before].Answer = invariant.Refused
				}
			}
		}
	}
}

func (j *journal) hook(c *account, l line) {
	at := len(c.Webhooks)
	c.Webhooks = append(c.Webhooks, invariant.Webhook{Began: l.at(), Kind: l.Kind, Body: l.Body, DeliveryID: l.Key})
	c.hooks = append(c.hooks, l.Rnd)
	if l.Kind == events.KindWidgetEscalate {
		c.turns = append(c.turns, turn{l.At, l.Rnd, false})
	}
	j.calls[l.ID] = func(answer line) {
		if answer.What != hooked {
			return
		}
		c.Webhooks[at].Answered, c.Webhooks[at].Ended = true, answer.at()
		if l.Kind == events.KindWidgetEndSession {
			c.turns = append(c.turns, turn{answer.At, l.Rnd, true})
		}
	}
}

// died ends the account of a child that was killed.
func (j *journal) died() {
	j.calls = map[int]func(line){}
	for _, c := range j.convs {
		c.Log = append(c.Log, invariant.Note{At: time.Now(), What: invariant.Killed})
	}
}

// again returns the calls that the next child has to make: all whose answers were lost, and some of the others.
func (j *journal) again(some func(n int) int) []again {
	var all []again
	for _, id := range slices.Sorted(keys(j.convs)) {
		c := j.convs[id]
		if n := len(c.Webhooks); n > 0 && !c.Webhooks[n-1].Answered {
			h := c.Webhooks[n-1]
			all = append(all, again{Conv: id, Body: h.Body, Key: h.DeliveryID, Rnd: c.hooks[n-1], Hook: true})
		}
		for _, p := range c.keyed {
			if last := c.Calls[p.calls[len(p.calls)-1]]; last.Answer == invariant.Unanswered || some(len(c.keyed)) == 0 {
				all = append(all, again{Conv: id, Body: p.body, Key: p.key, Rnd: p.round})
			}
		}
	}
	return all
}

// world makes the world as of now.
func (j *journal) world(arrived map[string][]invariant.Arrival) invariant.World {
	w := invariant.World{Knows: invariant.All}
	for _, id := range slices.Sorted(keys(j.convs)) {
		c := j.convs[id].Conversation
		c.Trace = arrived[id]
		for _, t := range j.convs[id].turns {
			after := 0
			for _, a := range c.Trace {
				after += one(a.At.UnixNano() <= t.at)
			}
			c.Turns = append(c.Turns, invariant.Turn{At: time.Unix(0, t.at), After: after, Round: t.round, Ended: t.ended})
		}
		slices.SortStableFunc(c.Turns, func(a, b invariant.Turn) int { return a.After - b.After })
		w.Conversations = append(w.Conversations, c)
	}
	return w
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func keys[V any](m map[string]V) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
