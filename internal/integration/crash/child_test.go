package crash_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"time"

	_ "modernc.org/sqlite"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/store/sqlitestore"
	"github.com/escalationkit/escalation/transport"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// childVariable makes this binary the child; its value is the orders.
const childVariable = "ESCALATION_CRASH_CHILD"

// mode is what the child does once it has started.
type mode string

const (
	work   mode = "work"   // seeded traffic
	drain  mode = "drain"  // what is left, and then end
	script mode = "script" // the same calls each time, and then end
)

// orders are what the parent tells the child.
type orders struct {
	Mode          mode
	Path          string // of the database
	URL           string // of the platform
	Seed          uint64
	Generation    int // counts the children on one database
	Conversations int
	Settle        time.Duration
	Again         []again       // calls whose answers were lost, or are to be asked for once more
	Careless      bool          // the connection that writes does not sync commits; see careless_test.go
	Clumsy        bool          // the host fails to take some inbound events
	For           time.Duration // how long there is traffic; 0: without an end
	Pace          time.Duration // between two things that one caller does; 0: none
}

// again is a call that is made once more.
type again struct {
	Conv string
	Body []byte
	Key  string
	Rnd  int // of ForRound; 0: none
	Hook bool
}

// command is the child, ready to be started.
func command(ctx context.Context, o orders) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+marshal(o), "GOMAXPROCS=2", "GOTRACEBACK=all")
	return cmd
}

// subject is the client under test in the child.
type subject struct {
	orders
	*speaker
	client *escalation.Client
	logger *slog.Logger
	ctx    context.Context

	mu     sync.Mutex
	rng    *rand.Rand     // of the host
	rounds map[string]int // the last that was noted as opened
}

// child runs the client to the end of its orders, or of itself.
func child(o orders) int {
	s := &subject{orders: o, speaker: &speaker{out: os.Stdout}, ctx: context.Background(), rounds: map[string]int{}}
	s.rng = rand.New(rand.NewPCG(o.Seed, uint64(o.Generation)))
	s.logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if err := s.run(); err != nil {
		s.logger.Error("the child fails", "error", err.Error())
		return 1
	}
	return 0
}

func (s *subject) run() error {
	driver := "sqlite"
	if s.Careless {
		driver = careless
	}
	db, err := sql.Open(driver, sqlitestore.ModerncDSN(s.Path))
	if err != nil {
		return err
	}
	defer db.Close()
	kept, err := sqlitestore.Open(s.ctx, db, nil)
	if err != nil {
		return err
	}
	defer kept.Close()
	creds, err := httptransport.Static(bot, secret)
	if err != nil {
		return err
	}
	tr, err := httptransport.New(creds, &httptransport.Config{BaseURL: s.URL, Logger: s.logger, AttemptTimeout: attemptTimeout})
	if err != nil {
		return err
	}
	defer tr.Close()
	s.client, err = escalation.New(kept, announcer{tr, s.speaker}, &escalation.Config{
		Bot: bot, Settle: s.Settle, Logger: s.logger, OnInbound: s.host, Observers: []escalation.Observer{s.observe},
	})
	if err != nil {
		return err
	}
	if err := s.client.Start(s.ctx); err != nil {
		s.logger.Warn("Start", "error", err.Error())
		if s.Mode != script { // where the disk is made to fail, what follows is to be seen
			return err
		}
	}
	s.say(line{What: started})
	err = s.do()
	if closing := s.close(); err == nil {
		err = closing
	}
	return err
}

// attemptTimeout is longer than the platform holds any attempt: where a busy machine makes the child give up before the
// request was read, nothing keeps the order.
const attemptTimeout = 10 * time.Second

func (s *subject) do() error {
	switch s.Mode {
	case work:
		return s.traffic()
	case drain:
		return s.drain()
	case script:
		return s.script()
	}
	return fmt.Errorf("unknown mode %q", s.Mode)
}

// closeWithin is how long Close may take, and a little more than an attempt that is under way.
const closeWithin = 5 * time.Second

func (s *subject) close() error {
	ctx, cancel := context.WithTimeout(s.ctx, closeWithin)
	defer cancel()
	began := time.Now()
	err := s.client.Close(ctx)
	if err != nil {
		s.logger.Warn("Close", "error", err.Error())
	}
	if took := time.Since(began); took > 2*closeWithin {
		return fmt.Errorf("Close took %v", took)
	}
	s.say(line{What: closed})
	return nil
}

// announcer says of every attempt that it is about to be made.
type announcer struct {
	transport.Transport
	*speaker
}

func (a announcer) Send(ctx context.Context, r transport.Request) transport.Result {
	a.say(line{What: sending, Conv: r.ConversationID, Kind: r.Kind, Body: r.Body})
	return a.Transport.Send(ctx, r)
}

// host takes inbound events.
func (s *subject) host(_ context.Context, in escalation.Inbound) error {
	env := events.Envelope{BotID: bot, ConversationID: in.Conversation.ID(), Event: in.Event}
	body, err := env.Encode()
	if err != nil {
		return err
	}
	s.mu.Lock()
	clumsy := s.Clumsy && s.rng.IntN(40) == 0
	s.mu.Unlock()
	if clumsy {
		return fmt.Errorf("no room for %s", body) // as a careless host might put it
	}
	s.say(line{What: took, Conv: env.ConversationID, Kind: in.Event.Kind(), Body: body})
	return nil
}
