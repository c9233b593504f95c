package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/escalationkit/escalation"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/store/memstore"
	"github.com/escalationkit/escalation/transport/httptransport"
	"github.com/escalationkit/escalation/webhook"
)

const (
	botID          = "my-bot"
	apiKey         = "my-api-key"
	webhookHeader  = "X-Webhook-Secret" // the vendor documents none: the name is this program's choice
	webhookSecret  = "my-webhook-secret"
	conversationID = "123456789"
)

// stage is everything that takes part.
type stage struct {
	out timeline

	api *fakeapi.Server // the widget's side

	network *httptransport.Transport // the CRM's side, from here on
	client  *escalation.Client
	inbox   chan escalation.Inbound
	web     *http.Server
	url     string // of the webhook
}

func newStage(ctx context.Context, out io.Writer) (*stage, error) {
	s := &stage{out: timeline{out}, inbox: make(chan escalation.Inbound, 1)}
	if err := s.build(); err != nil {
		return nil, errors.Join(err, s.close(ctx))
	}
	return s, nil
}

func (s *stage) build() (err error) {
	if s.api, err = fakeapi.New(botID, apiKey, nil); err != nil {
		return err
	}
	if err := s.api.Start(); err != nil {
		return err
	}

	// This is what a CRM writes: how its key is found, where the API is, what becomes of the visitor's
	// words, and how a webhook proves where it comes from.
	credentials, err := httptransport.Static(botID, apiKey)
	if err != nil {
		return err
	}
	s.network, err = httptransport.New(credentials, &httptransport.Config{BaseURL: s.api.URL()})
	if err != nil {
		return err
	}
	s.client, err = escalation.New(memstore.New(nil), s.network, &escalation.Config{Bot: botID, OnInbound: s.take})
	if err != nil {
		return err
	}
	verifier, err := webhook.SharedSecret(webhookHeader, webhookSecret)
	if err != nil {
		return err
	}
	handler, err := webhook.NewHandler(s.client, verifier, nil)
	if err != nil {
		return err
	}
	return s.serve(handler)
}

// take is where a CRM would find an agent, or show the agent what the visitor wrote.
func (s *stage) take(_ context.Context, in escalation.Inbound) error {
	s.inbox <- in
	return nil
}

// serve puts the webhook on loopback.
func (s *stage) serve(handler http.Handler) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.url = "http://" + listener.Addr().String() + "/escalation"
	s.web = &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	go s.web.Serve(listener) // returns when close is called
	return nil
}

// close stops what was started, in the order in which a service would: no more webhooks, then no more
// sending.
func (s *stage) close(ctx context.Context) error {
	var errs []error
	if s.web != nil {
		errs = append(errs, s.web.Shutdown(ctx))
	}
	if s.client != nil {
		errs = append(errs, s.client.Close(ctx))
	}
	if s.network != nil {
		errs = append(errs, s.network.Close())
	}
	if s.api != nil {
		errs = append(errs, s.api.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("closing: %w", err)
	}
	return nil
}
