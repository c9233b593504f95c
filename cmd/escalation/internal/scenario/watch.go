package scenario

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// Watch looks on while a platform works, for the runs on it. One Watch serves any number of runs.
type Watch struct {
	mu    sync.Mutex
	trail map[string]*trail // of the conversations that are followed
}

// NewWatch returns a Watch for one platform.
func NewWatch() *Watch { return &Watch{trail: map[string]*trail{}} }

// Hook makes the platform that is made with cfg known to the Watch, beside the observers that are in cfg already.
func (w *Watch) Hook(cfg *fakeapi.Config) {
	cfg.OnRequest = beside(cfg.OnRequest, w.onRequest)
	cfg.OnAnswer = beside(cfg.OnAnswer, w.onAnswer)
	cfg.OnWebhook = beside(cfg.OnWebhook, w.onWebhook)
	cfg.OnLine = beside(cfg.OnLine, w.onLine)
}

func beside[T any](first, second func(T)) func(T) {
	if first == nil {
		return second
	}
	return func(v T) {
		first(v)
		second(v)
	}
}

// A trail is what happened in one conversation since it is followed.
type trail struct {
	pulse *pulse

	mu           sync.Mutex
	requests     int         // that arrived
	newest       int         // arrival number of the newest
	ended        int         // requests whose exchange is over
	told         map[int]int // by arrival number of a request that was answered 200: the newest request at that moment
	lines        []line
	states       map[passage]bool
	webhooks     []fakeapi.WebhookRecord // that ended
	last         time.Time               // something happened
	answered     int                     // arrival number of the newest request whose exchange is over
	failed       bool                    // a request was not answered 2xx
	newestFailed bool                    // the newest of those was not
}

// A line is one that the CRM caused.
type line struct {
	fakeapi.Line
	key string // of its event
}

// A passage is that a round of a conversation came to a state.
type passage struct {
	round int
	state State
}

// leadsTo are the states that events lead to.
var leadsTo = map[string]State{
	"escalationQueueUpdate": "queued", "escalationSuccess": "connected", "escalationFailed": "failed", "agentDisconnect": "ended",
}

// A pulse beats whenever something happened in a conversation of a run.
type pulse struct {
	mu   sync.Mutex
	next chan struct{}
}

func (p *pulse) beat() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.next)
	p.next = make(chan struct{})
}

// beaten returns a channel that is closed at the next beat.
func (p *pulse) beaten() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.next
}

// follow begins the trail of a conversation, which nothing may have happened in.
func (w *Watch) follow(id string, p *pulse) *trail {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := &trail{pulse: p, told: map[int]int{}, states: map[passage]bool{}}
	w.trail[id] = t
	return t
}

// forget ends the trail of a conversation.
func (w *Watch) forget(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.trail, id)
}

// followed returns the conversations that are.
func (w *Watch) followed() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Collect(maps.Keys(w.trail))
}

// note changes the trail of a conversation, if it is followed.
func (w *Watch) note(id string, change func(*trail)) {
	w.mu.Lock()
	t := w.trail[id]
	w.mu.Unlock()
	if t == nil {
		return
	}
	t.mu.Lock()
	change(t)
	t.last = time.Now()
	t.mu.Unlock()
	t.pulse.beat()
}

func (w *Watch) onRequest(r fakeapi.Record) {
	w.note(r.ConversationID, func(t *trail) {
		t.requests++
		t.newest = r.N
	})
}

func (w *Watch) onAnswer(r fakeapi.Record) {
	failed := r.End != fakeapi.Answered || r.Status/100 != 2
	if r.ConversationID == "" { // whose it was cannot be told: it may have been anybody's
		for _, id := range w.followed() {
			w.note(id, func(t *trail) { t.answered, t.newestFailed = r.N, failed })
		}
		return
	}
	w.note(r.ConversationID, func(t *trail) {
		t.ended++
		t.failed = t.failed || failed
		if r.N > t.answered {
			t.answered, t.newestFailed = r.N, failed
		}
		if r.End == fakeapi.Answered && r.Status == 200 {
			t.told[r.N] = t.newest
		}
	})
}

func (w *Watch) onWebhook(r fakeapi.WebhookRecord) {
	w.note(r.ConversationID, func(t *trail) { t.webhooks = append(t.webhooks, r) })
}

func (w *Watch) onLine(s fakeapi.Shown) {
	w.note(s.ConversationID, func(t *trail) {
		if s.Line.By == fakeapi.ByCRM {
			t.lines = append(t.lines, line{s.Line, keyOfLine(s.Line)})
		}
		if s.Violation == nil {
			t.states[passage{s.Line.Round, leadsTo[s.Line.EventType]}] = true
		}
	})
}

func (t *trail) arrived() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.requests
}

// shown returns the lines that the CRM caused. The caller must not change them.
func (t *trail) shown() []line {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clip(t.lines)
}

// A standing is how the requests of a conversation went so far.
type standing struct {
	last                       time.Time // something happened
	open, failed, newestFailed bool      // a request waits for its answer; one was not answered 2xx; the newest was not
}

func (t *trail) standing() standing {
	t.mu.Lock()
	defer t.mu.Unlock()
	return standing{t.last, t.ended < t.requests, t.failed, t.newestFailed}
}

func (t *trail) acknowledged() map[int]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.told)
}

// came reports whether a round has been in a state.
func (t *trail) came(round int, state State) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.states[passage{round, state}]
}

func (t *trail) delivered() []fakeapi.WebhookRecord {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clip(t.webhooks)
}
