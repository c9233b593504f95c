package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/escalationkit/escalation/cmd/escalation/internal/check"
	"github.com/escalationkit/escalation/rules"
)

func newCheck() *cobra.Command {
	var asJSON, requireOpen bool
	cmd := &cobra.Command{
		Use:   "check [FILE...]",
		Short: "Judge captured traffic line by line",
		Long: `Judge captured traffic line by line.

Each line is the JSON body of one call, in the order of the calls: of a request
to the widget, or of a webhook call from it (told by its key "data"). Both may be
mixed, and many conversations may be interleaved. Without FILE, or where FILE is
-, standard input is read. Several files are read as one capture, in the order
given. Blank lines are skipped.

Each line gets one verdict:

  allowed   may be sent here, or came from the widget
  refused   well formed, but the state of its conversation or a rule forbids it
  invalid   not a body of this API

The state of a conversation moves on allowed lines only. A webhook event that is
not about escalation is allowed and ignored. A conversation is known by its id
alone, since the body of a request does not name the bot: where two bots may use
the same id, check their captures one by one.

With --json a verdict is an object with these keys:

  file          only if several files are given
  line          number of the line in its file, from 1
  conversation  platformConversationId, "" if it could not be read
  kind          the event's name, "" if it could not be read
  verdict       allowed, refused or invalid
  state         of the conversation after the line, "" without a conversation
  rules         ids of the broken rules, as 'escalation spec' lists them
  allowed       the events that may be sent next
  message       what is wrong or worth knowing, or ""

Verdicts hold no message text and no other values of fields. Memory use does not
depend on the size of the input, only on the number of conversations.

Exit code: 0 all lines allowed; 1 a line was refused or invalid; 2 the command
line is wrong, a file cannot be read, or there was no line at all, as of a capture
that went wrong. Checking stops at a file that cannot be read, since the verdicts
on later lines would rest on what is missing.`,
		Example: `  escalation check requests.jsonl
  escalation check --json monday.jsonl tuesday.jsonl
  tail -f traffic.jsonl | escalation check --require-open -`,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print verdicts as JSON, one object a line")
	cmd.Flags().BoolVar(&requireOpen, "require-open", false,
		"refuse events of a conversation that no widgetEscalate line has opened (default: take it as pending)")
	preset := addPreset(cmd)
	cmd.RunE = func(cmd *cobra.Command, files []string) error {
		set, err := preset.rules()
		if err != nil {
			return &exitError{exitUsage, err}
		}
		if len(files) == 0 {
			files = []string{"-"}
		}
		c := &checking{
			checker: check.New(set, requireOpen),
			stdin:   cmd.InOrStdin(),
			out:     bufio.NewWriterSize(cmd.OutOrStdout(), 64<<10),
			named:   len(files) > 1,
		}
		c.printer = check.NewText(c.out)
		if c.named {
			c.printer = check.NewText(c.out, files...)
		}
		if asJSON {
			c.printer = check.NewJSON(c.out)
		}
		return c.files(cmd.Context(), files)
	}
	return cmd
}

// checking is one run of the command.
type checking struct {
	checker *check.Checker
	printer check.Printer
	stdin   io.Reader
	out     *bufio.Writer
	named   bool // verdicts name their file
	judged  bool // there was a line
	code    int  // what the verdicts so far amount to
}

func (c *checking) files(ctx context.Context, names []string) error {
	for _, name := range names {
		if err := c.file(ctx, name); err != nil {
			c.out.Flush() // what was found stands; of two failures the first is told
			return failed(err, c.code)
		}
	}
	if !c.judged {
		return trouble(errors.New("no line to judge: the input is empty"))
	}
	return ended(c.code, c.out.Flush())
}

func (c *checking) file(ctx context.Context, name string) error {
	in, label := c.stdin, ""
	if c.named {
		label = name
	}
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	for v, err := range c.checker.Read(&flushFirst{in, c.out}) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		c.judged = true
		if v.Outcome != check.Allowed {
			c.code = exitNotAll
		}
		if err := c.printer.Print(label, v); err != nil {
			return err
		}
	}
	return nil
}

// flushFirst writes out what is buffered before it reads, and so perhaps waits. Whoever follows a
// growing log sees each verdict at once, while a large file is still written in large pieces.
type flushFirst struct {
	in  io.Reader
	out *bufio.Writer
}

func (f *flushFirst) Read(p []byte) (int, error) {
	if err := f.out.Flush(); err != nil {
		return 0, fmt.Errorf("write: %w", err)
	}
	return f.in.Read(p)
}

type presetFlag struct{ *choice }

func addPreset(cmd *cobra.Command) presetFlag {
	return presetFlag{addChoice(cmd, "preset",
		"lenient also allows what no source documents: another agent taking over, going back to the queue", "strict", "lenient")}
}

func (p presetFlag) rules() (*rules.Set, error) {
	if p.value == "lenient" {
		return rules.Lenient()
	}
	return rules.Strict()
}
