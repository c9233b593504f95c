// Package democrm is a CRM made of this library alone: a client over a SQLite store, HTTP to the platform, the
// webhook and a desk, both on loopback. The sandbox shows it to newcomers, verify runs against it.
//
// # Guarantees
//
//   - What the desk answered with 2xx is stored, and is sent in its turn, by this process or by the next one on the same
//     database. The library says what becomes of it there: see the guarantees of the root package. (TestRestart,
//     TestKilledInABurst)
//   - A webhook answered 200 is stored. (TestWebhooksAreOfferedAgain)
//   - After a 401 the newest key that SetKey was given is used, for the same attempt; before, the one in use.
//     (TestNewKeyIsUsedAtOnce)
//   - Whatever the desk refuses carries the ids of the broken rules and the reason, and View says the same beforehand.
//     (TestViewAndAct, TestRefusedBodies)
//   - Where delivery has stopped, View offers what the library lets a person decide, and what Act then answers with 2xx is
//     decided, once. (TestRepairs)
//   - After Close returned no goroutine of the CRM is left, and the same database can be given to another Start.
//     (TestCloseLeavesNoGoroutine, TestCloseWaitsForCalls)
package democrm

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver behind OpenDatabase

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/store/sqlitestore"
	"github.com/escalationkit/escalation/transport/httptransport"
	"github.com/escalationkit/escalation/webhook"
)

// The paths of the CRM's server.
const (
	WebhookPath = "/webhook"
	DeskPath    = "/desk"
)

// Config says what a CRM is made of. All but the last group is required.
type Config struct {
	DB       *sql.DB          // see OpenDatabase; it stays the caller's
	BaseURL  string           // of the platform
	Bot, Key string           // as the platform knows them
	Verifier webhook.Verifier // of its webhooks

	Addr           string                 // on loopback. Default: a free port of 127.0.0.1
	AttemptTimeout time.Duration          // of one call to the platform. Default: httptransport.DefaultAttemptTimeout
	Settle         time.Duration          // after an unknown outcome. Default: escalation.DefaultSettle
	OnInbound      escalation.InboundFunc // takes what the visitor does; may be called before Start returns. Default: nobody does
	Logger         *slog.Logger           // Default: nothing is logged

	_ struct{}
}

// OpenDatabase opens the SQLite file at path as a CRM needs it, and makes it if it is not there.
func OpenDatabase(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", sqlitestore.ModerncDSN(path))
	if err != nil {
		return nil, fmt.Errorf("democrm: %w", err)
	}
	return db, nil
}

// CRM is a running CRM. Safe for concurrent use.
type CRM struct {
	bot     string
	keys    *keyring
	kept    *sqlitestore.Store
	network *httptransport.Transport
	client  *escalation.Client
	web     *server

	closing  sync.Once
	closeErr error
}

var _ desk.Desk = (*CRM)(nil)

// Start opens everything from the bottom up, and goes on with what an earlier CRM left in the database. If it fails
// nothing is left open.
func Start(ctx context.Context, cfg Config) (_ *CRM, err error) {
	cfg.Logger = cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler))
	if cfg.DB == nil {
		return nil, errors.New("democrm: there is no database")
	}
	c := &CRM{bot: cfg.Bot}
	defer func() {
		if err != nil {
			_ = c.Close(ctx) // the first error says more
			err = fmt.Errorf("democrm: %w", err)
		}
	}()
	if c.keys, err = newKeyring(cfg.Bot, cfg.Key); err != nil {
		return nil, err
	}
	c.network, err = httptransport.New(c.keys, &httptransport.Config{
		BaseURL: cfg.BaseURL, AttemptTimeout: cfg.AttemptTimeout, Logger: cfg.Logger,
	})
	if err != nil {
		return nil, err
	}
	if c.kept, err = sqlitestore.Open(ctx, cfg.DB, nil); err != nil {
		return nil, err
	}
	c.client, err = escalation.New(c.kept, c.network, &escalation.Config{
		Bot: cfg.Bot, Settle: cfg.Settle, OnInbound: cfg.OnInbound, Logger: cfg.Logger, LogConversationIDs: true,
	})
	if err != nil {
		return nil, err
	}
	hook, err := webhook.NewHandler(c.client, cfg.Verifier, &webhook.Config{Logger: cfg.Logger})
	if err != nil {
		return nil, err
	}
	if c.web, err = listen(cmp.Or(cfg.Addr, "127.0.0.1:0"), hook, desk.NewHandler(c), cfg.Logger); err != nil {
		return nil, err
	}
	if err := c.client.Start(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// WebhookURL is where the platform posts its webhooks.
func (c *CRM) WebhookURL() string { return c.web.url + WebhookPath }

// DeskURL is where the desk is, in the form of package desk.
func (c *CRM) DeskURL() string { return c.web.url + DeskPath }

// Client is the client that the CRM is made of, for looking on and for repairs.
func (c *CRM) Client() *escalation.Client { return c.client }

// SetKey gives the CRM another key, before or after the platform got it: it is used as soon as the old one is refused.
func (c *CRM) SetKey(key string) error {
	if err := c.keys.set(key); err != nil {
		return fmt.Errorf("democrm: %w", err)
	}
	c.client.Bot(c.bot).Resume() // if the old one was refused already
	return nil
}

// Close stops the CRM: no more webhooks and agents, then no more sending. What is still to be sent stays in the
// database. When ctx ends, whatever is under way is cut off, and Close returns an error that says so; an attempt that
// was cut off counts as unknown, and is made again by the next CRM. Repeating it is harmless.
func (c *CRM) Close(ctx context.Context) error {
	c.closing.Do(func() {
		var errs []error
		if c.web != nil {
			errs = append(errs, c.web.stop(ctx))
		}
		if c.client != nil {
			errs = append(errs, c.client.Close(ctx))
		}
		if c.web != nil {
			c.web.wait() // a call that was cut off ends with the client at the latest
		}
		if c.kept != nil {
			errs = append(errs, c.kept.Close())
		}
		if c.network != nil {
			errs = append(errs, c.network.Close())
		}
		if err := errors.Join(errs...); err != nil {
			c.closeErr = fmt.Errorf("democrm: closing: %w", err)
		}
	})
	return c.closeErr
}
