package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/escalationkit/escalation/cmd/escalation/internal/listen"
	"github.com/escalationkit/escalation/cmd/escalation/internal/plain"
	"github.com/escalationkit/escalation/cmd/escalation/internal/post"
	"github.com/escalationkit/escalation/cmd/escalation/internal/wire"
	"github.com/escalationkit/escalation/events"
)

func newResend() *cobra.Command {
	r := &resending{}
	cmd := &cobra.Command{
		Use:   "resend [N...]",
		Short: "Send recorded webhooks or requests once more",
		Long: `Send recorded webhooks or requests once more.

--db names a database that 'escalation listen' or 'escalation sandbox' has written, or is
writing. N is the number of an exchange in it. Without N the newest are listed, with the
local time of each and, if not all are of today, its date.

  a webhook  is posted to --webhook, or without it to where it was posted before, signed
             anew by the flags for that, since no signature is recorded
  a request  is posted to --api, which must be given: an API that is not a fake shows the
             event to the visitor a second time. Its bot is the recorded one, unless --bot
             names another; the key is not recorded, so it comes from --key or the environment

The body is sent byte for byte. It is refused if only the beginning of it was recorded, or if
it held a key or a secret, of which [hidden] was recorded. With several N they are sent in the
order given, each after the answer to the one before; the others are sent although one fails.
Nothing is sent twice because of a failure, and no redirect is followed.

A webhook that went to the demo CRM inside a sandbox is refused by it, for the secret of that
one is not recorded: only the page of the sandbox that sent it can send it again.

With --json an object is printed for each, as by 'escalation trigger', or by 'escalation
listen' for a list.

Exit code: 0 every answer was 2xx; 1 one was not, or did not come; 2 the command line is
wrong, there is no such exchange, the database cannot be read, or the output failed.`,
		Example: `  escalation resend --db monday.db
  escalation resend --db monday.db 12 --webhook http://127.0.0.1:3000/webhook
  escalation resend --db monday.db 7 7 --api http://127.0.0.1:8137`,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	fs := cmd.Flags()
	fs.StringVar(&r.database, "db", "", "`FILE` of the database")
	fs.StringVar(&r.webhook, "webhook", "", "`URL` of the CRM's webhook (default: as recorded)")
	r.apiFlags = addAPI(cmd, "base `URL` of the API or of a sandbox")
	fs.Lookup("bot").Usage = "bot `ID` (default: as recorded)"
	r.signingFlags = addSigning(cmd)
	fs.DurationVar(&r.timeout, "timeout", post.DefaultTimeout, "how long to wait for each answer")
	fs.IntVar(&r.limit, "limit", 50, "list `N` exchanges at most")
	fs.BoolVar(&r.asJSON, "json", false, "print JSON, one object a line")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		numbers, err := r.check(args)
		if err != nil {
			return err
		}
		reader, err := wire.OpenReader(cmd.Context(), r.database)
		if err != nil {
			return trouble(err)
		}
		defer reader.Close()
		if len(numbers) == 0 {
			return r.list(cmd.Context(), reader, cmd.OutOrStdout())
		}
		return r.run(cmd.Context(), reader, numbers, cmd.OutOrStdout())
	}
	return cmd
}

// resending is one run of the command.
type resending struct {
	database, webhook string
	*apiFlags
	*signingFlags
	timeout time.Duration
	limit   int
	asJSON  bool
}

func (r *resending) check(args []string) ([]int64, error) {
	var problems []error
	if r.database == "" {
		problems = append(problems, errors.New("--db is missing: the database that listen or sandbox has written"))
	}
	if r.limit < 1 {
		problems = append(problems, errors.New("--limit must be 1 or more"))
	}
	var numbers []int64
	for _, arg := range args {
		n, err := strconv.ParseInt(arg, 10, 64)
		if err != nil || n < 1 {
			problems = append(problems, fmt.Errorf("%q is not the number of an exchange", arg))
		}
		numbers = append(numbers, n)
	}
	return numbers, errors.Join(append(problems, checkTimeout(r.timeout))...)
}

// list prints the newest exchanges.
func (r *resending) list(ctx context.Context, reader *wire.Reader, stdout io.Writer) error {
	all, err := reader.Last(ctx, r.limit)
	if err != nil {
		return trouble(err)
	}
	print := listen.NewList(stdout, all, time.Now())
	if r.asJSON {
		print = listen.NewJSON(stdout)
	}
	for _, x := range all {
		if err := print(listen.Exchange{Exchange: x, Notes: []wire.Finding{}}); err != nil {
			return failed(err, exitOK)
		}
	}
	return nil
}

// run sends what has these numbers, unless one of them cannot be sent at all.
func (r *resending) run(ctx context.Context, reader *wire.Reader, numbers []int64, stdout io.Writer) error {
	var sends []func() post.Sent
	for _, n := range numbers {
		send, err := r.prepare(ctx, reader, n)
		if err != nil {
			return trouble(err)
		}
		sends = append(sends, send)
	}
	print := post.NewText(stdout)
	if r.asJSON {
		print = post.NewJSON(stdout)
	}
	code := exitOK
	for i, send := range sends {
		sent := send()
		sent.N, sent.Of = i+1, len(sends)
		if !sent.OK() {
			code = exitNotAll
		}
		if err := print(sent); err != nil {
			return failed(err, code)
		}
		if err := ctx.Err(); err != nil {
			return trouble(err)
		}
	}
	return ended(code, nil)
}

// prepare returns what sends exchange n.
func (r *resending) prepare(ctx context.Context, reader *wire.Reader, n int64) (func() post.Sent, error) {
	x, err := reader.Get(ctx, n)
	switch {
	case errors.Is(err, wire.ErrNotFound):
		return nil, fmt.Errorf("there is no exchange %d in %s", n, plain.Line(reader.Path()))
	case err != nil:
		return nil, err
	case x.BodyCut:
		return nil, fmt.Errorf("exchange %d: only the beginning of its body was recorded", n)
	case strings.Contains(x.Body, "[hidden]"):
		return nil, fmt.Errorf("exchange %d: its body was recorded without a secret that it held", n)
	}
	kind, _ := events.ParseKind(x.Kind) // what is none of ours is sent all the same
	send, err := r.sender(x)
	if err != nil {
		return nil, fmt.Errorf("exchange %d: %w", n, err)
	}
	return func() post.Sent {
		sent := send(ctx, kind, x.Conversation, []byte(x.Body))
		sent.Kind = x.Kind
		return sent
	}, nil
}

func (r *resending) sender(x wire.Exchange) (sender, error) {
	if x.Direction == wire.ToCRM {
		target := r.webhook
		if target == "" {
			switch target = x.URL; {
			case strings.Contains(target, "…"):
				return nil, errors.New("the query of its URL is not recorded: give --webhook")
			case strings.Contains(target, "[hidden]"):
				return nil, errors.New("its URL was recorded without a secret that it held: give --webhook")
			}
		}
		send, err := webhookSender(target, r.signingFlags, r.timeout)
		if r.webhook != "" || err != nil {
			return send, err
		}
		return func(ctx context.Context, kind events.Kind, conversation string, body []byte) post.Sent {
			sent := send(ctx, kind, conversation, body)
			if sent.Problem != "" { // a CRM that was started again may be elsewhere
				sent.Problem += "; --webhook names another address"
			}
			return sent
		}, nil
	}
	if r.api == "" {
		return nil, errors.New("it is a request to the API: say with --api which one is to get it")
	}
	flags := *r.apiFlags
	if flags.bot == "" {
		flags.bot = x.Bot
	}
	flags.resolve()
	return apiSender(&flags, r.timeout)
}
