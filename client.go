package escalation

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/internal/delivery"
	"github.com/escalationkit/escalation/store"
	"github.com/escalationkit/escalation/transport"
)

// Client guards the conversations of any number of bots and delivers their events. It is safe for concurrent use.
type Client struct {
	store     store.Store
	transport transport.Transport
	config    Config // with defaults filled in
	machine   *delivery.Machine
	lanes     lanes
	gates     gates
	clock     clock
	workers   workers

	// closing ends when Close is called, cutOff when it gives up waiting for attempts.
	closing, cutOff        context.Context
	beginClosing, doCutOff context.CancelFunc

	mu       sync.Mutex
	busy     int           // ops of callers, attempts, messages on offer: what Close waits for
	attempts int           // of these
	offers   int           // of these
	short    bool          // an attempt had to wait because there were too many
	backlog  bool          // some of those that had to wait may not have been claimed yet
	idle     chan struct{} // closed when closing has ended and nothing is busy any more
	unknown  atomic.Int64  // attempts that were cut off and whose outcome is unknown
	unstored atomic.Int64  // attempts whose outcome could not be stored
	unheard  sync.Once     // see warnUnheard

	storeDown atomic.Bool // the log says so
}

// New returns a client that keeps its conversations in s and sends through t. A nil cfg means all defaults. All
// problems of cfg are reported together; cfg is copied. Neither s nor t is closed by the client.
func New(s store.Store, t transport.Transport, cfg *Config) (*Client, error) {
	config, err := cfg.withDefaults()
	if t == nil {
		err = errors.Join(errors.New("escalation: New needs a transport"), err)
	}
	if s == nil {
		err = errors.Join(errors.New("escalation: New needs a store"), err)
	}
	if err != nil {
		return nil, err
	}
	machine, err := delivery.New(config.Rules.Table(), delivery.DefaultPolicy(config.delivery()))
	if err != nil {
		return nil, err
	}
	gates, err := delivery.NewGates(delivery.DefaultGates())
	if err != nil {
		return nil, err
	}
	c := &Client{store: s, transport: t, config: config, machine: machine, idle: make(chan struct{})}
	c.gates.gates, c.gates.probes, c.gates.bots = gates, map[string]probe{}, map[string]bool{}
	c.lanes.byKey = map[store.Key]*lane{}
	c.clock.poke, c.clock.retries = make(chan struct{}, 1), map[store.Key]bool{}
	c.clock.plan(store.Never)
	c.closing, c.beginClosing = context.WithCancel(context.Background())
	c.cutOff, c.doCutOff = context.WithCancel(context.Background())
	c.workers.jobs, c.workers.quit = make(chan func()), c.closing.Done()
	return c, nil
}

// Start takes up what an earlier process left: events that wait, attempts that it began and did not record the
// outcome of, which count as unknown, and webhooks that the host has not taken. The first call that changes a conversation
// does so as well; Start is for a process that should not wait for one. Its error is the store's. Repeating it is
// harmless.
func (c *Client) Start(ctx context.Context) error {
	if err := c.enter(); err != nil {
		return err
	}
	defer c.leave()
	if _, err := c.takeUp(ctx); err != nil {
		return &StoreError{Err: err}
	}
	c.begin()
	return nil
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
	return &Conversation{client: b.client, key: store.Key{Bot: b.id, Conversation: id}}
}

// Close stops the client: all later calls get ErrClosed, no new attempt begins, and those under way are waited
// for; what is still to be sent stays in the store, and those who wait for it get a *SendError with ErrClosed. If ctx ends
// first the attempts are cut off and their outcomes recorded, and Close returns a *CloseError. After Close no goroutine
// of the client is left, provided that the transport keeps clause T7, Config.OnInbound returns when its context
// ends, and the store answers. The store may be closed then. Repeating it is harmless.
func (c *Client) Close(ctx context.Context) error {
	c.mu.Lock()
	if first := c.closing.Err() == nil; first && c.busy == 0 {
		close(c.idle)
	}
	c.beginClosing()
	c.mu.Unlock()

	defer c.workers.all.Wait() // nothing is under way on any return: they are about to leave
	defer c.doCutOff()
	select {
	case <-c.idle: // whatever became of ctx
		return c.closed(nil)
	default:
	}
	select {
	case <-c.idle:
		return c.closed(nil)
	case <-ctx.Done():
	}
	c.mu.Lock()
	cut := c.attempts+c.offers > 0 // whatever else is busy has no need of it
	c.mu.Unlock()
	c.doCutOff()
	<-c.idle
	if !cut {
		return c.closed(nil)
	}
	return c.closed(ctx.Err())
}

// closed is what Close reports when nothing is under way any more.
func (c *Client) closed(cause error) error {
	unstored := int(c.unstored.Load())
	if cause == nil && unstored == 0 {
		return nil
	}
	return &CloseError{Unknown: int(c.unknown.Load()) + unstored, Err: cause}
}

// enter registers something for Close to wait for.
func (c *Client) enter() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing.Err() != nil {
		return ErrClosed
	}
	c.busy++
	return nil
}

// leave takes back what enter registered.
func (c *Client) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy--
	if c.busy == 0 && c.closing.Err() != nil {
		close(c.idle)
	}
}

// offering registers that a message is on offer to the host, or that it is no longer.
func (c *Client) offering(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offers += n
}

// beginAttempt registers an attempt, if one more may begin. While conversations wait that found no room, only those may that
// were claimed: others would always be sooner at the room that becomes free, and those never have their turn.
func (c *Client) beginAttempt(claimed bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing.Err() != nil {
		return false
	}
	if c.attempts >= c.config.MaxAttempts || c.backlog && !claimed {
		c.short, c.backlog = true, true
		return false
	}
	c.busy++
	c.attempts++
	return true
}

// allClaimed: no conversation waits any more for want of room.
func (c *Client) allClaimed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.backlog = false
}

// endAttempt takes back what beginAttempt registered.
func (c *Client) endAttempt() {
	c.hasRoom(1)
	c.leave()
}

// hasRoom wakes the clock if something had to wait for the room of an attempt, or of a claim. ended is how many attempts
// there are less.
func (c *Client) hasRoom(ended int) {
	c.mu.Lock()
	c.attempts -= ended
	short := c.short
	c.short = false
	c.mu.Unlock()
	if short {
		c.Wake()
	}
}

// now is the time, as precise as it is stored.
func (c *Client) now() time.Time { return c.config.Now().UTC().Truncate(time.Microsecond) }

// checkID refuses a conversation id that no event could carry.
func checkID(id string) error {
	return events.Request{ConversationID: id, Event: events.AgentDisconnect{}}.Validate()
}
