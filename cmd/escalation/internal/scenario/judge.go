package scenario

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

// Flooding is more than a steady sender that repeats with every fault could reach.
const (
	floodBase = 2000
	floodEach = 100 // for every event that the agent did
)

// flooded reports whether the CRM sent more than anybody would read.
func (r *run) flooded() bool {
	for _, t := range r.talks {
		t.mu.Lock()
		bound := floodBase + floodEach*len(t.asked)
		t.mu.Unlock()
		if t.trail.arrived() > bound {
			return true
		}
	}
	return false
}

// outcome judges what happened.
func (r *run) outcome() Outcome {
	var out Outcome
	findings := r.platform.Findings()
	for _, t := range r.talks {
		t.mu.Lock()
		reasons, notes := slices.Clone(t.reasons), slices.Clone(t.notes)
		out.Taken += t.taken
		follows := t.follows
		t.mu.Unlock()
		add := func(reason Reason, note bool) {
			reason.Conversation = t.id
			if note {
				notes = append(notes, reason)
			} else {
				reasons = append(reasons, reason)
			}
		}
		r.judgeWebhooks(t, add)
		r.judgeRules(t, findings, add)
		r.judgeHaste(t, add)
		r.judgeWidget(t, add)
		if has(reasons, Lost) { // which is why something was waited for in vain
			reasons, notes = demote(reasons, notes, NotDone)
			r.ask(t, add)
		}
		if follows && (has(reasons, Rule) || has(reasons, Unexpected)) { // which is why
			reasons, notes = demote(reasons, notes, Refused)
		}
		c := Conversation{Name: t.name, ID: t.id}
		for _, l := range r.platform.Widget(t.id) {
			c.Lines = append(c.Lines, Line{By: l.By.String(), Text: l.Text, Request: l.N})
		}
		if len(reasons) > 0 {
			c.Chart = r.platform.Report(t.id)
		}
		out.Conversations = append(out.Conversations, c)
		out.Reasons = append(out.Reasons, bound(reasons)...)
		out.Notes = append(out.Notes, bound(notes)...)
	}
	out.Took = time.Since(r.began)
	return out
}

// since returns the reasons that have come up since others were told. Keys change between scenarios, and whoever learns of that
// by an answer is not to blame.
func (r *run) since(told []Reason) []Reason {
	defer r.forget()
	return slices.DeleteFunc(r.outcome().Reasons, func(reason Reason) bool {
		return slices.Contains(told, reason) || reason.Rule == fakeapi.WrongKey.ID()
	})
}

// ask notes what the CRM itself says of a conversation in which something was lost, if it offers that.
func (r *run) ask(t *talk, add func(Reason, bool)) {
	if r.desk == nil {
		return
	}
	ctx, cancel := context.WithTimeout(r.parent, askTimeout)
	defer cancel()
	view, err := r.desk.View(ctx, t.id)
	if err != nil {
		return // it is a favour
	}
	text := fmt.Sprintf("the CRM itself says: state %s, %s still to be sent", view.State, count(view.Pending, "event"))
	if view.Parked != "" {
		text += ", parked: " + view.Parked
	}
	add(Reason{Kind: Lost, Text: text}, true)
}

const askTimeout = 2 * time.Second

func has(reasons []Reason, kind Kind) bool {
	return slices.ContainsFunc(reasons, func(r Reason) bool { return r.Kind == kind })
}

// demote makes notes of the reasons of a kind.
func demote(reasons, notes []Reason, kind Kind) (fewer, more []Reason) {
	for _, r := range reasons {
		if r.Kind == kind {
			notes = append(notes, r)
		} else {
			fewer = append(fewer, r)
		}
	}
	return fewer, notes
}

// bound keeps some reasons of each kind, and of each rule: no rule that was broken goes unnamed.
func bound(all []Reason) []Reason {
	type like struct {
		kind Kind
		rule string
	}
	count := map[like]int{}
	for _, r := range all {
		count[like{r.Kind, r.Rule}]++
	}
	var out []Reason
	kept := map[like]int{}
	for _, r := range all {
		l := like{r.Kind, r.Rule}
		kept[l]++
		if kept[l] == maxReasons && count[l] > maxReasons {
			r.Text += fmt.Sprintf(" (and %d more like this)", count[l]-maxReasons)
		}
		if kept[l] <= maxReasons {
			out = append(out, r)
		}
	}
	return out
}

// judgeWebhooks holds against the CRM every webhook that it did not take.
func (r *run) judgeWebhooks(t *talk, add func(Reason, bool)) {
	for _, w := range t.trail.delivered() {
		if !refusedBy(w) {
			continue
		}
		text := fmt.Sprintf("%s was answered %d; any answer but 2xx may make the platform give up", w.EventType, w.Status)
		if w.Status == 0 {
			text = fmt.Sprintf("%s got no answer: %s", w.EventType, w.Err)
		}
		add(Reason{Kind: Webhook, Text: text}, false)
	}
}

// judgeRules holds against the CRM every rule that one of its requests broke.
func (r *run) judgeRules(t *talk, findings []fakeapi.Finding, add func(Reason, bool)) {
	if r.flooded() {
		add(Reason{Kind: Flood, Text: fmt.Sprintf("the CRM sent %d requests; the run was stopped", t.trail.arrived())}, false)
	}
	for _, f := range findings {
		if f.ConversationID != t.id {
			continue
		}
		note := !f.Fault() || r.rekeys && f.Rule == fakeapi.WrongKey.ID()
		add(Reason{Kind: Rule, Rule: f.Rule, Request: f.N, Text: f.Detail}, note)
	}
}

// judgeWidget holds what the visitor saw against what the agent did, and against what the file says.
func (r *run) judgeWidget(t *talk, add func(Reason, bool)) {
	stopped, excused := r.cutShort(t)
	got, want := t.seen(), t.wanted()
	tell := func(found []finding) (differs bool) {
		for _, f := range found {
			if f.kind == Lost && excused {
				continue
			}
			differs = differs || !f.note
			add(Reason{Kind: f.kind, Request: f.request, Text: f.text}, f.note)
		}
		return differs
	}
	if r.desk != nil {
		if tell(compare(want, got)) {
			return // what follows would say the same once more
		}
	}
	if field, texts, given := r.text(t); given && !stopped && !r.opts.KindsOnly {
		found := compareFile(field, texts, want, got)
		if r.desk != nil { // the notes stand there already
			found = slices.DeleteFunc(found, func(f finding) bool { return f.note })
		}
		tell(found)
		lost := slices.ContainsFunc(found, func(f finding) bool { return f.kind == Lost })
		if lost && !excused && t.everLeft() { // the CRM may be right, and the file wrong
			add(Reason{Kind: Lost, Text: field + " demands what need not come any more once the visitor has left: let the scenario wait for the line before that, or leave out " + field}, true)
		}
	}
}

// cutShort reports whether the steps of a conversation, or of others of the same copy, ended early, and whether that excuses
// what is missing.
func (r *run) cutShort(t *talk) (stopped, excused bool) {
	for _, other := range r.talks {
		if other.copy != t.copy {
			continue
		}
		other.mu.Lock()
		stopped = stopped || other.stopped
		excused = excused || other.excused
		other.mu.Unlock()
	}
	return stopped, excused
}

// text returns the lines that the file wants, and the field where they stand.
func (r *run) text(t *talk) (field string, lines []string, given bool) {
	name, _, _ := strings.Cut(t.name, "/")
	field = join("widgets", name)
	if lines, given = r.sc.Widgets[name]; name == firstConversation {
		field, lines, given = "widget", r.sc.Widget, r.sc.Widget != nil
	}
	s := stage{copy: t.copy}
	lines = slices.Clone(lines)
	for i := range lines {
		lines[i] = s.fill(lines[i], 1)
	}
	return field, lines, given
}

// seen returns the lines that the CRM caused, by their fields.
func (t *talk) seen() []seen {
	told := t.trail.acknowledged()
	var out []seen
	for _, l := range t.trail.shown() {
		out = append(out, seen{key: l.key, label: l.Text, request: l.N, told: told[l.N]})
	}
	return out
}
