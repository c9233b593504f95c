package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/escalationkit/escalation/cmd/escalation/internal/doctor"
	"github.com/escalationkit/escalation/transport/httptransport"
)

// apiFlags are the flags of a command that calls the API as a CRM does.
type apiFlags struct {
	api, bot, key string
}

// addAPI gives cmd these flags. A platform on this machine has a bot and a key by default, so they need not be given for it.
func addAPI(cmd *cobra.Command, usage string) *apiFlags {
	f := &apiFlags{}
	fs := cmd.Flags()
	fs.StringVar(&f.api, "api", "", usage)
	fs.StringVar(&f.bot, "bot", "", "bot `ID` (default: my-bot, except for an API on another machine)")
	fs.StringVar(&f.key, "key", "", "API `KEY` (default: $"+keyVariable+"; my-key for an API on this machine)")
	return f
}

// resolve fills in what the environment and the defaults hold.
func (f *apiFlags) resolve() {
	f.key = cmp.Or(f.key, os.Getenv(keyVariable))
	if f.api == "" || onThisMachine(f.api) {
		f.bot = cmp.Or(f.bot, "my-bot")
		f.key = cmp.Or(f.key, "my-key")
	}
}

// transport returns what sends to the API, or every problem of the flags. No error holds the key.
func (f *apiFlags) transport(timeout time.Duration) (*httptransport.Transport, error) {
	problems := []error{checkBaseURL("--api", f.api)}
	if f.bot == "" {
		problems = append(problems, errors.New("--bot is missing"))
	}
	if f.key == "" {
		problems = append(problems, errors.New("the key is missing: set $"+keyVariable+" or give --key"))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	provider, err := httptransport.Static(f.bot, f.key)
	if err != nil {
		return nil, fmt.Errorf("--bot, --key: %w", err)
	}
	return httptransport.New(provider, &httptransport.Config{BaseURL: f.api, AttemptTimeout: timeout, Logger: silent()})
}

// checkBaseURL says what is wrong with the base URL that a flag gives.
func checkBaseURL(flag, base string) error {
	err := doctor.CheckBaseURL(base)
	if refused, ok := errors.AsType[*httptransport.BaseURLError](err); ok {
		return fmt.Errorf("%s: %s", flag, refused.Problem)
	}
	return err
}

func silent() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// onThisMachine reports whether a URL names a loopback host, without asking a resolver.
func onThisMachine(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return strings.EqualFold(u.Hostname(), "localhost") || err == nil && addr.IsLoopback()
}

// checkTimeout says what is wrong with the value of a flag --timeout.
func checkTimeout(d time.Duration) error {
	if d <= 0 {
		return errors.New("--timeout must be more than nothing")
	}
	return nil
}
