package escalation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport"
)

// rig is a client in a bubble, over a store whose calls can fail and a line whose answers are scripted. When the test
// ends it checks what holds whatever happened.
type rig struct {
	*testing.T
	mem    *memstore.Store
	faults *failing
	line   *line
	client *escalation.Client
	start  time.Time
}

// inBubble runs f with a rig.
func inBubble(t *testing.T, cfg *escalation.Config, f func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		mem := memstore.New(nil)
		r := &rig{T: t, mem: mem, start: time.Now()}
		r.line = &line{t: t, mem: mem, start: r.start, script: map[string][]transport.Result{}, busy: map[store.Key]bool{}}
		t.Cleanup(r.check)
		r.faults, r.client = r.process(cfg)
		f(r)
	})
}

// process is one more client over the same store and line, as another process would have one.
func (r *rig) process(cfg *escalation.Config) (*failing, *escalation.Client) {
	r.Helper()
	var config escalation.Config
	if cfg != nil {
		config = *cfg
	}
	config.Bot = bot
	if config.Logger == nil {
		config.Logger = quiet
	}
	f := &failing{Store: r.mem}
	client, err := escalation.New(f, r.line, &config)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_ = client.Close(ctx)
	})
	return f, client
}

// check looks at every conversation that was written to: numbers without gap (G2), nothing lost (G8).
func (r *rig) check() {
	for _, key := range r.line.keys() {
		entries, err := r.mem.History(context.Background(), key, 0, store.NoLimit)
		if err != nil {
			r.Fatal(err)
		}
		s, err := r.mem.Load(context.Background(), key, store.Query{})
		if err != nil {
			r.Fatal(err)
		}
		open := 0
		for i, e := range entries {
			if e.Number != uint64(i+1) {
				r.Errorf("%s: entry %d has number %d", key.Conversation, i+1, e.Number)
			}
			if e.Outcome.Result == 0 {
				open++
			}
		}
		if lane := s.Conversation.Lane; open != len(lane.Pending) || lane.Last != uint64(len(entries)) {
			r.Errorf("%s: %d entries, %d without result; the lane has last %d and %d pending",
				key.Conversation, len(entries), open, lane.Last, len(lane.Pending))
		}
	}
}

func (r *rig) conv(id string) *escalation.Conversation { return r.client.Conversation(id) }

// open opens a conversation, and connects an agent if asked to; both is over when it returns.
func (r *rig) open(id string, connect bool) *escalation.Conversation {
	r.Helper()
	v := r.conv(id)
	if err := v.Open(r.Context()); err != nil {
		r.Fatal(err)
	}
	if connect {
		if _, err := v.Send(r.Context(), events.EscalationSuccess{Agent: "Ann"}); err != nil {
			r.Fatal(err)
		}
	}
	return v
}

// accept accepts events that have to be, and returns the number of the last one.
func (r *rig) accept(v *escalation.Conversation, all ...events.Outbound) uint64 {
	r.Helper()
	var number uint64
	for _, e := range all {
		receipt, err := v.Accept(r.Context(), e)
		if err != nil {
			r.Fatalf("%v: %v", e.Kind(), err)
		}
		number = receipt.Number
	}
	return number
}

// status is Conversation.Status where it has to succeed.
func (r *rig) status(v *escalation.Conversation) escalation.Status {
	r.Helper()
	s, err := v.Status(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	return s
}

// parkedAt fails the test unless the conversation is parked so.
func (r *rig) parkedAt(v *escalation.Conversation, want store.Park) {
	r.Helper()
	if diff := cmp.Diff(want, r.status(v).Park); diff != "" {
		r.Fatalf("parked otherwise (-want +got):\n%s", diff)
	}
}

// results are what became of a conversation's events: "1 acknowledged", or "2 none" as long as nothing did.
func (r *rig) results(id string) []string {
	r.Helper()
	entries, err := r.mem.History(context.Background(), store.Key{Bot: bot, Conversation: id}, 0, store.NoLimit)
	if err != nil {
		r.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, fmt.Sprintf("%d %v", e.Number, e.Outcome.Result))
	}
	return all
}

func (r *rig) equal(what string, want, got any) {
	r.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		r.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// sent is one attempt: when since the start of the test, in which conversation, and the text or the kind.
type sent struct {
	At   time.Duration
	Conv string
	What string
}

// line is a transport under the test's control, which acknowledges unless told otherwise. It checks with every attempt
// that no other one of the conversation is under way (G4) and that the store knows of it (G9).
type line struct {
	t     *testing.T
	mem   *memstore.Store
	start time.Time

	mu     sync.Mutex
	log    []sent
	seen   []store.Key
	script map[string][]transport.Result // by conversation: the next answers
	answer func(transport.Request) (transport.Result, bool)
	during func(ctx context.Context, s sent) // while the attempt is under way
	busy   map[store.Key]bool
}

func (n *line) Send(ctx context.Context, req transport.Request) transport.Result {
	key := store.Key{Bot: req.BotID, Conversation: req.ConversationID}
	s, err := n.mem.Load(context.Background(), key, store.Query{})
	if lane := s.Conversation.Lane; err != nil || !lane.Attempting() || string(s.Bodies[0]) != string(req.Body) {
		n.t.Errorf("%s: an attempt that the store knows nothing of (%v): %s", req.ConversationID, err, req.Body)
	}
	n.mu.Lock()
	if n.busy[key] {
		n.t.Errorf("%s: two attempts at once", req.ConversationID)
	}
	n.busy[key] = true
	if !slices.Contains(n.seen, key) {
		n.seen = append(n.seen, key)
	}
	this := sent{time.Since(n.start), req.ConversationID, label(req.Body)}
	n.log = append(n.log, this)
	result, during := acknowledged, n.during
	if answers := n.script[req.ConversationID]; len(answers) > 0 {
		result, n.script[req.ConversationID] = answers[0], answers[1:]
	}
	if n.answer != nil {
		if r, ok := n.answer(req); ok {
			result = r
		}
	}
	n.mu.Unlock()
	if during != nil {
		during(ctx, this)
	}
	if err := ctx.Err(); err != nil && during != nil {
		result = transport.Result{Class: transport.Unknown, Err: err} // it was cut off
	}
	n.mu.Lock()
	delete(n.busy, key)
	n.mu.Unlock()
	return result
}

// label is the text of a message, the position of a queue update, the kind of anything else.
func label(body []byte) string {
	var b struct{ EventType, Text, QueuePosition string }
	if err := json.Unmarshal(body, &b); err != nil {
		return err.Error()
	}
	if b.EventType == "message" {
		return b.Text
	}
	return strings.TrimSpace(b.EventType + " " + b.QueuePosition)
}

// next scripts the answers to the next attempts in a conversation.
func (n *line) next(conversation string, answers ...transport.Result) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.script[conversation] = append(n.script[conversation], answers...)
}

// answers has every attempt answered so that f wants to answer.
func (n *line) answers(f func(transport.Request) (transport.Result, bool)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answer = f
}

// meanwhile calls f during every attempt.
func (n *line) meanwhile(f func(ctx context.Context, s sent)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.during = f
}

func (n *line) keys() []store.Key {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.seen)
}

// attempts are those of a conversation, or of all if it is empty.
func (n *line) attempts(conversation string) []sent {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []sent
	for _, s := range n.log {
		if conversation == "" || s.Conv == conversation {
			all = append(all, s)
		}
	}
	return all
}

// texts are the labels of a conversation's attempts.
func (n *line) texts(conversation string) []string {
	var all []string
	for _, s := range n.attempts(conversation) {
		all = append(all, s.What)
	}
	return all
}

// times are the instants of the attempts with a label.
func (n *line) times(conversation, what string) []time.Duration {
	var all []time.Duration
	for _, s := range n.attempts(conversation) {
		if s.What == what {
			all = append(all, s.At)
		}
	}
	return all
}

// The answers that a line can give beside acknowledged.
var (
	answerUnknown  = transport.Result{Class: transport.Unknown, Err: errNetwork}
	answerNotSent  = transport.Result{Class: transport.NotSent, Err: errNetwork}
	answerBadKey   = transport.Result{Class: transport.RefusedScope, Status: 401, Err: errNetwork}
	answerRejected = transport.Result{Class: transport.Rejected, Status: 400, Err: errNetwork}
)

// answerLater is a 429 that names a time.
func answerLater(after time.Duration) transport.Result {
	return transport.Result{Class: transport.RefusedLater, Status: 429, RetryAfter: after, Err: errNetwork}
}

func text(format string, args ...any) events.Message {
	return events.Message{Text: fmt.Sprintf(format, args...)}
}

// seconds makes durations of numbers.
func seconds(all ...float64) []time.Duration {
	var out []time.Duration
	for _, s := range all {
		out = append(out, time.Duration(s*float64(time.Second)))
	}
	return out
}
