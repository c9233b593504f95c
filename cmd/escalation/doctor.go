package main

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/escalationkit/escalation/cmd/escalation/internal/doctor"
	"github.com/escalationkit/escalation/cmd/escalation/internal/post"
)

func newDoctor() *cobra.Command {
	d := &doctoring{}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what is wrong with base URL, key, bot id and webhook URL",
		Long: `Say what is wrong with base URL, key, bot id and webhook URL.

What is given is looked at; the rest is skipped. Nothing is sent to any host, and no name
is looked up, unless one of the two probes is asked for. With settings that are wrong a probe
is not made.

  --probe-api      asks the API whether it takes key and bot id, by two requests whose body
                   is {}: the first without the key, and only if what answers looks like
                   the API, the second with it. No conversation is named, so no visitor can
                   be shown anything. The documented answers are 401 (key or bot id) and 400
                   (a field is missing); where both requests are answered 400, the API has
                   looked at the body first, and nothing is known of the key. It cannot tell
                   a wrong key from a wrong bot id, since the API does not.
  --probe-webhook  posts a webhook of the event escalationDoctorProbe, which does not exist,
                   and so neither begins nor ends anything in a CRM that ignores what it does
                   not know. With a secret it is first sent without, to see it refused. It
                   shows whether this machine reaches the CRM, not whether the platform does.

Neither key nor secret is ever printed. A key in the environment is not seen by the other
users of this machine, one on the command line is.

Each finding has a verdict:

  ok       nothing speaks against it
  skipped  not looked at
  note     worth knowing
  warning  it may work, but not for sure or not for long
  wrong    it cannot work

With --json a finding is an object with these keys: check (base-url, key, bot-id,
webhook-url, secret, api, webhook), verdict, message and mend.

Exit code: 0 nothing is wrong; 1 something is, or with --strict gives cause for a warning;
2 the command line is wrong, nothing was given to look at, a probe lacks what it needs, or
the output failed.`,
		Example: `  escalation doctor --api https://your-subdomain.zendesk.com/ai-agents/api --bot 5f3a
  escalation doctor --webhook https://crm.example.com/webhook --probe-webhook
  ` + keyVariable + `=… escalation doctor --api https://your-subdomain.zendesk.com/ai-agents/api --bot 5f3a --probe-api`,
		Args:              cobra.NoArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	fs := cmd.Flags()
	fs.StringVar(&d.settings.BaseURL, "api", "", "base `URL` of the API")
	fs.StringVar(&d.settings.BotID, "bot", "", "bot `ID`")
	fs.StringVar(&d.settings.Key, "key", "", "API `KEY` (default: $"+keyVariable+")")
	fs.StringVar(&d.settings.WebhookURL, "webhook", "", "`URL` of the CRM's webhook")
	d.signingFlags = addSigning(cmd)
	fs.BoolVar(&d.probeAPI, "probe-api", false, "ask the API whether it takes key and bot id")
	fs.BoolVar(&d.probeWebhook, "probe-webhook", false, "post a harmless webhook to the CRM")
	fs.DurationVar(&d.timeout, "timeout", post.DefaultTimeout, "how long to wait for each answer of a probe")
	fs.BoolVar(&d.strict, "strict", false, "exit with 1 on a warning as well")
	fs.BoolVar(&d.asJSON, "json", false, "print findings as JSON, one object a line")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		findings, err := d.run(cmd.Context())
		if err != nil {
			return err
		}
		code := exitOK
		if worst := doctor.Worst(findings); worst == doctor.Wrong || d.strict && worst == doctor.Warning {
			code = exitNotAll
		}
		print := doctor.PrintText
		if d.asJSON {
			print = doctor.PrintJSON
		}
		return ended(code, print(cmd.OutOrStdout(), findings))
	}
	return cmd
}

// doctoring is one run of the command.
type doctoring struct {
	settings doctor.Settings
	*signingFlags
	probeAPI, probeWebhook bool
	timeout                time.Duration
	strict, asJSON         bool
}

func (d *doctoring) run(ctx context.Context) ([]doctor.Finding, error) {
	if err := checkTimeout(d.timeout); err != nil {
		return nil, err
	}
	s := d.settings
	s.Key = cmp.Or(s.Key, os.Getenv(keyVariable))
	s.Secret = cmp.Or(d.secret, os.Getenv(secretVariable))
	s.SecretInHeader = d.secretHeader != ""
	if s == (doctor.Settings{}) {
		return nil, errors.New("nothing to look at: give --api, --key, --bot, --webhook or --secret")
	}
	if err := d.checkProbes(s); err != nil {
		return nil, err
	}
	findings := doctor.Check(s)
	sign, err := d.signer()
	if err != nil && !slices.ContainsFunc(findings, func(f doctor.Finding) bool { return f.Check == doctor.Secret && f.Verdict == doctor.Wrong }) {
		return nil, err // about the flags, and not about the secret, of which the findings speak
	}
	sender := post.NewSender(d.timeout, nil)
	var probes []doctor.Finding
	if d.probeAPI {
		probes = append(probes, doctor.ProbeAPI(ctx, s, findings, sender)...)
	}
	if d.probeWebhook {
		probes = append(probes, doctor.ProbeWebhook(ctx, s, findings, sign, sender)...)
	}
	return append(findings, probes...), nil
}

// checkProbes refuses a probe that lacks what it needs: a run without it would look like one in which it went well.
func (d *doctoring) checkProbes(s doctor.Settings) error {
	var problems []error
	if d.probeAPI && (s.BaseURL == "" || s.BotID == "" || s.Key == "") {
		problems = append(problems, errors.New("--probe-api needs --api, --bot and --key (or $"+keyVariable+")"))
	}
	if d.probeWebhook && s.WebhookURL == "" {
		problems = append(problems, errors.New("--probe-webhook needs --webhook"))
	}
	return errors.Join(problems...)
}

// signer returns what authenticates a webhook; nil if nothing does.
func (d *doctoring) signer() (func(http.Header, []byte), error) {
	if d.secretHeader == "" && d.signatureHeader == "" && !d.changed("signature-encoding") && !d.probeWebhook {
		return nil, nil // a secret alone can be looked at
	}
	signing, err := d.signing()
	return signing.sign, err
}
