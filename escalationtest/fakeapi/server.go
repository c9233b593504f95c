package fakeapi

import (
	"container/list"
	"errors"
	"net/http"
	"sync"
)

// ErrClosed is returned by calls that a closed Server cannot serve any more, and by waits that Close ended.
var ErrClosed = errors.New("fakeapi: server closed")

// A Server is the fake. It is an [http.Handler]: serve it with Start, with net/http/httptest, or call ServeHTTP.
// Make one with New.
//
// The methods that take a conversation id mean the conversation of the bot named to New; for those of further bots go
// through [Server.Bot].
type Server struct {
	cfg  Config
	bot  string
	done chan struct{} // closed by Close

	observer observer
	own      listener
	tasks    tasks

	mu       sync.Mutex // guards all below
	closed   bool
	keys     map[string]string
	faults   faults
	chaos    *Chaos // nil: none
	begun    int    // how many requests have begun to come in
	records  tail[*Record]
	ended    int // how many records are not Open
	lagging  []lagged
	talks    map[talkID]*talk
	appeared int       // how many conversations ever
	idle     list.List // of *talk: those without a live round, the longest idle first; only with Config.Keep
	breaches tail[Violation]
	findings tail[Finding]
	journal  tail[entry]
	changed  chan struct{} // closed and replaced at every change that a Wait could wait for

	silent   bool     // Close is about to return: nothing more is told
	arriving bool     // a request is arriving: what its event shows is told after it
	shown    []func() // what is to be told then

	hook          *Webhook          // complete; nil: webhooks are not sent
	transport     http.RoundTripper // sends them
	ownTransport  *http.Transport   // the default, once used
	webhooks      tail[*WebhookRecord]
	webhooksEnded int
	ready         []*talk // whose first webhook is to be sent
	sending       int     // how many senders there are

	charts map[shownChart]string // the last that assertions showed
}

// A talkID names one conversation: two bots may use the same conversation id.
type talkID struct{ bot, conversation string }

var _ http.Handler = (*Server)(nil)

// New returns a Server that knows one bot and its key; SetKey adds others. Nothing listens yet. A nil cfg means
// all defaults. All problems with the arguments are returned joined.
func New(botID, key string, cfg *Config) (*Server, error) {
	full, err := cfg.withDefaults()
	err = errors.Join(checkHeaderText("bot id", botID), checkHeaderText("key", key), err)
	if err != nil {
		return nil, err
	}
	s := &Server{
		cfg:     full,
		bot:     botID,
		done:    make(chan struct{}),
		keys:    map[string]string{botID: key},
		talks:   map[talkID]*talk{},
		changed: make(chan struct{}),
	}
	s.records.keep, s.breaches.keep, s.webhooks.keep = full.Keep, full.Keep, full.Keep
	s.findings.keep, s.journal.keep = full.Keep, 3*full.Keep
	s.setWebhook(full.Webhook)
	s.observer.init()
	s.own.init()
	s.tasks.init()
	return s, nil
}

// SetKey makes key the only valid key of the bot, at once: the former key, if any, is answered 401 from now on. An unknown
// bot becomes known. It fails, having changed nothing, if either could not be the value of a header.
func (s *Server) SetKey(botID, key string) error {
	if err := errors.Join(checkHeaderText("bot id", botID), checkHeaderText("key", key)); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[botID] = key
	return nil
}

// announce wakes everyone who waits for a change. The caller holds mu.
func (s *Server) announce() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// A Bot is a view of a Server that looks at the conversations of one bot. It holds no state of its own, and the bot
// need not be known yet.
type Bot struct {
	s  *Server
	id string
}

// Bot returns the view for one bot.
func (s *Server) Bot(botID string) *Bot { return &Bot{s: s, id: botID} }

func (s *Server) mainBot() *Bot { return s.Bot(s.bot) }

func (b *Bot) talkID(conversationID string) talkID {
	return talkID{bot: b.id, conversation: conversationID}
}
