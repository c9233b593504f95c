package main

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
	"github.com/escalationkit/escalation/cmd/escalation/internal/verify"
)

const formatText, formatJUnit = "text", "junit"

func newVerify() *cobra.Command {
	v := &verifying{}
	cmd := &cobra.Command{
		Use:   "verify [FILE...]",
		Short: "Play scenarios against a CRM and report what broke",
		Long: `Play scenarios against a CRM and report what broke.

verify plays the widget, its visitor and the API, with all that can go wrong on
the way, and judges what the CRM makes of it. The scenarios are built in; --list
names them, --show NAME prints one. With FILE, scenarios of your own are played
instead, in the same form: see docs/scenario-files.md. Without --webhook a demo
CRM made of this library is started and put to the test.

The first line of output is the base URL for the CRM:

  verify listening on http://HOST:PORT

With --webhook that is http://127.0.0.1:8137 unless --addr says otherwise: set it
in the CRM beforehand. Play begins as soon as something listens at the addresses of
webhook and desk. If that takes more than 10 s, or more than --timeout, nothing is
played and the exit code is 2. Where the API key changes in a scenario, the CRM has
to be told, which only the demo CRM can be: it is skipped for others.

The agent is played through the CRM's desk interface (--desk). Without one, verify
waits until somebody did what the agent is to do: a rule in the CRM, or a person.
It prints what it waits for, plays one scenario after the other, does not insist
on the words, and skips what an agent is to try although it is not allowed.

A scenario fails for reasons of these kinds:

  rule        a request broke a rule; its id is one of 'escalation spec', or one
              about the request as such (endpoint-path, auth-key, content-type)
  lost        the CRM took an event of its agent, and the visitor never saw it
  doubled     the visitor saw an event again that the CRM knew to have arrived
  order       the visitor saw an older event after a newer one
  unexpected  the visitor saw what nobody asked the CRM for
  too-soon    the CRM sent an event again before the Retry-After that it was given
  refused     the CRM refused what its agent may do
  not-done    something was waited for in vain (steps[0] is the first step)
  webhook     the CRM did not answer a webhook with 2xx
  desk        the desk did not answer as its protocol says
  flood       the CRM sent so many requests that the scenario was stopped

What a CRM cannot avoid is a note and no reason: above all the repeat of an event
whose outcome it could not know. The result other-requests is about requests that
belong to no scenario, or came after it; it is not counted among the passed.

--format json and junit write one report at the end, to standard output or to
--output; progress then goes to standard error, or with --output to standard
output. If verify is interrupted, what was not played is skipped in the report.
The JSON object has a version, counts and results; each result has name, status
(passed, failed, skipped), reasons (kind, rule, conversation, request, text),
notes, and conversations with what the visitor saw.

Exit code: 0 all passed that were not skipped; 1 something failed, or nothing was
played; 2 the command line is wrong, a file is no scenario, nothing listens at the
CRM's address, or verify itself failed or was interrupted.`,
		Example: `  escalation verify
  escalation verify --webhook http://127.0.0.1:3000/webhook --desk http://127.0.0.1:3000/desk
  escalation verify --addr 127.0.0.1:9000 --webhook http://127.0.0.1:3000/webhook my-rule.json
  escalation verify --run '^(burst|late)' --format junit --output verify.xml`,
	}
	v.flags = addPlatform(cmd, "")
	fs := cmd.Flags()
	fs.Lookup("addr").Usage += " (default: a free one; with --webhook " + sandboxAddr + ")"
	fs.BoolVar(&v.list, "list", false, "print the scenarios and play none")
	fs.StringVar(&v.show, "show", "", "print the file of the built-in scenario `NAME` and play none")
	_ = cmd.RegisterFlagCompletionFunc("show", cobra.FixedCompletions(verify.Names(), cobra.ShellCompDirectiveNoFileComp)) // the flag exists
	fs.StringVar(&v.pattern, "run", "", "play only scenarios whose name matches `REGEXP`")
	v.format = addChoice(cmd, "format", "form of the report", formatText, formatJSON, formatJUnit)
	fs.StringVar(&v.output, "output", "", "`FILE` for the report (default: standard output)")
	fs.DurationVar(&v.timeout, "timeout", scenario.DefaultTimeout, "time limit for each scenario")
	fs.Uint64Var(&v.seed, "seed", 0, "`NUMBER` that the conversation ids are made of, to repeat a run (default: a new one)")
	fs.BoolVarP(&v.verbose, "verbose", "v", false, "show what the visitor saw where nothing failed, too")
	cmd.RunE = func(cmd *cobra.Command, files []string) error { return v.run(cmd, files) }
	return cmd
}

// verifying is one run of the command.
type verifying struct {
	flags           *platformFlags
	list            bool
	show            string
	pattern, output string
	format          *choice
	timeout         time.Duration
	seed            uint64
	verbose         bool

	progress io.Writer
}

func (v *verifying) run(cmd *cobra.Command, files []string) error {
	if cmd.Flags().Changed("show") {
		return show(cmd.OutOrStdout(), v.show)
	}
	scenarios, err := v.scenarios(files)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	if v.list {
		return list(cmd.OutOrStdout(), scenarios)
	}
	if err := checkTimeout(v.timeout); err != nil {
		return err
	}
	if !cmd.Flags().Changed("addr") {
		v.flags.addr = defaultAddr(v.flags.webhook)
	}
	if err := v.flags.resolve(); err != nil {
		return &exitError{exitUsage, oneLine(err)}
	}
	if !cmd.Flags().Changed("seed") {
		v.seed = newSeed()
	}
	v.progress = cmd.OutOrStdout()
	switch {
	case v.output != "":
		v.progress = besides{v.progress}
	case v.format.value != formatText:
		v.progress = cmd.ErrOrStderr()
	}
	out, err := v.target(cmd.OutOrStdout())
	if err != nil {
		return &exitError{exitUsage, err}
	}
	defer out.Close() // again, if all went well: harmless
	ctx, stop := untilSignal(cmd.Context())
	defer stop()
	report, err := v.play(ctx, scenarios, len(files) > 0)
	if report != nil { // also of a run that was interrupted
		err = errors.Join(v.write(out, report), out.Close(), err)
	}
	if err != nil {
		return failed(err, exitNotAll)
	}
	if !report.Passed() {
		return ended(exitNotAll, nil)
	}
	return nil
}

// defaultAddr is fixed where a CRM has to know it beforehand.
func defaultAddr(webhook string) string {
	if webhook == "" {
		return "127.0.0.1:0"
	}
	return sandboxAddr
}

// scenarios returns those of the files, or the embedded ones, as far as --run wants them.
func (v *verifying) scenarios(files []string) ([]*scenario.Scenario, error) {
	wanted, err := regexp.Compile(v.pattern)
	if err != nil {
		return nil, fmt.Errorf("--run: %w", err)
	}
	all, err := verify.Scenarios()
	if len(files) > 0 {
		all, err = readScenarios(files)
	}
	if err != nil {
		return nil, err
	}
	var out []*scenario.Scenario
	seen := map[string]bool{}
	for _, sc := range all {
		if seen[sc.Name] {
			return nil, fmt.Errorf("two scenarios have the name %q", sc.Name)
		}
		if sc.Name == verify.Others {
			return nil, fmt.Errorf("no scenario can have the name %q: the result about other requests has it", sc.Name)
		}
		seen[sc.Name] = true
		if wanted.MatchString(sc.Name) {
			out = append(out, sc)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("--run: no scenario has a name that matches %q", v.pattern)
	}
	return out, nil
}

// readScenarios reads files, and reports everything that is wrong with any of them.
func readScenarios(names []string) ([]*scenario.Scenario, error) {
	var all []*scenario.Scenario
	var problems []error
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		sc, err := scenario.Parse(name, text)
		all, problems = append(all, sc), append(problems, err)
	}
	return all, errors.Join(problems...)
}

func list(w io.Writer, scenarios []*scenario.Scenario) error {
	var text bytes.Buffer
	for _, sc := range scenarios {
		fmt.Fprintf(&text, "%-29s %s\n", sc.Name, sc.About)
	}
	_, err := text.WriteTo(w)
	return ended(exitOK, err)
}

func show(w io.Writer, name string) error {
	text, err := verify.Source(name)
	if err != nil {
		return &exitError{exitUsage, fmt.Errorf("--show: %w; --list names them", err)}
	}
	_, err = w.Write(text)
	return ended(exitOK, err)
}

func newSeed() uint64 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return uint64(binary.BigEndian.Uint32(b[:]))
}

// target returns what the report is written to. That it cannot be is told before anything is played.
func (v *verifying) target(stdout io.Writer) (io.WriteCloser, error) {
	switch {
	case v.output != "":
		return os.Create(v.output)
	case v.format.value == formatText:
		return open{io.Discard}, nil // it stands on standard output already
	}
	return open{stdout}, nil
}

// besides is for what may be lost: the report is written all the same.
type besides struct{ to io.Writer }

func (b besides) Write(p []byte) (int, error) {
	_, _ = b.to.Write(p)
	return len(p), nil
}

// open is a writer that stays open.
type open struct{ io.Writer }

func (open) Close() error { return nil }

// write writes the report in its form.
func (v *verifying) write(w io.Writer, report *verify.Report) error {
	switch v.format.value {
	case formatJSON:
		return verify.JSON(w, report)
	case formatJUnit:
		return verify.JUnit(w, report)
	}
	return verify.Text(w, report, v.verbose)
}
