package scenario

import (
	"maps"
	"sync"
	"time"
)

// talk is one conversation of a run.
type talk struct {
	name, id string
	copy     int
	trail    *trail

	mu      sync.Mutex
	round   int
	left    map[int]time.Time // by round that the visitor ended: what the CRM took until then should have been sent
	agent   string            // who joined in this round
	asked   []asked           // what the agent did and the CRM took, or may have taken, in order
	taken   int               // of which it said so
	acted   map[string]int
	hooks   []*WebhookFault // dealt to the next webhooks
	due     int             // webhooks, copies included, that have to be sent in the end
	reasons []Reason
	notes   []Reason
	stopped bool // its steps ended early
	excused bool // for a reason that excuses whatever is missing
	astray  bool // the CRM took what is not allowed, and may now be wrong about the state
	follows bool // it refused something afterwards
}

// asked is an event that the CRM took from its agent.
type asked struct {
	fields map[string]string
	key    string // of the fields
	text   string // as the visitor is to read it
	round  int
	at     time.Time // when it was taken
}

// blame adds a reason to fail.
func (t *talk) blame(reason Reason) {
	t.mu.Lock()
	defer t.mu.Unlock()
	reason.Conversation = t.id
	t.reasons = append(t.reasons, reason)
}

func (t *talk) note(reason Reason) {
	t.mu.Lock()
	defer t.mu.Unlock()
	reason.Conversation = t.id
	t.notes = append(t.notes, reason)
}

// misled says that the CRM took what is not allowed.
func (t *talk) misled() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.astray = true
}

// refused blames the CRM for a refusal, which may follow from what it took before.
func (t *talk) refused(reason Reason) {
	t.blame(reason)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.follows = t.astray
}

// halt ends the steps for a reason that was blamed.
func (t *talk) halt(excuses bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = true
	t.excused = t.excused || excuses
	return errStopped
}

// beginRound says that the visitor was escalated.
func (t *talk) beginRound() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.round++
	t.agent = ""
}

// leave says that the visitor leaves. What the CRM took until owed should have been sent.
func (t *talk) leave(owed time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.left == nil {
		t.left = map[int]time.Time{}
	}
	t.left[t.round] = owed
}

// gone reports whether the visitor has left the present round.
func (t *talk) gone() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, left := t.left[t.round]
	return left
}

// everLeft reports whether the visitor has left any round.
func (t *talk) everLeft() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.left) > 0
}

// took notes an event that the CRM took, for sure or perhaps.
func (t *talk) took(fields map[string]string, sure bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if sure {
		t.taken++
	}
	if fields["eventType"] == "escalationSuccess" {
		t.agent = fields["agent"]
	}
	t.asked = append(t.asked, asked{maps.Clone(fields), keyOf(fields), lineText(fields, t.agent), t.round, time.Now()})
}

// lastAsked returns when the CRM took something from its agent last.
func (t *talk) lastAsked() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.asked) == 0 {
		return time.Time{}
	}
	return t.asked[len(t.asked)-1].at
}

// nextAct counts the events of a kind that the agent was to do, and returns how many there were.
func (t *talk) nextAct(eventType string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.acted == nil {
		t.acted = map[string]int{}
	}
	t.acted[eventType]++
	return t.acted[eventType]
}

// deal notes faults for the next webhooks.
func (t *talk) deal(f *WebhookFault, times int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for range times {
		t.hooks = append(t.hooks, f)
	}
}

// posted notes that a webhook is due, and returns how many are and whether this one is sent only after the next.
func (t *talk) posted() (due int, overtaken bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.due++
	if len(t.hooks) > 0 {
		f := t.hooks[0]
		t.hooks = t.hooks[1:]
		t.due += f.Copies
		overtaken = f.AfterNext && f.Delay == 0
	}
	return t.due, overtaken
}

// postedAgain notes that a webhook comes once more, and returns how many are due. It meets no fault.
func (t *talk) postedAgain() (due int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.due++
	return t.due
}

// lineText is what the visitor reads of an event. A test holds it against the platform's own lines.
func lineText(fields map[string]string, agent string) string {
	switch fields["eventType"] {
	case "escalationQueueUpdate":
		text := "You are in the queue"
		if position := fields["queuePosition"]; position != "" {
			text = "You are number " + position + " in the queue"
		}
		switch waiting := fields["waitingTime"]; waiting {
		case "":
		case "1":
			text += ", about 1 minute"
		default:
			text += ", about " + waiting + " minutes"
		}
		return text
	case "escalationSuccess":
		if agent == "" {
			agent = "An agent"
		}
		return agent + " joined"
	case "message":
		if agent == "" {
			agent = "Agent"
		}
		return agent + ": " + fields["text"]
	case "escalationFailed":
		return "No agent could be connected"
	}
	return "The agent left"
}
