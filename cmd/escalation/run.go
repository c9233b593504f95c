package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	exitOK     = 0
	exitNotAll = 1 // what was looked at or sent is not all right
	exitUsage  = 2 // the command line is wrong, or an input or output failed
)

// run is the whole program: it touches no other input, output or exit.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	if len(args) > 0 && args[0] == cobra.ShellCompRequestCmd {
		root.SetOut(unquoted{stdout})
	}
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	if exit, ok := errors.AsType[*exitError](err); ok {
		if exit.err != nil {
			fmt.Fprintf(stderr, "escalation: %v\n", exit.err)
		}
		return exit.code
	}
	fmt.Fprintf(stderr, "escalation: %v\nRun '%s --help' for usage.\n", err, cmd.CommandPath())
	return exitUsage
}

// exitError ends the program with a code, and with a line on standard error unless err is nil. Any
// other error that a command returns is taken for a wrong command line.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return fmt.Sprintf("exit %d: %v", e.code, e.err) }
func (e *exitError) Unwrap() error { return e.err }

// failed is for a failure of input or output. A reader of our output who has gone away has seen
// enough: that ends the program without a word, with the given code.
func failed(err error, codeSoFar int) error {
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		return &exitError{code: codeSoFar}
	}
	return &exitError{code: exitUsage, err: err}
}

// ended ends the program with a code, unless its last output failed.
func ended(code int, output error) error {
	switch {
	case output != nil:
		return failed(output, code)
	case code != exitOK:
		return &exitError{code: code}
	}
	return nil
}

// trouble ends the program because of its surroundings.
func trouble(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitUsage, oneLine(err)}
}

// oneLine joins the lines of an error, which is still the same to [failed].
func oneLine(err error) error { return inOneLine{err} }

type inOneLine struct{ error }

func (e inOneLine) Error() string { return strings.ReplaceAll(e.error.Error(), "\n", "; ") }
func (e inOneLine) Unwrap() error { return e.error }

// inWords takes the names of Go's functions out of an error about a number.
func inWords(_ *cobra.Command, err error) error {
	num, ok := errors.AsType[*strconv.NumError](err)
	if !ok {
		return err
	}
	reason := "not a whole number"
	if errors.Is(num, strconv.ErrRange) {
		reason = num.Err.Error()
	}
	return errors.New(strings.Replace(err.Error(), num.Error(), reason, 1))
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "escalation",
		Short: "Check, play and test the traffic of the Widget Escalation API",
		Long: `Check, play and test the traffic of the Widget Escalation API.

The API lets a CRM tell a chat widget about a queue, an agent, the agent's words
and the end of a conversation. Which event may be sent when is a small state
machine; this program knows it.

check and spec judge and explain; sandbox plays the platform, verify puts a CRM to
the test; trigger, listen and resend send, record and repeat single events; doctor
looks at settings. None of them needs an account, and none calls a host that it was
not given.`,
		Example: `  escalation sandbox
  escalation check traffic.jsonl
  escalation spec --format markdown`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	version := root.Flags().Bool("version", false, "print what the command version prints")
	root.RunE = func(cmd *cobra.Command, _ []string) error {
		if *version {
			return printVersion(cmd.OutOrStdout())
		}
		return errors.New("a command is missing")
	}
	root.SetFlagErrorFunc(inWords)
	root.AddCommand(newCheck(), newSpec(), newVersion())
	root.AddCommand(newTrigger(), newListen(), newResend(), newDoctor())
	root.AddCommand(newSandbox(), newVerify())
	strict(root)
	return root
}

// strict makes what cobra adds by itself treat a wrong command line as the other commands do: it would print help, and exit
// with 0.
func strict(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Args = func(_ *cobra.Command, args []string) error {
				_, _, err := root.Find(args)
				return err
			}
		case "completion":
			cmd.RunE = func(*cobra.Command, []string) error { return errors.New("the shell is missing") }
		}
	}
}

// unquoted leaves out the backquotes by which the usage of a flag names its value: cobra offers it to shells as it is.
type unquoted struct{ to io.Writer }

func (u unquoted) Write(p []byte) (int, error) {
	if _, err := u.to.Write(bytes.ReplaceAll(p, []byte("`"), nil)); err != nil {
		return 0, err
	}
	return len(p), nil
}
