package scenario

import "net/http"

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

// steady reports whether what goes wrong in the scenario, if anything, is told to the CRM at once and can be seen in its
// conversations: nothing comes late by itself, nothing is cut off unseen, and no key changes.
func (sc *Scenario) steady() bool {
	steady := sc.Chaos == nil
	sc.each(func(s *Step) {
		late := s.Fault != nil && (s.Fault.Late > 0 || s.Fault.AfterNext)
		steady = steady && !s.All && !late && s.Webhook == nil && s.Key == ""
	})
	return steady
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
