package scenario

import (
	"fmt"
	"time"
)

// Scenario is a file. docs/scenario-files.md says what the fields mean.
type Scenario struct {
	Name    string              `json:"name"`    // lower-case words joined by "-"
	About   string              `json:"about"`   // one sentence
	Seed    uint64              `json:"seed"`    // of the chaos
	Copies  int                 `json:"copies"`  // conversations side by side; default 1
	Chaos   *Chaos              `json:"chaos"`   // faults by chance, from the first step to the last
	Steps   []Step              `json:"steps"`   // in order
	Widget  []string            `json:"widget"`  // what the visitor must have seen of the CRM
	Widgets map[string][]string `json:"widgets"` // the same of other conversations than "1"
}

// Step is one step. It has exactly one of Visitor, Agent, Fault, Webhook, Redeliver, Key, Wait and Together.
type Step struct {
	Note         string `json:"note"`
	Conversation string `json:"conversation"`

	Visitor Move   `json:"visitor"`
	To      string `json:"to"`   // with escalate
	Text    string `json:"text"` // with write

	Agent   *Act `json:"agent"`
	Refused bool `json:"refused"` // the CRM must not send it

	Fault   *Fault        `json:"fault"`
	All     bool          `json:"all"` // of any conversation
	Webhook *WebhookFault `json:"webhook"`

	Redeliver Sent `json:"redeliver"` // the newest webhook of this type comes once more

	Key      string `json:"key"`
	Wait     *Wait  `json:"wait"`
	Together []Step `json:"together"`

	Times int `json:"times"`
}

// Move is what a visitor does.
type Move string

// The moves.
const (
	Escalate Move = "escalate"
	Write    Move = "write"
	Leave    Move = "leave"
)

// Sent is the type of a webhook that was sent.
type Sent string

// webhookOf is what a move sends.
var webhookOf = map[Move]Sent{Escalate: "widgetEscalate", Write: "widgetMessage", Leave: "widgetEndSession"}

// Act is what an agent does: an outbound event without its conversation. A field that is nil is left out.
type Act struct {
	EventType     *string `json:"eventType"`
	Text          *string `json:"text"`
	Agent         *string `json:"agent"`
	AgentAvatar   *string `json:"agentAvatar"`
	QueuePosition *string `json:"queuePosition"`
	WaitingTime   *string `json:"waitingTime"`
}

// Fields returns the fields that are there by their names on the wire.
func (a *Act) Fields() map[string]string {
	fields := map[string]string{}
	for name, value := range map[string]*string{
		"eventType": a.EventType, "text": a.Text, "agent": a.Agent, "agentAvatar": a.AgentAvatar,
		"queuePosition": a.QueuePosition, "waitingTime": a.WaitingTime,
	} {
		if value != nil {
			fields[name] = *value
		}
	}
	return fields
}

// Fault is what goes wrong with a request of the CRM.
type Fault struct {
	Status     int      `json:"status"`
	RetryAfter string   `json:"retryAfter"`
	Process    *bool    `json:"process"`
	Cut        Cut      `json:"cut"`
	Delay      Duration `json:"delay"`
	Late       Duration `json:"late"`
	AfterNext  bool     `json:"afterNext"`
}

// Cut says when a connection is cut.
type Cut string

// The cuts.
const (
	CutBeforeBody Cut = "before-body"
	CutAfterBody  Cut = "after-body"
	CutInAnswer   Cut = "in-answer"
)

// WebhookFault is what goes wrong with a webhook on its way to the CRM.
type WebhookFault struct {
	Drop      bool     `json:"drop"`
	Delay     Duration `json:"delay"`
	Copies    int      `json:"copies"`
	AfterNext bool     `json:"afterNext"`
}

// Wait is what is waited for: everything that is set.
type Wait struct {
	Lines    int      `json:"lines"`
	Text     string   `json:"text"`
	State    State    `json:"state"`
	Requests int      `json:"requests"`
	Pause    Duration `json:"pause"`
	Within   Duration `json:"within"`
}

// State is where the platform takes a conversation to be, in the words of the specification.
type State string

// The states.
var states = []string{"none", "pending", "queued", "connected", "failed", "ended"}

// Chaos is [fakeapi.Chaos] in a file: chances from 0 to 1, all zero by default.
type Chaos struct {
	Unauthorized         float64  `json:"unauthorized"`
	TooMany              float64  `json:"tooMany"`
	Unavailable          float64  `json:"unavailable"`
	ServerError          float64  `json:"serverError"`
	ErrorAfterProcessing float64  `json:"errorAfterProcessing"`
	CutBefore            float64  `json:"cutBefore"`
	CutInAnswer          float64  `json:"cutInAnswer"`
	CutAfter             float64  `json:"cutAfter"`
	Late                 float64  `json:"late"`
	Slow                 float64  `json:"slow"`
	RetryAfter           float64  `json:"retryAfter"`
	DropWebhook          float64  `json:"dropWebhook"`
	DelayWebhook         float64  `json:"delayWebhook"`
	DoubleWebhook        float64  `json:"doubleWebhook"`
	ReorderWebhook       float64  `json:"reorderWebhook"`
	MaxDelay             Duration `json:"maxDelay"`
}

// Duration is a length of time, written as in "1.5s".
type Duration time.Duration

// MarshalText writes the length of time as UnmarshalText reads it.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads a length of time that is longer than none.
func (d *Duration) UnmarshalText(text []byte) error {
	length, err := time.ParseDuration(string(text))
	if err != nil || length <= 0 {
		return fmt.Errorf("a length of time such as \"1.5s\" is wanted, and not %.40q", text)
	}
	*d = Duration(length)
	return nil
}
