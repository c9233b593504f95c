package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/cmd/escalation/internal/port"
	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
	"github.com/escalationkit/escalation/cmd/escalation/internal/verify"
)

// play starts everything, plays the scenarios and stops everything. With an error there may be a report too.
func (v *verifying) play(ctx context.Context, scenarios []*scenario.Scenario, own bool) (_ *verify.Report, err error) {
	signing, err := v.flags.signing()
	if err != nil {
		return nil, err
	}
	platform, err := verify.Listen(v.flags.addr, v.flags.bot, v.flags.key)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, platform.Close()) }()
	if err := v.say("verify listening on %s\n", platform.URL); err != nil {
		return nil, err
	}
	crm := verify.CRM{Webhook: v.flags.webhook, Sign: signing.sign}
	agentURL := v.flags.desk
	if crm.Webhook == "" {
		demo, err := verify.StartDemo(ctx, platform, v.flags.key, signing.verifier)
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, demo.Close(context.WithoutCancel(ctx))) }()
		crm.Webhook, agentURL, crm.SetKey = demo.WebhookURL(), demo.DeskURL(), demo.SetKey
	} else if err := v.awaitCRM(ctx); err != nil && ctx.Err() == nil { // if interrupted, there is a report to write
		return nil, fmt.Errorf("verify: %w", err)
	}
	if agentURL != "" {
		agent, err := desk.NewClient(agentURL, &desk.Config{Timeout: min(v.timeout, desk.DefaultTimeout)})
		if err != nil {
			return nil, err
		}
		defer agent.Close()
		crm.Desk = agent
	}
	return v.against(ctx, platform, crm, scenarios, own)
}

func (v *verifying) against(ctx context.Context, p *verify.Platform, crm verify.CRM, scenarios []*scenario.Scenario, own bool) (*verify.Report, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var unwritten error
	opts := &verify.Options{
		Seed: v.seed, Timeout: v.timeout, Own: own,
		OnResult: func(r verify.Result) {
			err := verify.ResultText(v.progress, r, v.verbose)
			if unwritten == nil {
				unwritten = err
			}
			if err != nil && v.progressIsAll() {
				cancel(err) // nobody hears what comes of the rest
			}
		},
		OnWait: func(text string) { _ = v.say("%s\n", text) },
	}
	report, err := verify.Run(ctx, p, crm, scenarios, opts)
	if unwritten != nil {
		return report, unwritten
	}
	if report != nil {
		err = errors.Join(verify.SummaryText(v.progress, report), err)
	}
	return report, err
}

// progressIsAll reports whether there is no report but the progress.
func (v *verifying) progressIsAll() bool { return v.format.value == formatText && v.output == "" }

// say prints progress.
func (v *verifying) say(format string, args ...any) error {
	_, err := fmt.Fprintf(v.progress, format, args...)
	return err
}

// awaitCRM gives a CRM that is started at the same time a moment to listen. Nothing is learnt of one that does not.
func (v *verifying) awaitCRM(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, min(crmPatience, v.timeout))
	defer cancel()
	err := port.Await(ctx, v.flags.webhook, "the CRM's webhook")
	if err != nil || v.flags.desk == "" {
		return err
	}
	return port.Await(ctx, v.flags.desk, "the CRM's desk")
}
