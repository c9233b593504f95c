package escalation

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/transport"
)

// Client guards the conversations of any number of bots. It is safe for concurrent use.
type Client struct {
	transport transport.Transport
	config    Config // with defaults filled in
	lanes     *lanes
	workers   workers

	// closing ends when Close is called, cutOff when it gives up waiting for attempts.
	closing, cutOff        context.Context
	beginClosing, doCutOff context.CancelFunc

	mu       sync.Mutex    // keeps an attempt from beginning while closing ends
	underway int           // attempts
	idle     chan struct{} // closed when closing has ended and no attempt is under way any more
	unknown  atomic.Int64  // attempts that ended so after being cut off
	unheard  sync.Once     // see warnUnheard
}

// New returns a client that sends through t. A nil cfg means all defaults. All problems of cfg are
// reported together; cfg is copied.
func New(t transport.Transport, cfg *Config) (*Client, error) {
	config, err := cfg.withDefaults()
	if t == nil {
		err = errors.Join(errors.New("escalation: New needs a transport"), err)
	}
	if err != nil {
		return nil, err
	}
	c := &Client{transport: t, config: config, lanes: newLanes(config.KeepFinished), idle: make(chan struct{})}
	c.closing, c.beginClosing = context.WithCancel(context.Background())
	c.cutOff, c.doCutOff = context.WithCancel(context.Background())
	c.workers.jobs, c.workers.quit = make(chan func()), c.closing.Done()
	return c, nil
}

// Bot returns a handle for one of several bots.
func (c *Client) Bot(id string) Bot { return Bot{c, id} }

// Conversation returns a handle for a conversation of the bot that Config.Bot names. It does no IO and
// remembers nothing.
func (c *Client) Conversation(id string) *Conversation {
	return c.Bot(c.config.Bot).Conversation(id)
}

// Bot is a handle for the conversations of one bot.
type Bot struct {
	client *Client
	id     string
}

// Conversation returns a handle for a conversation of the bot. It does no IO and remembers nothing.
func (b Bot) Conversation(id string) *Conversation {
	return &Conversation{client: b.client, key: key{b.id, id}}
}

// Close stops the client: calls that wait for their turn and all later ones get ErrClosed, no new attempt
// begins, and those under way are waited for. If ctx ends first they are cut off and their outcomes recorded,
// and Close returns a *CloseError. After Close no goroutine of the client is left, provided that the
// transport keeps clause T7. Repeating it is harmless.
func (c *Client) Close(ctx context.Context) error {
	c.mu.Lock()
	if first := c.closing.Err() == nil; first && c.underway == 0 {
		close(c.idle)
	}
	c.beginClosing()
	c.mu.Unlock()

	defer c.workers.all.Wait() // no attempt is under way on any return: they are about to leave
	defer c.doCutOff()
	select {
	case <-c.idle: // whatever became of ctx
		return nil
	default:
	}
	select {
	case <-c.idle:
		return nil
	case <-ctx.Done():
	}
	c.doCutOff()
	<-c.idle
	return &CloseError{Unknown: int(c.unknown.Load()), Err: ctx.Err()}
}

// beginAttempt registers an attempt for Close to wait for.
func (c *Client) beginAttempt() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing.Err() != nil {
		return ErrClosed
	}
	c.underway++
	return nil
}

// endAttempt takes back what beginAttempt registered.
func (c *Client) endAttempt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.underway--
	if c.underway == 0 && c.closing.Err() != nil {
		close(c.idle)
	}
}

// checkID refuses a conversation id that no event could carry.
func checkID(id string) error {
	return events.Request{ConversationID: id, Event: events.AgentDisconnect{}}.Validate()
}
