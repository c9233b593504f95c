package verify

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/port"
	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// keep bounds what the platform remembers of a CRM that sends without end.
const keep = 20_000

// Platform is a platform that listens and sends no webhooks yet.
type Platform struct {
	URL   string // base URL for the CRM
	bot   string
	api   *fakeapi.Server
	watch *scenario.Watch
	web   *http.Server
	ended chan struct{}
}

// Listen starts a platform with one bot.
func Listen(addr, bot, key string) (*Platform, error) {
	p := &Platform{bot: bot, watch: scenario.NewWatch(), ended: make(chan struct{})}
	cfg := fakeapi.Config{Keep: keep}
	p.watch.Hook(&cfg)
	var err error
	if p.api, err = fakeapi.New(bot, key, &cfg); err != nil {
		return nil, fmt.Errorf("verify: %w", err)
	}
	listener, err := port.Listen(addr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("verify: %w", err), p.api.Close())
	}
	p.URL = "http://" + listener.Addr().String()
	p.web = &http.Server{Handler: p.api, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(p.ended)
		_ = p.web.Serve(listener) // always http.ErrServerClosed: only Close ends it
	}()
	return p, nil
}

// Close stops the platform. What the CRM has open is cut.
func (p *Platform) Close() error {
	err := errors.Join(p.api.Close(), p.web.Close())
	<-p.ended
	return err
}

// SetKey replaces the bot's key.
func (p *Platform) SetKey(key string) error { return p.api.SetKey(p.bot, key) }
