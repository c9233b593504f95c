package verify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/democrm"
	"github.com/escalationkit/escalation/webhook"
)

// The demo's patience is that of somebody who waits for a report.
const (
	demoAttempt = 3 * time.Second // less than timeout-after-processing takes; a busy machine needs what there is
	demoSettle  = 600 * time.Millisecond
)

// Demo is a CRM made of this library, with a store that lasts as long as it does.
type Demo struct {
	crm *democrm.CRM
	db  *sql.DB
	dir string
}

// StartDemo starts a CRM for the platform, which must have its first key still. Its webhook takes what the verifier accepts.
func StartDemo(ctx context.Context, p *Platform, key string, verifier webhook.Verifier) (_ *Demo, err error) {
	d := &Demo{}
	defer func() {
		if err != nil {
			err = fmt.Errorf("verify: the demo CRM: %w", errors.Join(err, d.Close(ctx)))
		}
	}()
	if d.dir, err = os.MkdirTemp("", "escalation-verify-"); err != nil {
		return nil, err
	}
	if d.db, err = democrm.OpenDatabase(filepath.Join(d.dir, "crm.db")); err != nil {
		return nil, err
	}
	d.crm, err = democrm.Start(ctx, democrm.Config{
		DB: d.db, BaseURL: p.URL, Bot: p.bot, Key: key, Verifier: verifier, AttemptTimeout: demoAttempt, Settle: demoSettle,
	})
	return d, err
}

// WebhookURL is where the demo takes webhooks.
func (d *Demo) WebhookURL() string { return d.crm.WebhookURL() }

// DeskURL is where its desk is.
func (d *Demo) DeskURL() string { return d.crm.DeskURL() }

// SetKey tells it a new key.
func (d *Demo) SetKey(key string) error { return d.crm.SetKey(key) }

// Close stops the CRM and removes its store.
func (d *Demo) Close(ctx context.Context) error {
	var errs []error
	if d.crm != nil {
		errs = append(errs, d.crm.Close(ctx))
	}
	if d.db != nil {
		errs = append(errs, d.db.Close())
	}
	if d.dir != "" {
		errs = append(errs, os.RemoveAll(d.dir))
	}
	return errors.Join(errs...)
}
