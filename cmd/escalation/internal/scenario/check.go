package scenario

import (
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/escalationkit/escalation/cmd/escalation/internal/desk"
	"github.com/escalationkit/escalation/escalationtest/fakeapi"
	"github.com/escalationkit/escalation/events"
)

// The bounds of a scenario: what is larger is a mistake in the file.
const (
	maxTimes  = 10_000
	maxCopies = 200

	leastStatus, maxStatus = 200, 599
)

// Names of scenarios and of conversations become parts of conversation ids.
var nameForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

const nameDemand = `must be lower-case letters and digits, in words joined by "-"`

// check finds what is contradictory in a scenario whose every field is in order by itself.
func (d *decoder) check(sc *Scenario) {
	d.need(sc.Name != "", "", "name", "is missing")
	d.need(sc.Name == "" || nameForm.MatchString(sc.Name), "name", "", nameDemand)
	d.need(sc.About != "", "", "about", "is missing: one sentence about what is shown")
	d.need(len(sc.Steps) > 0, "", "steps", "there must be at least one")
	d.need(!d.has("", "copies") || sc.Copies >= 1 && sc.Copies <= maxCopies, "copies", "", "must be from 1 to %d", maxCopies)
	d.need(sc.Seed == 0 || sc.Chaos != nil, "seed", "", "goes with chaos")
	if sc.Chaos != nil {
		d.checkChaos(sc.Chaos)
	}
	for i := range sc.Steps {
		d.checkStep(&sc.Steps[i], fmt.Sprintf("steps[%d]", i), false)
	}
	conversations := sc.Conversations()
	for name := range sc.Widgets {
		at := join("widgets", name)
		d.need(name != firstConversation, at, "", `conversation "1" is that of widget`)
		d.need(slices.Contains(conversations, name), at, "", "no step is about this conversation")
	}
}

// need reports a problem with the field at path unless ok. A part that is missing there is named as well.
func (d *decoder) need(ok bool, path, missing, format string, args ...any) {
	if ok {
		return
	}
	field, line := path, d.lines[path]
	if missing != "" {
		field = join(path, missing)
		if own, is := d.lines[field]; is {
			line = own
		}
	}
	d.bad(line, field, format, args...)
}

// has reports whether the file has a field.
func (d *decoder) has(path, field string) bool {
	_, ok := d.lines[join(path, field)]
	return ok
}

// actions are the fields of which a step has exactly one, each with those that go with it.
var actions = map[string][]string{
	"visitor":   {"conversation", "times", "to", "text"},
	"agent":     {"conversation", "times", "refused"},
	"fault":     {"conversation", "times", "all"},
	"webhook":   {"conversation", "times", "all"},
	"redeliver": {"conversation", "times"},
	"key":       {},
	"wait":      {"conversation"},
	"together":  {},
}

var fieldsOfStep = fieldsOf(reflect.TypeFor[Step]())

func (d *decoder) checkStep(s *Step, path string, nested bool) {
	var has []string
	for _, name := range fieldsOfStep {
		if _, is := actions[name]; is && d.has(path, name) {
			has = append(has, name)
		}
	}
	if len(has) != 1 {
		d.need(false, path, "", "must have exactly one of visitor, agent, fault, webhook, redeliver, key, wait and together; it has %s", list(has))
		return
	}
	action := has[0]
	for _, name := range fieldsOfStep {
		if name != "note" && name != action && d.has(path, name) {
			d.need(slices.Contains(actions[action], name), join(path, name), "", "does not go with %s", action)
		}
	}
	d.need(!d.has(path, "conversation") || nameForm.MatchString(s.Conversation), join(path, "conversation"), "", nameDemand)
	d.need(!d.has(path, "times") || s.Times >= 1 && s.Times <= maxTimes, join(path, "times"), "", "must be from 1 to %d", maxTimes)
	d.need(!s.All || !d.has(path, "conversation"), join(path, "all"), "", "all conversations, or one: not both")
	switch action {
	case "visitor":
		d.checkVisitor(s, path)
	case "agent":
		d.checkAct(s, join(path, "agent"))
	case "fault":
		d.checkFault(s, join(path, "fault"))
	case "webhook":
		d.checkWebhook(s.Webhook, join(path, "webhook"))
	case "key":
		d.need(s.Key != "" && strings.TrimSpace(s.Key) == s.Key, join(path, "key"), "", "must be a key that a header can carry")
	case "wait":
		d.checkWait(s.Wait, join(path, "wait"))
	case "together":
		d.need(!nested, join(path, "together"), "", "must not stand in another")
		d.need(len(s.Together) > 1, join(path, "together"), "", "must have at least two steps")
		acting := map[string]bool{}
		for i := range s.Together {
			beside := &s.Together[i]
			at := fmt.Sprintf("%s.together[%d]", path, i)
			d.checkStep(beside, at, true)
			if beside.Agent != nil {
				d.need(!acting[beside.conversation()], join(at, "agent"), "", "another step beside it is of the same agent: nobody could tell their order")
				acting[beside.conversation()] = true
			}
		}
	}
}

func list(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, " and ")
}

func (d *decoder) checkVisitor(s *Step, path string) {
	d.need(s.Visitor == Escalate || !d.has(path, "to"), join(path, "to"), "", "goes with escalate")
	d.need(s.Visitor == Write || !d.has(path, "text"), join(path, "text"), "", "goes with write")
	d.need(s.Visitor != Write || s.Text != "", path, "text", "is missing")
	d.need(s.Visitor == Write || s.Times <= 1, join(path, "times"), "", "goes with write")
}

// checkVisits finds what no visitor can do, and webhooks that cannot have been sent, whatever the CRM does. What is done side by
// side is not looked into.
func (d *decoder) checkVisits(sc *Scenario) {
	here := map[string]bool{} // conversations whose visitor has escalated and not left
	sent := map[string]map[Sent]bool{}
	visit := func(s *Step) {
		id := s.conversation()
		if sent[id] == nil {
			sent[id] = map[Sent]bool{}
		}
		sent[id][webhookOf[s.Visitor]] = true
		here[id] = s.Visitor != Leave
	}
	for i := range sc.Steps {
		s := &sc.Steps[i]
		for j := range s.Together {
			if beside := &s.Together[j]; beside.Visitor != "" {
				visit(beside)
				here[beside.conversation()] = true
			}
		}
		id := s.conversation()
		switch {
		case s.Visitor != "":
			d.need(here[id] || s.Visitor == Escalate, fmt.Sprintf("steps[%d].visitor", i), "",
				"the visitor must escalate first: until then, and after he has left, the CRM hears nothing of him")
			visit(s)
		case s.Redeliver != "":
			d.need(sent[id][s.Redeliver], fmt.Sprintf("steps[%d].redeliver", i), "", "no %s of this conversation comes before it", s.Redeliver)
		}
	}
}

// checkAct lets a refused event be as wrong as its author wants.
func (d *decoder) checkAct(s *Step, path string) {
	d.need(s.Agent.EventType != nil, path, "eventType", "is missing")
	if s.Refused || s.Agent.EventType == nil {
		return
	}
	body, err := desk.Event(s.Agent.Fields()).Body("1")
	if err == nil {
		_, _, err = events.DecodeRequest(body)
	}
	d.need(err == nil, path, "", `is no event of the API (which only an agent whose step is "refused" may try): %v`, err)
}

func (d *decoder) checkFault(s *Step, path string) {
	f := s.Fault
	d.need(*f != Fault{}, path, "", "nothing goes wrong: it is empty")
	d.need(!d.has(path, "status") || f.Status >= leastStatus && f.Status <= maxStatus, join(path, "status"), "", "must be from %d to %d", leastStatus, maxStatus)
	if f.RetryAfter != "" {
		seconds, err := strconv.Atoi(f.RetryAfter)
		_, dateErr := http.ParseTime(f.RetryAfter)
		d.need(err == nil && seconds >= 0 || dateErr == nil, join(path, "retryAfter"), "", "must be a number of seconds, or a date as in HTTP")
	}
	if f.Cut == CutBeforeBody && !s.All {
		d.need(false, join(path, "cut"), "", `the conversation stands in the body: this cut goes with "all"`)
		return
	}
	var h holds
	defer h.releaseAll()
	err := tryOut(func(api *fakeapi.Server) error { return api.Next(f.Platform(h.after)) })
	d.need(err == nil, path, "", "%v", err)
}

func (d *decoder) checkWebhook(f *WebhookFault, path string) {
	d.need(*f != WebhookFault{}, path, "", "nothing goes wrong: it is empty")
	err := tryOut(func(api *fakeapi.Server) error { return api.NextWebhook(f.Platform()) })
	d.need(err == nil, path, "", "%v", err)
}

func (d *decoder) checkWait(w *Wait, path string) {
	limits := *w
	limits.Within = 0
	d.need(limits != Wait{}, path, "", "nothing is waited for: it is empty")
}

func (d *decoder) checkChaos(c *Chaos) {
	d.need(*c != Chaos{}, "chaos", "", "nothing goes wrong: it is empty")
	err := tryOut(func(api *fakeapi.Server) error { return api.SetChaos(c.Platform(0)) })
	d.need(err == nil, "chaos", "", "%v", err)
}

// firstConversation is the one of a step that names none.
const firstConversation = "1"

// Conversations returns the names of all conversations that steps are about, in order of first appearance.
func (sc *Scenario) Conversations() []string {
	var names []string
	sc.each(func(s *Step) {
		if name := s.conversation(); s.Key == "" && s.Together == nil && !s.All && !slices.Contains(names, name) {
			names = append(names, name)
		}
	})
	return names
}

// each calls f for every step, those that are played together included.
func (sc *Scenario) each(f func(*Step)) {
	for i := range sc.Steps {
		f(&sc.Steps[i])
		for j := range sc.Steps[i].Together {
			f(&sc.Steps[i].Together[j])
		}
	}
}

func (s *Step) conversation() string {
	if s.Conversation == "" {
		return firstConversation
	}
	return s.Conversation
}

func (s *Step) times() int { return max(s.Times, 1) }
