package durabletest

import (
	"crypto/sha256"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/invariant"
	"github.com/escalationkit/escalation/internal/oracle"
	"github.com/escalationkit/escalation/store"
)

// account is one conversation: what package invariant wants to know of it, what is going to happen to it, and the model.
type account struct {
	invariant.Conversation

	fates      []fate  // of the next attempts
	offers     []offer // what the host does with what it is offered next
	under      int     // attempts under way
	landing    int     // copies that are held up
	quietUntil time.Time

	unknowns map[string]int // attempts that ended unknown since the last repair, by body
	answers  []answer       // that have to be in the record soon

	seq      uint64          // of the last observation
	seqKnown bool            // none was missed since
	told     map[uint64]bool // numbers of the events that observers were told the result of
	opened   int             // the last round of which the log says that it was opened

	// unsure: something may have been stored that nobody was told of, so that the model has to look before it says
	// anything.
	unsure bool

	// The model, used by the goroutine of the machine only.
	round    int
	cut      bool // the visitor or an abort ended the round
	last     uint64
	accepted oracle.History // of the round, with all that waits
	acked    oracle.History // of the round
	keys     map[string]*keyed
	turned   int // the last round in Turns
	arrived  int // at the last look
	resolved map[uint64]bool

	deliveries map[string]bool
	sent       []sentHook
	offered    uint64   // number of the webhook that was offered last
	took       uint64   // number of the webhook that the host took last
	failed     *process // that offered it last and was told an error
}

// keyed is a call with a caller key that was granted.
type keyed struct {
	event  events.Outbound
	number uint64
	round  int
	digest store.Digest // of the event as it is stored
}

// answer is one that the platform gave to a process that was alive.
type answer struct {
	p    *process
	at   time.Time
	body string
}

// sentHook is a webhook to be repeated.
type sentHook struct {
	event events.Inbound
	id    string
}

// read is the last look.
func (a *account) read() *invariant.Read {
	if len(a.Reads) == 0 {
		return &invariant.Read{}
	}
	return &a.Reads[len(a.Reads)-1]
}

// pending are the events without a result at the last look.
func (a *account) pending() int { return len(a.read().Conversation.Lane.Pending) }

// mayBeOver: an event that ends the round may have arrived, so that a widgetEscalate is one for a new round.
func (a *account) mayBeOver() bool {
	for _, e := range a.read().Entries {
		ends := e.Kind == events.KindEscalationFailed || e.Kind == events.KindAgentDisconnect
		if e.Round == a.round && ends && (e.Begun || e.Unknown > 0) {
			return true
		}
	}
	return false
}

// model makes the model agree with a look. What the store says of rounds counts only where nobody could know.
func (a *account) model(r *invariant.Read, byBody map[store.Digest]events.Outbound) {
	l := &r.Conversation.Lane
	if a.unsure {
		a.cut = l.Acknowledged == fsm.Ended && fold(r, l.Round, true).State() != "ended"
		a.round = l.Round
	}
	a.acked, a.accepted = oracle.None(), oracle.None()
	if a.round > 0 {
		a.acked = fold(r, a.round, true)
		a.accepted = fold(r, a.round, false)
		if a.cut { // an attempt that was under way changes nothing any more
			a.acked = oracle.Pending()
			a.acked.Take(events.KindWidgetEndSession)
			a.accepted = a.acked
		}
	}
	a.last = uint64(len(r.Entries))
	for _, e := range r.Entries {
		if e.CallerKey == "" {
			continue
		}
		k := a.keys[e.CallerKey]
		if k == nil {
			k = &keyed{event: byBody[e.Digest], number: e.Number, round: e.Round}
			a.keys[e.CallerKey] = k
		}
		k.digest = e.Digest
	}
}

// fold is the history of a round: the events that were acknowledged, and those that wait unless only the former count.
// One that is not allowed changes nothing.
func fold(r *invariant.Read, round int, acknowledged bool) oracle.History {
	h := oracle.Pending()
	for _, e := range r.Entries {
		waits := e.Outcome.Result == 0 && !acknowledged
		if e.Round == round && e.Outcome.Result == store.Acknowledged {
			h.Take(e.Kind)
		} else if e.Round == round && waits {
			h.Take(e.Kind)
		}
	}
	return h
}

func digest(body []byte) store.Digest { return sha256.Sum256(body) }
