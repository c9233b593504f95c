package invariant

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/escalationkit/escalation/store"
)

// ID names an invariant.
type ID uint8

// The invariants. The package documentation says what they demand. The zero ID stands for a World that contradicts itself: a
// mistake of the suite, not of what it judges.
const (
	I1 ID = iota + 1
	I2
	I3
	I4
	I5
	I6
	I7
	I8
	I9
	I10
	I11
	I12
)

// IDs returns all invariants in order.
func IDs() []ID { return []ID{I1, I2, I3, I4, I5, I6, I7, I8, I9, I10, I11, I12} }

// String returns the name, such as I7.
func (id ID) String() string {
	if id == 0 {
		return "world"
	}
	return fmt.Sprintf("I%d", uint8(id))
}

// Violation is one place where an invariant does not hold.
type Violation struct {
	Invariant    ID
	Conversation store.Key
	Number       uint64 // of the event; 0 if it is none's
	Detail       string // without texts, ids and keys
}

// String tells it in one line, which names the conversation.
func (v Violation) String() string {
	at := ""
	if v.Number != 0 {
		at = fmt.Sprintf(" at event %d", v.Number)
	}
	return fmt.Sprintf("%v broken in %q%s: %s", v.Invariant, v.Conversation, at, v.Detail)
}

// Part is a part of an invariant, judged by itself because it needs data of its own.
type Part struct {
	Invariant ID
	Name      string
	Needs     Ability
}

// String returns a name such as I7/promises.
func (p Part) String() string { return p.Invariant.String() + "/" + p.Name }

// Report is what Check found.
type Report struct {
	Violations []Violation // in the order of the parts, then of the conversations
	Judged     []Part
	Unjudged   []Gap
}

// Gap is a part that was not judged.
type Gap struct {
	Part
	Lacks Ability
}

// Broken returns the invariants that are broken, in order.
func (r Report) Broken() []ID {
	var ids []ID
	for _, v := range r.Violations {
		if !slices.Contains(ids, v.Invariant) {
			ids = append(ids, v.Invariant)
		}
	}
	slices.Sort(ids)
	return ids
}

// Err returns nil if nothing is broken and every part of the invariants given was judged, so that a suite that lost some of
// its data does not pass. Of what is broken it tells at most ten places.
func (r Report) Err(required ...ID) error {
	const most = 10
	var problems []error
	for i, v := range r.Violations {
		if i == most {
			problems = append(problems, fmt.Errorf("invariant: and %d more", len(r.Violations)-most))
			break
		}
		problems = append(problems, errors.New("invariant: "+v.String()))
	}
	for _, g := range r.Unjudged {
		if slices.Contains(required, g.Invariant) {
			problems = append(problems, fmt.Errorf("invariant: %v was not judged for want of: %v", g.Part, g.Lacks))
		}
	}
	return errors.Join(problems...)
}

// String tells what was judged and what was not.
func (r Report) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d violations; judged:", len(r.Violations))
	for _, p := range r.Judged {
		fmt.Fprintf(&out, " %v", p)
	}
	for _, g := range r.Unjudged {
		fmt.Fprintf(&out, "; not judged: %v (lacks %v)", g.Part, g.Lacks)
	}
	return out.String()
}

// parts are all parts of all invariants.
var parts = []struct {
	Part
	judge func(*subject)
}{
	{Part{I1, "record", Record}, numbersGapFree},
	{Part{I1, "calls", Calls | Times}, numbersFollowCalls},
	{Part{I2, "order", onTrace}, firstArrivalsInOrder},
	{Part{I2, "skips", onTrace}, skipsAreRecorded},
	{Part{I2, "protocol", onTrace}, arrivalsFollowProtocol},
	{Part{I3, "trace", onTrace}, nothingOldArrives},
	{Part{I3, "log", Log}, nothingOldBegins},
	{Part{I4, "trace", onTrace}, copiesAreAdmitted},
	{Part{I4, "results", Record | Results}, duplicatesAreTold},
	{Part{I5, "trace", onTrace}, messagesReachAnAgent},
	{Part{I5, "rounds", onTrace | Rounds}, roundsOpenFirst},
	{Part{I6, "trace", onTrace}, acknowledgedArrived},
	{Part{I7, "record", Record}, resolvedOrPending},
	{Part{I7, "moments", Record | moments}, resultsStay},
	{Part{I7, "promises", Record | Calls}, promisesAreKept},
	{Part{I7, "origins", Record | Calls}, nothingFromNowhere},
	{Part{I7, "results", Record | Results}, resultsAreTold},
	{Part{I7, "webhooks", Record | Webhooks}, webhooksAreKept},
	{Part{I8, "record", Record}, acceptedIsFold},
	{Part{I9, "moments", Record | moments}, nothingGoesBack},
	{Part{I10, "record", Record}, overMeansOver},
	{Part{I10, "moments", Record | moments}, parkedStandsStill},
	{Part{I10, "trace", onTrace | Rounds}, endedRoundsFallSilent},
	{Part{I10, "log", Log}, nothingBeginsTooLate},
	{Part{I11, "park", Record}, parksHaveReasons},
	{Part{I11, "list", Record | Parks}, parksAreListed},
	{Part{I11, "calm", Record | calm}, calmMeansDrained},
	{Part{I11, "webhooks", Record | Webhooks | calm}, calmMeansTaken},
	{Part{I12, "record", Record}, recordAgrees},
	{Part{I12, "state", Record}, stateAgrees},
	{Part{I12, "trace", onTrace}, traceIsExplained},
	{Part{I12, "log", Record | Log}, logAgrees},
	{Part{I12, "log and trace", onTrace | Log}, logExplainsTrace},
}

// onTrace is what it takes to tell which event an arrival is of.
const onTrace = Record | Trace | Calls

// Check judges a world by everything that it gives the data for.
func Check(w World) Report {
	var r Report
	r.Violations = contradictions(&w)
	if len(r.Violations) > 0 {
		for _, p := range parts {
			r.Unjudged = append(r.Unjudged, Gap{Part: p.Part})
		}
		return r
	}
	has := w.knows()
	subjects := make([]*subject, len(w.Conversations))
	for i := range subjects {
		subjects[i] = newSubject(&w, &w.Conversations[i], has)
	}
	for _, p := range parts {
		if lacks := p.Needs &^ has; lacks != 0 {
			r.Unjudged = append(r.Unjudged, Gap{p.Part, lacks})
			continue
		}
		r.Judged = append(r.Judged, p.Part)
		for _, s := range subjects {
			s.judging = p.Invariant
			p.judge(s)
			r.Violations = append(r.Violations, s.found...)
			s.found = nil
		}
	}
	return r
}
