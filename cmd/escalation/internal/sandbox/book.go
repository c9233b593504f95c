package sandbox

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox/feed"
	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// The bounds of what is kept in memory for the page. Exchanges are in the log as well, and longer.
const (
	maxTalks = 200
	maxNews  = 2000
	maxRoom  = 16 << 20 // bytes of exchanges
)

// A book is what the page shows: the conversations and the newest exchanges, and in which order they changed.
type book struct {
	log   *wire.Log
	state func(conversation string) fakeapi.State
	judge func() []fakeapi.Finding  // all that the platform has found
	stale func(conversation string) // told what the desk should be asked about; must not block

	mu        sync.Mutex
	feed      *feed.Feed
	talks     map[string]*talk
	names     []string // of the talks, in order of first appearance
	last      int64    // number of the newest exchange
	exchanges map[int64]*exchange
	requests  map[int]int64 // numbers of the log by those of the platform's records
	webhooks  map[int]int64
	copies    map[int]int // attempts of a webhook by the number of its first
	faults    faultsView
	script    *scriptView // nil: there is none
}

func newBook(log *wire.Log, first int64) *book {
	b := &book{
		log: log, last: log.Found().Last, talks: map[string]*talk{}, exchanges: map[int64]*exchange{},
		requests: map[int]int64{}, webhooks: map[int]int64{}, copies: map[int]int{},
		state: func(string) fakeapi.State { return fakeapi.State{} }, stale: func(string) {},
		judge: func() []fakeapi.Finding { return nil },
	}
	b.feed = feed.New(&b.mu, first, maxNews, maxRoom)
	return b
}

// talk returns the conversation, and makes it if it is not there. The caller holds mu.
func (b *book) talk(id string) *talk {
	t := b.talks[id]
	if t == nil {
		t = &talk{ID: id}
		b.talks[id] = t
		b.names = append(b.names, id)
		b.tidy()
	}
	return t
}

// tidy forgets a conversation if there are too many: the oldest that is over, else the oldest. The caller holds mu.
func (b *book) tidy() {
	if len(b.names) <= maxTalks {
		return
	}
	i := max(0, slices.IndexFunc(b.names[:len(b.names)-1], func(id string) bool { return !b.talks[id].State.Live() }))
	id := b.names[i]
	b.names = slices.Delete(b.names, i, i+1)
	delete(b.talks, id)
	b.feed.Drop(talkKey(id))
}

func talkKey(id string) string { return "talk " + id }

// changed gives the conversation its next version. The caller holds mu.
func (b *book) changed(t *talk) {
	t.Seq = b.feed.Publish(feed.Change{Key: talkKey(t.ID), Event: "conversation", Value: func() any { return t.snapshot() }})
}

// open makes the conversation known.
func (b *book) open(id string) {
	b.mu.Lock()
	b.changed(b.talk(id))
	b.mu.Unlock()
	b.stale(id)
}

// recall makes conversations of an earlier run known, of which the platform knows nothing.
func (b *book) recall(ids []string) {
	b.mu.Lock()
	for _, id := range ids {
		t := b.talk(id)
		t.Earlier = true
		b.changed(t)
	}
	b.mu.Unlock()
	for _, id := range ids {
		b.stale(id)
	}
}

// knows reports whether there is such a conversation.
func (b *book) knows(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.talks[id] != nil
}

// show adds a line of a widget.
func (b *book) show(s fakeapi.Shown) {
	st := b.state(s.ConversationID)
	var found []fakeapi.Finding
	if s.Violation != nil {
		found = b.findings(s.Violation.N)
	}
	b.mu.Lock()
	t := b.talk(s.ConversationID)
	t.show(s, time.Now().UTC())
	t.catchUp(st)
	b.blame(t, found)
	b.changed(t)
	b.mu.Unlock()
	b.stale(s.ConversationID)
}

// findings returns what the platform has found about the order of one request.
func (b *book) findings(request int) (found []fakeapi.Finding) {
	for _, f := range b.judge() {
		if f.N == request && (f.Rule == fakeapi.RuleSequence || f.Rule == fakeapi.RuleDuplicate) {
			found = append(found, f)
		}
	}
	return found
}

// look learns what the visitor did in a conversation.
func (b *book) look(id string) {
	st := b.state(id)
	b.mu.Lock()
	if t := b.talk(id); t.catchUp(st) || t.Seq == 0 {
		b.changed(t)
	}
	b.mu.Unlock()
	b.stale(id)
}

// seen takes what the desk said of a conversation, or why it said nothing. It reports whether the CRM is not where the widget
// is.
func (b *book) seen(id string, view *desk.View, problem string) (differs bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.talks[id]
	if t == nil {
		return false
	}
	if t.DeskErr != problem || !sameView(t.Desk, view) {
		t.Desk, t.DeskErr = view, problem
		b.changed(t)
	}
	return view != nil && view.State != t.State && !t.Earlier
}

func sameView(a, b *desk.View) bool {
	if a == nil || b == nil {
		return a == b
	}
	return fmt.Sprint(*a) == fmt.Sprint(*b)
}

// newest returns the newest version.
func (b *book) newest() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.feed.Newest()
}

// overview returns all conversations, the faults and the script, as of one version.
func (b *book) overview() (seq int64, talks []talk, faults faultsView, script *scriptView) {
	b.mu.Lock()
	defer b.mu.Unlock()
	talks = []talk{}
	for _, id := range b.names {
		talks = append(talks, b.talks[id].snapshot())
	}
	return b.feed.Newest(), talks, b.faults, b.script
}

func (b *book) setFaults(v faultsView) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = v
	b.faults.Seq = b.feed.Publish(feed.Change{Key: "faults", Event: "faults", Value: func() any { return b.faults }})
}

// setScript replaces what is known of the script.
func (b *book) setScript(v scriptView) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v.Seq = b.feed.Publish(feed.Change{Key: "script", Event: "script", Value: func() any { return *b.script }})
	b.script = &v
}
