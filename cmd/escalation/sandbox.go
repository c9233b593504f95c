package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/escalationkit/escalation/cmd/escalation/internal/sandbox"
	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
	"github.com/escalationkit/escalation/cmd/escalation/internal/verify"
	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
)

const (
	sandboxAddr = "127.0.0.1:8137"
	// closePatience is how long requests under way may go on at the end.
	closePatience = 3 * time.Second
)

// crmPatience is how long a CRM that is started at the same time is waited for. A variable for the sake of tests.
var crmPatience = 10 * time.Second

func newSandbox() *cobra.Command {
	var database, script string
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Play the vendor's side on this machine, with a page to look at",
		Long: `Play the vendor's side on this machine, with a page to look at.

The sandbox is the widget, its bot and its visitor, the API that a CRM calls, and
the webhooks that a CRM receives. Its page shows the visitor's chat and, beside
it, the agent's desk, the state of the conversation, and every request with what
became of it; faults are switched on there too.

Without --webhook it starts a demo CRM made of this library. With --webhook it
plays against yours: give that the base URL, bot and key that are printed. Your
CRM's agent can be played from the page if it has a desk interface (--desk).

The first line of output is

  sandbox listening on http://HOST:PORT

Conversations of the demo CRM and the newest exchanges are kept in an SQLite
database. No header that may carry a key, a secret or a signature is, and --key
and --secret are taken out of all else that is recorded, unless they have less
than 16 bytes: those may be parts of ordinary words. With --db both are there
after a restart. The widget begins anew: conversations of earlier runs can be
looked at, and not gone on with. Beside FILE there are FILE-wire.lock and
FILE-escalation.lock, which may be deleted when no sandbox runs.

It listens on loopback only, and runs until it is interrupted.

Exit code: 0 when it was interrupted; 2 the command line is wrong, the port is
taken, the script cannot be read, the database cannot be used, or nothing listens
at the CRM's address. What came of a script is printed, and changes no exit code.`,
		Example: `  escalation sandbox
  escalation sandbox --webhook http://127.0.0.1:3000/converse-webhook --bot 5f3a
  escalation sandbox --script busy-day.json --db monday.db`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	platform := addPlatform(cmd, sandboxAddr)
	cmd.Flags().StringVar(&database, "db", "", "`FILE` of the database (default: a temporary one)")
	cmd.Flags().StringVar(&script, "script", "", "`FILE` of a scenario to play at the start; see docs/scenario-files.md")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ownKey := platform.key != "" || os.Getenv(keyVariable) != ""
		if err := platform.resolve(); err != nil {
			return &exitError{exitUsage, oneLine(err)}
		}
		signing, err := platform.signing()
		if err != nil {
			return &exitError{exitUsage, err}
		}
		cfg := sandbox.Config{
			Addr: platform.addr, Bot: platform.bot, Key: platform.key, Webhook: platform.webhook, Desk: platform.desk,
			Database: database, Sign: signing.sign, Verifier: signing.verifier, Secrets: []string{platform.secret, os.Getenv(secretVariable)},
		}
		if script != "" {
			all, err := readScenarios([]string{script})
			if err != nil {
				return &exitError{exitUsage, oneLine(err)}
			}
			cfg.Script = all[0]
		}
		ctx, stop := untilSignal(cmd.Context())
		defer stop()
		return runSandbox(ctx, cmd, ownKey, cfg)
	}
	return cmd
}

// runSandbox serves until ctx ends. A key of the user's own is not printed.
func runSandbox(ctx context.Context, cmd *cobra.Command, ownKey bool, cfg sandbox.Config) (err error) {
	s, err := sandbox.Start(ctx, cfg)
	if err != nil {
		if ctx.Err() != nil { // interrupted before it began
			return nil
		}
		return &exitError{exitUsage, oneLine(err)}
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closePatience)
		defer cancel()
		if closeErr := s.Close(ctx); err == nil && closeErr != nil {
			err = &exitError{exitUsage, oneLine(closeErr)}
		}
	}()
	secrets := cfg.Secrets
	if ownKey {
		secrets = append(secrets, cfg.Key)
	}
	if slices.ContainsFunc(secrets, func(s string) bool { return s != "" && len(s) < wire.MinSecret }) {
		fmt.Fprintf(cmd.ErrOrStderr(), "sandbox: a key or secret of less than %d bytes is recorded if it stands in a body: do not give one that is in use elsewhere\n", wire.MinSecret)
	}
	if _, err := fmt.Fprint(cmd.OutOrStdout(), welcome(s, cfg, ownKey)); err != nil {
		return failed(err, exitOK)
	}
	if err := s.AwaitCRM(ctx, crmPatience); err != nil && ctx.Err() == nil {
		return &exitError{exitUsage, err}
	}
	if cfg.Script != nil {
		if err := playScript(ctx, cmd.OutOrStdout(), s, cfg.Script); err != nil && ctx.Err() == nil {
			return failed(oneLine(err), exitOK)
		}
	}
	select {
	case <-ctx.Done():
		return nil
	case <-s.Failed():
		return &exitError{exitUsage, oneLine(s.Err())}
	}
}

// playScript plays the scenario and prints what came of it. The sandbox goes on afterwards.
func playScript(ctx context.Context, out io.Writer, s *sandbox.Sandbox, sc *scenario.Scenario) error {
	if _, err := fmt.Fprintf(out, "\nplaying %s: %s\n", sc.Name, sc.About); err != nil {
		return err
	}
	outcome, err := s.RunScript(ctx, func(text string) { _, _ = fmt.Fprintln(out, text) })
	if err != nil {
		return err
	}
	result := verify.Result{Name: sc.Name, About: sc.About, Status: verify.Passed, Outcome: outcome}
	if !outcome.Passed() {
		result.Status = verify.Failed
	}
	return verify.ResultText(out, result, true)
}

// welcome says where the sandbox is and what to do with it.
func welcome(s *sandbox.Sandbox, cfg sandbox.Config, ownKey bool) string {
	key, crm := cfg.Key, "a demo inside; --webhook URL takes yours"
	if ownKey {
		key = "the one you gave"
	}
	if cfg.Webhook != "" {
		crm = "webhooks go to " + s.WebhookURL()
		if url := s.DeskURL(); url != "" {
			crm += "\n  desk      " + url + "  is where the page's agent acts"
		} else {
			crm += "\n  desk      none: the agent acts in the CRM itself; --desk URL lets the page act"
		}
	}
	return fmt.Sprintf(`sandbox listening on %[1]s

  page      %[1]s/  open it and talk to a human
  base URL  %[1]s  for a CRM, which posts to /agent/converse/send-message-to-widget
  bot       %[2]s
  key       %[3]s
  CRM       %[4]s

Ctrl-C ends it.
`, s.URL(), cfg.Bot, key, crm)
}
