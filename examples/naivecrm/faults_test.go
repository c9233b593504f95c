package main

import (
	"net/http"
	"testing"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// The tests are numbered as the list in the package comment: each shows that the fault is there.

func TestWorksWhenNothingGoesWrong(t *testing.T) {
	w := newWorld(t)
	w.escalate()
	w.takes(update)
	w.wantWidget("You are number 3 in the queue")
	w.takes(success)
	w.wantWidget("You are number 3 in the queue", "Ann joined")
	w.takes(message("one"))
	w.wantWidget("You are number 3 in the queue", "Ann joined", "Ann: one")
	w.takes(disconnect)
	w.wantWidget("You are number 3 in the queue", "Ann joined", "Ann: one", "The agent left")
	w.wantBroken()
}

func TestFault1EventsOvertake(t *testing.T) {
	w := newWorld(t)
	w.escalate()
	slow := w.next(fakeapi.Fault{Hold: &fakeapi.Hold{}})
	w.takes(success)
	must(t, slow.Wait(bounded(t), 1))
	w.takes(message("one"))
	must(t, w.api.WaitWidget(bounded(t), "1", 1))
	slow.Release()
	w.wantWidget("Agent: one", "Ann joined")
	w.wantBroken(`request 2: message out of order in round 1 of conversation "1"; before it came nothing`)
}

func TestFault2ToldBeforeItIsTrue(t *testing.T) {
	w := newWorld(t)
	w.takes("this is no event")
	w.idle()
	w.wantAnswers(400, 400, 400)
	w.wantWidget()
}

func TestFault3NoGuard(t *testing.T) {
	w := newWorld(t)
	w.escalate()
	w.takes(message("too early"))
	w.wantWidget("Agent: too early")
	w.wantBroken(`request 1: message out of order in round 1 of conversation "1"; before it came nothing`)
}

func TestFault4SendsAfterTheVisitorLeft(t *testing.T) {
	w := newWorld(t)
	w.escalate()
	w.takes(success)
	w.wantWidget("Ann joined")
	w.leave()
	w.takes(message("anybody there?"))
	w.wantWidget("Ann joined", "Ann: anybody there?")
	w.wantBroken(`request 2: message after the visitor left in round 1 of conversation "1"; before it came escalationSuccess`)
}

func TestFault4SendsAfterTheEnd(t *testing.T) {
	w := newWorld(t)
	w.escalate()
	w.takes(success)
	w.wantWidget("Ann joined")
	w.takes(disconnect)
	w.wantWidget("Ann joined", "The agent left")
	w.takes(message("one more thing"))
	w.wantWidget("Ann joined", "The agent left", "Ann: one more thing")
	w.wantBroken(`request 3: message out of order in round 1 of conversation "1"; before it came escalationSuccess, agentDisconnect`)
}

func TestFault5SendsAgainBehindALaterOne(t *testing.T) {
	for why, fault := range map[string]fakeapi.Fault{
		"an error after it was taken in":       {Status: 502, Process: fakeapi.ProcessAnyway, Hold: &fakeapi.Hold{}},
		"the connection broke after it was":    {Cut: fakeapi.CutAfterBody, Process: fakeapi.ProcessAnyway, Hold: &fakeapi.Hold{}},
		"asked to wait, though it was":         {Status: 503, Process: fakeapi.ProcessAnyway, Hold: &fakeapi.Hold{}},
		"redirected to nowhere, though it was": {Status: 302, Process: fakeapi.ProcessAnyway, Hold: &fakeapi.Hold{}},
	} {
		t.Run(why, func(t *testing.T) {
			w := newWorld(t)
			w.escalate()
			w.takes(success)
			w.wantWidget("Ann joined")
			slow := w.next(fault)
			w.takes(message("one"))
			must(t, slow.Wait(bounded(t), 1))
			w.takes(message("two"))
			must(t, w.api.WaitWidget(bounded(t), "1", 3))
			slow.Release()
			w.wantWidget("Ann joined", "Ann: one", "Ann: two", "Ann: one")
		})
	}
}

// TestFault5SuccessTwice: the second one is of an event that must not come twice, and it did not wait for an answer that
// was on its way.
func TestFault5SuccessTwice(t *testing.T) {
	w := newWorld(t)
	w.escalate()
	w.next(fakeapi.Fault{Status: 504, Process: fakeapi.ProcessAnyway})
	w.takes(success)
	w.wantWidget("Ann joined", "Ann joined")
	w.wantBroken(`request 2: escalationSuccess out of order in round 1 of conversation "1"; before it came escalationSuccess; a repeat`)
}

func TestFault6GivesUpOn401(t *testing.T) {
	w := newWorld(t)
	w.escalate()
	w.takes(success)
	w.wantWidget("Ann joined")
	must(t, w.api.SetKey(bot, "key-2"))
	w.takes(message("one"))
	w.idle()
	must(t, w.api.SetKey(bot, key)) // all is as it was
	w.takes(message("two"))
	w.idle()
	w.wantAnswers(200, 401, 200)
	w.wantWidget("Ann joined", "Ann: two")
}

func TestFault7ThreeTimesAndGone(t *testing.T) {
	for _, c := range []struct {
		why    string
		fault  fakeapi.Fault
		status int
	}{
		{"asked to come back in a minute", fakeapi.Fault{Status: 429, Header: http.Header{"Retry-After": {"60"}}}, 429},
		{"an outage", fakeapi.Fault{Status: 503}, 503},
		{"it says no to this event", fakeapi.Fault{Status: 400}, 400},
		{"the address is wrong", fakeapi.Fault{Status: 404}, 404},
	} {
		t.Run(c.why, func(t *testing.T) {
			w := newWorld(t)
			w.escalate()
			must(t, w.api.Always(c.fault))
			w.takes(success)
			w.idle() // within the test's time: it did not wait
			w.api.ClearFaults()
			w.takes(message("one"))
			w.idle()
			w.wantAnswers(c.status, c.status, c.status, 200)
			w.wantWidget("Agent: one")
		})
	}
}

func TestFault8NothingIsKept(t *testing.T) {
	w := newWorld(t)
	w.escalate()
	slow := w.next(fakeapi.Fault{Hold: &fakeapi.Hold{}, Process: fakeapi.ProcessNever})
	w.takes(success)
	must(t, slow.Wait(bounded(t), 1))
	w.crm.stop()
	must(t, w.api.WaitEnded(bounded(t), 1)) // it went away unanswered
	w.restart()
	w.takes(message("one"))
	w.idle()
	w.wantWidget("Agent: one")
	w.wantBroken(`request 2: message out of order in round 1 of conversation "1"; before it came nothing`)
}

func TestFault9TakesWebhooksFromAnybody(t *testing.T) {
	w := newWorld(t)
	for _, body := range []string{`{"botId":"somebody else's"}`, "not even JSON", ""} {
		if got := w.post("/webhook", body); got != http.StatusOK {
			t.Errorf("%q is answered %d", body, got)
		}
	}
}
