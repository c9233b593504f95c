package verify_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
	"github.com/escalationkit/escalation/cmd/escalation/internal/verify"
)

// ruled returns a CRM without a desk. A rule of its own answers each webhook with some events, given as JSON without their
// conversation.
func ruled(rule func(eventType, text string) []string) *crm {
	c := &crm{}
	var one sync.Mutex // after the other
	c.webhook = func(_ http.ResponseWriter, r *http.Request) {
		var hook struct {
			Data struct{ PlatformConversationID, EventType, Text string }
		}
		if json.NewDecoder(r.Body).Decode(&hook) != nil {
			return
		}
		go func() { // acknowledged first, processed later
			one.Lock()
			defer one.Unlock()
			for _, event := range rule(hook.Data.EventType, hook.Data.Text) {
				c.send([]byte(strings.Replace(event, "{", `{"platformConversationId":"`+hook.Data.PlatformConversationID+`",`, 1)))
			}
		}()
	}
	return c
}

const (
	queue = `{"eventType":"escalationQueueUpdate"}`
	join  = `{"eventType":"escalationSuccess","agent":"The robot"}`
	end   = `{"eventType":"agentDisconnect"}`
)

func say(text string) string { return `{"eventType":"message","text":"` + text + `"}` }

// TestWithoutADesk: a rule in the CRM plays the agent, in its own words.
func TestWithoutADesk(t *testing.T) {
	t.Parallel()
	robot := ruled(func(eventType, text string) []string {
		switch {
		case eventType == "widgetEscalate":
			return []string{queue, queue, join, say("I am a robot")}
		case strings.Contains(text, "4711"):
			return []string{say("I do not know")}
		case strings.Contains(text, "Thank"):
			return []string{end}
		}
		return nil
	})
	var waits []string
	opts := &verify.Options{Seed: 35, Timeout: 10 * time.Second, Quiet: 20 * time.Millisecond, OnWait: func(text string) { waits = append(waits, text) }}
	report := play(t, robot, opts, embedded(t, "normal"), embedded(t, "early-message"))
	status := map[string]verify.Status{}
	for _, r := range report.Results {
		status[r.Name] = r.Status
	}
	want := map[string]verify.Status{"normal": verify.Passed, "early-message": verify.Skipped, verify.Others: verify.Passed}
	if diff := cmp.Diff(want, status); diff != "" {
		t.Errorf("(-want +got)\n%s\n%+v", diff, report.Results)
	}
	if why := report.Results[1].Why; why != "it needs a desk: the agent tries what is not allowed" {
		t.Errorf("skipped: %s", why)
	}
	for _, wait := range waits {
		if !strings.HasPrefix(wait, "normal: steps[") || !strings.HasSuffix(wait, "in conversation verify-z-normal-1") {
			t.Errorf("told %q", wait)
		}
	}
}

// TestWaitingInVain: nobody plays the agent.
func TestWaitingInVain(t *testing.T) {
	t.Parallel()
	nobody := ruled(func(string, string) []string { return nil })
	var waits []string
	opts := &verify.Options{Seed: 35, Timeout: 4 * time.Second, Quiet: time.Millisecond, OnWait: func(text string) { waits = append(waits, text) }}
	report := play(t, nobody, opts, embedded(t, "normal"))
	if diff := cmp.Diff([]string{`normal: steps[1]: waiting for the CRM to send "escalationQueueUpdate queuePosition 3, waitingTime 12" in conversation verify-z-normal-1`}, waits); diff != "" {
		t.Errorf("told (-want +got)\n%s", diff)
	}
	normal := report.Results[0]
	if diff := cmp.Diff([]string{"not-done"}, reasons(normal)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := normal.Reasons[0].Text; got != `steps[1]: the CRM did not send "escalationQueueUpdate queuePosition 3, waitingTime 12"` {
		t.Errorf("reason %q", got)
	}
}

// TestOwnScenarioWithoutADesk: in a scenario that was written for the CRM, the words count.
func TestOwnScenarioWithoutADesk(t *testing.T) {
	t.Parallel()
	const own = `{
	  "name": "greeting", "about": "The robot greets.",
	  "steps": [
	    {"visitor": "escalate", "to": "support"},
	    {"agent": {"eventType": "escalationSuccess", "agent": "The robot"}},
	    {"wait": {"text": "The robot: Welcome"}}
	  ],
	  "widget": ["The robot joined", "The robot: Welcome"]
	}`
	for _, tc := range []struct {
		why, greeting string
		timeout       time.Duration
		want          []string
	}{
		{"as it is written", "Welcome", 30 * time.Second, nil},
		{"other words", "Hello", 3 * time.Second, []string{"not-done"}}, // all of it is waited
	} {
		robot := ruled(func(eventType, _ string) []string {
			if eventType == "widgetEscalate" {
				return []string{join, say(tc.greeting)}
			}
			return nil
		})
		report := play(t, robot, &verify.Options{Own: true, Timeout: tc.timeout, Quiet: time.Millisecond}, parse(t, own))
		if diff := cmp.Diff(tc.want, reasons(report.Results[0])); diff != "" {
			t.Errorf("%s (-want +got)\n%s\n%+v", tc.why, diff, report.Results[0].Reasons)
		}
	}
	// Without the wait, the widget alone says so.
	robot := ruled(func(eventType, _ string) []string {
		if eventType == "widgetEscalate" {
			return []string{join, say("Hello")}
		}
		return nil
	})
	short := strings.Replace(own, `,
	    {"wait": {"text": "The robot: Welcome"}}`, "", 1)
	report := play(t, robot, &verify.Options{Own: true, Timeout: time.Second, Quiet: time.Millisecond}, parse(t, short))
	if diff := cmp.Diff([]string{"unexpected"}, reasons(report.Results[0])); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestOneAfterTheOther: somebody who plays the agent, and does what he is told to, has two hands.
func TestOneAfterTheOther(t *testing.T) {
	t.Parallel()
	var happened []string
	agent := ruled(func(string, string) []string { return nil })
	opts := &verify.Options{
		Quiet: time.Millisecond,
		OnWait: func(text string) {
			happened = append(happened, "wait "+text[:1])
			agent.send([]byte(`{"platformConversationId":"` + text[strings.LastIndex(text, " ")+1:] + `","eventType":"escalationFailed"}`))
		},
		OnResult: func(r verify.Result) { happened = append(happened, "result "+r.Name[:1]) },
	}
	var all []*scenario.Scenario
	for _, name := range []string{"a", "b", "c"} {
		all = append(all, parse(t, `{"name": "`+name+`", "about": "x", "steps": [{"visitor": "escalate"}, {"agent": {"eventType": "escalationFailed"}}]}`))
	}
	play(t, agent, opts, all...)
	want := []string{"wait a", "result a", "wait b", "result b", "wait c", "result c", "result o"}
	if diff := cmp.Diff(want, happened); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
