package sandbox

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/democrm"
	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/cmd/escalation/internal/port"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/webhook"
)

// The demo's patience is that of somebody who looks at it: the library's own would leave him before a page where nothing
// moves.
const (
	demoAttempt = 5 * time.Second
	demoSettle  = time.Second
	demoGrace   = 500 * time.Millisecond // for what is under way at the end
)

// demo is the demo CRM with what it stands on.
type demo struct {
	*democrm.CRM
	db *sql.DB
}

// startDemo starts the demo CRM on the sandbox's database. Its webhooks carry a secret that nobody else knows, unless the
// user gave another way.
func (s *Sandbox) startDemo(ctx context.Context) (err error) {
	sign, verifier := s.cfg.Sign, s.cfg.Verifier
	if sign == nil {
		const header = "X-Sandbox-Secret"
		secret := rand.Text()
		s.log.Hide(secret)
		if sign, err = fakeapi.SharedSecretSigner(header, secret); err != nil {
			return err
		}
		if verifier, err = webhook.SharedSecret(header, secret); err != nil {
			return err
		}
	}
	db, err := democrm.OpenDatabase(s.log.Path())
	if err != nil {
		return err
	}
	crm, err := democrm.Start(ctx, democrm.Config{
		DB: db, BaseURL: s.URL(), Bot: s.cfg.Bot, Key: s.cfg.Key, Verifier: verifier,
		AttemptTimeout: demoAttempt, Settle: demoSettle, Logger: s.cfg.Logger,
	})
	if err != nil {
		db.Close()
		return err
	}
	s.demo, s.desk = &demo{crm, db}, crm
	s.setWebhookURL(crm.WebhookURL())
	return s.platform.SetWebhook(&fakeapi.Webhook{URL: crm.WebhookURL(), Sign: sign})
}

// close stops the CRM. What it still has to send stays in the database.
func (d *demo) close(ctx context.Context) error {
	err := d.CRM.Close(ctx)
	if closeErr := d.db.Close(); err == nil {
		err = closeErr
	}
	return err
}

// connectCRM takes the CRM under test.
func (s *Sandbox) connectCRM(ctx context.Context) error {
	if s.cfg.Desk != "" {
		client, err := desk.NewClient(s.cfg.Desk, nil)
		if err != nil {
			return err
		}
		s.desk, s.shownDesk = client, fitToShow(s.cfg.Desk)
		s.onClose(func() error { client.Close(); return nil })
	}
	s.setWebhookURL(s.cfg.Webhook)
	return s.platform.SetWebhook(&fakeapi.Webhook{URL: s.cfg.Webhook, Sign: s.cfg.Sign})
}

// AwaitCRM returns nil as soon as something listens where the CRM under test should be. It sends nothing. When patience
// is over it says what is missing.
func (s *Sandbox) AwaitCRM(ctx context.Context, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, part := range []struct{ what, url string }{{"webhook", s.cfg.Webhook}, {"desk", s.cfg.Desk}} {
		if part.url == "" {
			continue
		}
		if err := port.Await(ctx, part.url, "the CRM's "+part.what); err != nil {
			return fmt.Errorf("sandbox: %w", err)
		}
	}
	return nil
}
