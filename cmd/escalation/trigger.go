package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/escalationkit/escalation/cmd/escalation/internal/post"
	"github.com/escalationkit/escalation/events"
)

func newTrigger() *cobra.Command {
	t := &trigger{}
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "trigger KIND",
		Short: "Send one event: a webhook to a CRM, or what a CRM sends",
		Long: `Send one event: a webhook to a CRM, or what a CRM sends.

KIND says who speaks, and so where the event may go.

The visitor's side, sent to a CRM as the platform would:

  widgetEscalate         to --webhook URL; the target is --to
  widgetMessage          to --webhook URL; the words are --text
  widgetEndSession       to --webhook URL

The agent's side, sent to one of two places:

  escalationQueueUpdate  --position, --waiting
  escalationSuccess      --agent, --avatar
  message                --text
  escalationFailed
  agentDisconnect

  --desk URL  the desk interface of a CRM under test: its agent does this now. The CRM
              decides whether it may; its refusal is shown.
  --api URL   the base URL of a sandbox, or of the API itself: the event is sent as a CRM
              sends it, whatever state the conversation is in. An API that is not a fake
              shows it to the visitor of that conversation.

Nothing is remembered from one run to the next, and what the platform would not do can be
sent all the same: a message of a visitor who has not escalated, an end twice.

With --times the same event is sent again and again, one after the other's answer, and {n}
in --text becomes 1, 2, 3. Without {n} these are copies, as of a webhook that was doubled.
Nothing is sent again after a failure, and no redirect is followed.

With --json one object is printed for each event sent, with these keys: n, kind,
conversation, to, body, status (0 without an answer), took (ms), answer (at most 4 KiB)
and problem. Keys and secrets are not printed.

Exit code: 0 every answer was 2xx; 1 one was not, or did not come; 2 the command line is
wrong, or the output failed.`,
		Example: `  escalation trigger widgetEscalate --webhook http://127.0.0.1:3000/webhook --to support
  escalation trigger widgetMessage --webhook http://127.0.0.1:3000/webhook --text "line {n}" --times 20
  escalation trigger message --desk http://127.0.0.1:3000/desk --text "Hello, this is Ann"
  escalation trigger escalationSuccess --api http://127.0.0.1:8137 --agent Ann`,
		Args:      oneKind,
		ValidArgs: kindNames(),
	}
	fs := cmd.Flags()
	fs.StringVar(&t.webhook, "webhook", "", "`URL` of the CRM's webhook")
	fs.StringVar(&t.desk, "desk", "", "`URL` of the CRM's desk interface")
	t.apiFlags = addAPI(cmd, "base `URL` of the API or of a sandbox")
	t.signingFlags = addSigning(cmd)
	fs.StringVar(&t.conversation, "conversation", "1", "`ID` of the conversation (platformConversationId)")
	fs.StringVar(&t.channel, "channel", "chat", "`NAME` of the channel of the webhook")
	fs.IntVar(&t.times, "times", 1, "send it `N` times")
	fs.DurationVar(&t.timeout, "timeout", post.DefaultTimeout, "how long to wait for each answer")
	fs.StringVar(&t.text, "text", "Hello", "`TEXT` of a message")
	fs.StringVar(&t.to, "to", "", "`NAME` of the target of widgetEscalate")
	fs.StringVar(&t.agent, "agent", "", "`NAME` of the agent of escalationSuccess")
	fs.StringVar(&t.avatar, "avatar", "", "`URL` of the agent's picture of escalationSuccess")
	fs.StringVar(&t.position, "position", "", "`NUMBER` for queuePosition of escalationQueueUpdate")
	fs.StringVar(&t.waiting, "waiting", "", "`MINUTES` for waitingTime of escalationQueueUpdate")
	fs.BoolVar(&asJSON, "json", false, "print what was sent as JSON, one object for each event")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		kind, err := events.ParseKind(args[0])
		if err != nil {
			return fmt.Errorf("no event of the name %q; %s", args[0], thereAre())
		}
		if err := t.check(kind, fs.Changed); err != nil {
			return err
		}
		send, err := t.sender(kind)
		if err != nil {
			return &exitError{exitUsage, err}
		}
		print := post.NewText(cmd.OutOrStdout())
		if asJSON {
			print = post.NewJSON(cmd.OutOrStdout())
		}
		return t.run(cmd.Context(), kind, send, print)
	}
	return cmd
}

// oneKind demands one argument.
func oneKind(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("give one KIND of event; %s", thereAre())
	}
	return nil
}

func thereAre() string { return "there are " + strings.Join(kindNames(), ", ") }

// kindNames are the names of all eight events, as the API spells them.
func kindNames() []string {
	var names []string
	for _, k := range events.InboundKinds().Kinds() {
		names = append(names, k.String())
	}
	for _, k := range events.OutboundKinds().Kinds() {
		names = append(names, k.String())
	}
	return names
}

// trigger is one run of the command.
type trigger struct {
	webhook, desk string
	*apiFlags
	*signingFlags
	conversation, channel                      string
	times                                      int
	timeout                                    time.Duration
	text, to, agent, avatar, position, waiting string
}

// ownFlags are the flags that belong to some events only.
var ownFlags = map[string]events.KindSet{
	"text":               events.NewKindSet(events.KindWidgetMessage, events.KindMessage),
	"to":                 events.NewKindSet(events.KindWidgetEscalate),
	"channel":            events.InboundKinds(),
	"agent":              events.NewKindSet(events.KindEscalationSuccess),
	"avatar":             events.NewKindSet(events.KindEscalationSuccess),
	"position":           events.NewKindSet(events.KindEscalationQueueUpdate),
	"waiting":            events.NewKindSet(events.KindEscalationQueueUpdate),
	"key":                events.OutboundKinds(),
	"secret":             events.InboundKinds(),
	"secret-header":      events.InboundKinds(),
	"signature-header":   events.InboundKinds(),
	"signature-encoding": events.InboundKinds(),
}

// check finds flags that do not belong together: a flag that would be ignored is a misunderstanding.
func (t *trigger) check(kind events.Kind, changed func(string) bool) error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(ownFlags)) {
		if changed(name) && !ownFlags[name].Has(kind) {
			problems = append(problems, fmt.Errorf("--%s does not belong to %v but to %v", name, kind, ownFlags[name]))
		}
	}
	switch targets := count(t.webhook != "", t.desk != "", t.api != ""); {
	case kind.Inbound() && (t.webhook == "" || targets > 1):
		problems = append(problems, fmt.Errorf("%v is a webhook: it goes to --webhook, and nowhere else", kind))
	case kind.Outbound() && (t.webhook != "" || targets != 1):
		problems = append(problems, fmt.Errorf("%v is an agent's: it goes either to --desk or to --api", kind))
	}
	if t.times < 1 {
		problems = append(problems, errors.New("--times must be 1 or more"))
	}
	return errors.Join(append(problems, checkTimeout(t.timeout))...)
}

func count(conditions ...bool) int {
	n := 0
	for _, c := range conditions {
		if c {
			n++
		}
	}
	return n
}

// run sends the event as often as asked, and prints each.
func (t *trigger) run(ctx context.Context, kind events.Kind, send sender, print post.Printer) error {
	code := exitOK
	for n := 1; n <= t.times; n++ {
		body, err := t.body(kind, n)
		if err != nil {
			return &exitError{exitUsage, err}
		}
		sent := send(ctx, kind, t.conversation, body)
		sent.N, sent.Of = n, t.times
		if !sent.OK() {
			code = exitNotAll
		}
		if err := print(sent); err != nil {
			return failed(err, code)
		}
		if err := ctx.Err(); err != nil {
			return &exitError{exitUsage, err}
		}
	}
	return ended(code, nil)
}

// body is that of the n-th sending.
func (t *trigger) body(kind events.Kind, n int) ([]byte, error) {
	text := strings.ReplaceAll(t.text, "{n}", strconv.Itoa(n))
	var in events.Inbound
	var out events.Outbound
	switch kind {
	case events.KindWidgetEscalate:
		in = events.WidgetEscalate{EscalateTo: t.to}
	case events.KindWidgetMessage:
		in = events.WidgetMessage{Text: text}
	case events.KindWidgetEndSession:
		in = events.WidgetEndSession{}
	case events.KindEscalationQueueUpdate:
		out = events.EscalationQueueUpdate{QueuePosition: t.position, WaitingTime: t.waiting}
	case events.KindEscalationSuccess:
		out = events.EscalationSuccess{Agent: t.agent, AgentAvatar: t.avatar}
	case events.KindMessage:
		out = events.Message{Text: text}
	case events.KindEscalationFailed:
		out = events.EscalationFailed{}
	case events.KindAgentDisconnect:
		out = events.AgentDisconnect{}
	}
	if kind.Inbound() {
		return events.Envelope{BotID: t.bot, Channel: t.channel, ConversationID: t.conversation, Event: in}.Encode()
	}
	return events.Request{ConversationID: t.conversation, Event: out}.Encode()
}
