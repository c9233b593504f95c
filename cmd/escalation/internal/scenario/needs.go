package scenario

import (
	"net/http"
	"strconv"
	"time"
)

// Exclusive reports whether nothing else may be played on the platform meanwhile: the scenario does something to all
// conversations, or to what they have in common.
func (sc *Scenario) Exclusive() bool {
	exclusive := sc.Chaos != nil
	sc.each(func(s *Step) {
		exclusive = exclusive || s.All || s.Key != "" || s.Fault != nil && scopeStatus[s.Fault.Status]
	})
	return exclusive
}

// scopeStatus are the answers after which a client may well stop sending for its bot, in all conversations.
var scopeStatus = map[int]bool{
	http.StatusUnauthorized: true, http.StatusForbidden: true, http.StatusNotFound: true, http.StatusMethodNotAllowed: true,
}

// calm reports whether nothing goes wrong in the scenario but for what its people do.
func (sc *Scenario) calm() bool {
	calm := sc.Chaos == nil
	sc.each(func(s *Step) { calm = calm && s.Fault == nil && s.Webhook == nil && s.Key == "" })
	return calm
}

// longest returns by how much the file puts off anything at most.
func (sc *Scenario) longest() time.Duration {
	var longest Duration
	if sc.Chaos != nil {
		longest = sc.Chaos.MaxDelay
	}
	sc.each(func(s *Step) {
		if s.Fault != nil {
			asked, _ := seconds(s.Fault.RetryAfter) // a date in a file is long past
			longest = max(longest, s.Fault.Delay, s.Fault.Late, Duration(asked))
		}
		if s.Webhook != nil {
			longest = max(longest, s.Webhook.Delay)
		}
	})
	return time.Duration(longest)
}

// seconds reads a Retry-After that is a number of seconds.
func seconds(retryAfter string) (time.Duration, bool) {
	n, err := strconv.ParseUint(retryAfter, 10, 31)
	return time.Duration(n) * time.Second, err == nil
}

// NeedsDesk reports whether it can only be played with a desk: nobody else could be relied on to try what is not allowed.
func (sc *Scenario) NeedsDesk() bool {
	needs := false
	sc.each(func(s *Step) { needs = needs || s.Refused })
	return needs
}

// Rekeys reports whether it changes the platform's key.
func (sc *Scenario) Rekeys() bool {
	rekeys := false
	sc.each(func(s *Step) { rekeys = rekeys || s.Key != "" })
	return rekeys
}
