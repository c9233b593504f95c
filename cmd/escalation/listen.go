package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/escalationkit/escalation/cmd/escalation/internal/listen"
	"github.com/escalationkit/escalation/cmd/escalation/internal/port"
	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
)

const listenAddr = "127.0.0.1:8138"

func newListen() *cobra.Command {
	l := &listening{}
	cmd := &cobra.Command{
		Use:   "listen",
		Short: "Record and judge what a CRM sends, and pass it on if asked",
		Long: `Record and judge what a CRM sends, and pass it on if asked.

Give a CRM the address that the first line of output names as its base URL, as it is or with
/ai-agents/api behind it. Each request is recorded, judged as the platform would, and
answered:

  without --forward  as the platform would, with 200, 400, 401 or 404; no other host is called
  with --forward     with what the API behind that base URL answers. Method, query, headers
                     (Authorization and botid among them) and body are passed on as they
                     came, once, and status, headers and body are passed back. A redirect is
                     not followed but passed back. Where no answer comes, the CRM is answered
                     502, or 504 after --timeout. That the API refuses a request is shown, and
                     counts as wrong only where the request itself shows why.

With --webhook, what is posted to /webhook is recorded and passed on to that URL in the same
way, so that both directions are on record, and it is known when a round begins and ends.
Without it, a queue update or an agent who joins is taken for the beginning of a new round
where the one before is over. Point the webhook of a sandbox here, or a tunnel from the
platform.

Any bot and key will do unless --bot or --key demands one. No header that may carry a key, a
secret or a signature is recorded or printed, nor is the key where else it stands, unless it
has less than 16 bytes: it may then be a part of ordinary words.

Each exchange is a line, and each thing that is wrong with it another one, with the id of the
rule as 'escalation spec' lists it. What a client could not avoid (the repeat of an event of
which nobody knew whether it had arrived) and what the API does not document is a note. With
--json each is an object with these keys: n, at, direction (to-widget or to-crm), bot,
conversation, kind, method, url, headers, body (at most 64 KiB, else bodyCut is true), status
(0 if none came), outcome (answered or error), detail, attempt, findings and notes (rule and
detail), took (ms), answer (at most 4 KiB), state and round. The first object is
{"listening":URL}, the last one {"requests":…,"webhooks":…,"findings":…}.

  --db FILE   keeps the exchanges in an SQLite database, for 'escalation resend'
  --out FILE  gets the bodies of what was taken in (2xx) or refused for its body (400), one a
              line, for 'escalation check'; a file of that name is written anew

It listens on loopback only, and runs until it is interrupted, or until --count exchanges.

Exit code: 0 nothing was wrong; 1 something was; 2 the command line is wrong, the port is
taken, or a file or the output failed.`,
		Example: `  escalation listen
  escalation listen --forward https://your-subdomain.zendesk.com/ai-agents/api --db monday.db
  escalation listen --webhook http://127.0.0.1:3000/webhook --out traffic.jsonl`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	fs := cmd.Flags()
	fs.StringVar(&l.addr, "addr", listenAddr, "loopback `HOST:PORT` to listen on; port 0 takes a free one")
	fs.StringVar(&l.cfg.Forward, "forward", "", "base `URL` of the API to pass requests on to (default: answered here)")
	fs.StringVar(&l.cfg.Webhook, "webhook", "", "`URL` of the CRM's webhook to pass on to what comes to /webhook (default: none is taken)")
	fs.StringVar(&l.cfg.Bot, "bot", "", "bot `ID` that requests must carry (default: any)")
	fs.StringVar(&l.cfg.Key, "key", "", "`KEY` that requests must carry (default: any)")
	fs.StringVar(&l.database, "db", "", "`FILE` of the database (default: a temporary one)")
	fs.StringVar(&l.out, "out", "", "`FILE` for the bodies")
	fs.IntVar(&l.count, "count", 0, "stop after `N` exchanges (default: never)")
	fs.DurationVar(&l.cfg.Timeout, "timeout", listen.DefaultTimeout, "how long to wait for an answer of what is passed on")
	fs.BoolVar(&l.bodies, "bodies", false, "print bodies as well")
	fs.BoolVar(&l.asJSON, "json", false, "print exchanges as JSON, one object a line")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := l.check(); err != nil {
			return &exitError{exitUsage, oneLine(err)}
		}
		ctx, stop := untilSignal(cmd.Context())
		defer stop()
		return l.run(ctx, cmd.OutOrStdout())
	}
	return cmd
}

// listening is one run of the command.
type listening struct {
	cfg            listen.Config
	addr           string
	database, out  string
	count          int
	bodies, asJSON bool
}

func (l *listening) check() error {
	problems := []error{checkLoopback(l.addr), checkTimeout(l.cfg.Timeout)}
	if l.cfg.Forward != "" {
		problems = append(problems, checkBaseURL("--forward", l.cfg.Forward))
	}
	if l.cfg.Webhook != "" {
		problems = append(problems, checkURL("--webhook", l.cfg.Webhook))
	}
	if l.count < 0 {
		problems = append(problems, errors.New("--count must not be negative"))
	}
	return errors.Join(problems...)
}

// run listens until ctx ends, enough has come, or something fails.
func (l *listening) run(ctx context.Context, stdout io.Writer) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	store, err := wire.Open(ctx, l.database, nil)
	if err != nil {
		return &exitError{exitUsage, oneLine(err)}
	}
	defer func() { err = cmp.Or(err, trouble(store.Close())) }()
	store.Hide(l.cfg.Key)
	l.cfg.Log = store
	if l.out != "" {
		f, err := os.Create(l.out)
		if err != nil {
			return trouble(err)
		}
		defer f.Close()
		l.cfg.Bodies = f
	}
	l.cfg.Tell = l.tell(stdout, stop)
	recorder, err := listen.New(l.cfg)
	if err != nil {
		return trouble(err)
	}
	listener, err := port.Listen(l.addr)
	if err != nil {
		return trouble(err)
	}
	if err := l.welcome(stdout, "http://"+listener.Addr().String()); err != nil {
		listener.Close()
		return failed(err, exitOK)
	}
	l.serve(ctx, listener, recorder)
	if err := cmp.Or(recorder.Err(), store.Err()); err != nil {
		return failed(err, exitOK)
	}
	return l.farewell(stdout, recorder.Totals())
}
