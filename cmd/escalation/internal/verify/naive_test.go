package verify_test

import (
	"bufio"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
	"github.com/escalationkit/escalation/cmd/escalation/internal/verify"
)

// What examples/naivecrm has to fail for, and what not.
var (
	overtakes = []string{"order"}
	noGuard   = []string{"rule sequence", "unexpected"}
	givesUp   = []string{"lost"}
	hammers   = []string{"lost", "too-soon"}
	naively   = map[string][]string{
		"normal": nil, "no-queue": nil, "failure": nil, "text-unchanged": nil, "equal-messages": nil, "second-round": nil,

		"burst": overtakes, "many-conversations": overtakes, "visitor-leaves-in-a-burst": overtakes, "lost-request": overtakes,
		"unknown-outcome-of-a-message": overtakes, "late-copy": overtakes, "timeout-after-processing": overtakes, "connection-cut": overtakes,

		"early-message": noGuard, "connected-once": noGuard, "message-after-end": noGuard, "visitor-leaves-waiting": noGuard,
		"visitor-leaves-connected": noGuard, "doubled-webhooks": noGuard, "reordered-webhooks": noGuard,

		"rate-limited": hammers, "outage": hammers, "unauthorized-mid-chat": givesUp,

		"invalid-events":             {"rule event-type", "rule field-empty", "rule queue-fields", "rule text-required"},
		"unknown-outcome-of-a-state": {"order", "rule sequence"}, "last-words": {"order", "rule sequence"},
	}
)

// TestNaiveFails: the CRM that everybody writes first fails where it has to, for the right reasons, and passes where nothing
// goes wrong. Chaos has it fail in one way or another.
func TestNaiveFails(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "naivecrm")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/escalationkit/escalation/examples/naivecrm").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var shared []*scenario.Scenario
	for _, sc := range everything(t) {
		if !sc.Exclusive() && !loses(sc) {
			shared = append(shared, sc)
			continue
		}
		t.Run(sc.Name, func(t *testing.T) {
			t.Parallel()
			realTime(t, func(t *trial) { judgeNaive(t, program, sc) })
		})
	}
	t.Run("side by side", func(t *testing.T) {
		t.Parallel()
		realTime(t, func(t *trial) { judgeNaive(t, program, shared...) })
	})
}

// loses reports whether something may be waited for in vain.
func loses(sc *scenario.Scenario) bool {
	return sc.Name == "chaos" || slices.Contains(naively[sc.Name], "lost")
}

func judgeNaive(t *trial, program string, scenarios ...*scenario.Scenario) {
	p := listen(t.T)
	hook, at := startNaive(t.T, program, p.URL)
	agent, err := desk.NewClient(at, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(agent.Close)
	opts := &verify.Options{Seed: 1}
	if slices.ContainsFunc(scenarios, loses) {
		opts.Timeout = 6 * time.Second // all of it is waited
	}
	report, err := verify.Run(t.Context(), p, verify.CRM{Webhook: hook, Desk: agent}, scenarios, opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Results {
		got := reasons(r)
		slices.Sort(got)
		want, known := naively[r.Name]
		switch {
		case r.Name == verify.Others:
		case r.Name == "rotated-key":
			if r.Status != verify.Skipped {
				t.Errorf("%s: %s, but nobody can tell it a key", r.Name, r.Status)
			}
			continue
		case r.Name == "chaos":
			if r.Status != verify.Failed {
				t.Errorf("%s: %s", r.Name, r.Status)
			}
			continue
		case !known:
			t.Errorf("nobody said what becomes of %s", r.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			var text strings.Builder
			_ = verify.ResultText(&text, r, true)
			t.Errorf("%s (-want +got)\n%s\n%s", r.Name, diff, &text)
		}
	}
}

// startNaive starts the program, which ends with the test, and returns the URLs of its webhook and its desk.
func startNaive(t *testing.T, program, base string) (hook, at string) {
	t.Helper()
	// It gives up in the middle between answers that are late and those that are too late.
	cmd := exec.CommandContext(t.Context(), program, "--api", base, "--bot", bot, "--key", key, "--timeout", "2750ms")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // killed by the context, which ends before
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(line, "naive crm: webhook %s desk %s", &hook, &at); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return hook, at
}
