package verify

import (
	"embed"
	"errors"
	"fmt"
	"slices"

	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
)

//go:embed scenarios/*.json
var files embed.FS

// names are the embedded scenarios, in the order in which they are listed and begun.
var names = []string{
	"normal",
	"no-queue",
	"failure",
	"text-unchanged",
	"equal-messages",
	"burst",
	"last-words",
	"many-conversations",
	"early-message",
	"connected-once",
	"message-after-end",
	"invalid-events",
	"visitor-leaves-waiting",
	"visitor-leaves-connected",
	"visitor-leaves-in-a-burst",
	"second-round",
	"doubled-webhooks",
	"reordered-webhooks",
	"lost-request",
	"unknown-outcome-of-a-message",
	"unknown-outcome-of-a-state",
	"late-copy",
	"timeout-after-processing",
	"rate-limited",
	"connection-cut",
	"outage",
	"unauthorized-mid-chat",
	"rotated-key",
	"chaos",
}

// Scenarios returns the embedded scenarios.
func Scenarios() ([]*scenario.Scenario, error) {
	var all []*scenario.Scenario
	var errs []error
	for _, name := range names {
		text, err := Source(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		sc, err := scenario.Parse(name+".json", text)
		all, errs = append(all, sc), append(errs, err)
	}
	return all, errors.Join(errs...)
}

// Names returns the names of the embedded scenarios.
func Names() []string { return slices.Clone(names) }

// Source returns the file of an embedded scenario.
func Source(name string) ([]byte, error) {
	text, err := files.ReadFile("scenarios/" + name + ".json")
	if err != nil {
		return nil, fmt.Errorf("verify: no scenario is called %q", name)
	}
	return text, nil
}
