package rules_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/rules"
)

// build fails the test if the set is refused.
func build(t testing.TB, preset func(...rules.Rule) (*rules.Set, error), more ...rules.Rule) *rules.Set {
	t.Helper()
	set, err := preset(more...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func fine(rules.Facts, events.Outbound) error { return nil }

func ids(all []rules.Rule) []string {
	names := make([]string, len(all))
	for i, r := range all {
		names[i] = r.ID
	}
	return names
}

// alwaysFirst are the ids every set begins with.
var alwaysFirst = []string{
	"sequence", "body-size", "body-utf8", "body-json", "body-keys", "event-type", "conversation-id", "bot-id", "field-type",
	"field-kind", "queue-fields", "field-empty", "text-required", "field-utf8", "field-nul", "field-size",
}

func TestRulesOfAPreset(t *testing.T) {
	own := rules.Rule{ID: "own-1", Check: fine}
	want := append(slices.Clone(alwaysFirst), "avatar-https", "queue-position-positive", "waiting-time-whole", "own-1")
	for name, set := range map[string]*rules.Set{"strict": build(t, rules.Strict, own), "lenient": build(t, rules.Lenient, own)} {
		if diff := cmp.Diff(want, ids(set.Rules())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	bare, err := rules.New(fsm.Default())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(alwaysFirst, ids(bare.Rules())); diff != "" {
		t.Errorf("without any choice (-want +got):\n%s", diff)
	}
	if bare.Table() != fsm.Default() {
		t.Error("Table is not the one that was given")
	}
}

func TestEveryRuleSaysWhatItRestsOn(t *testing.T) {
	set := build(t, rules.Strict, rules.QueuePositionMayNotGrow(), rules.AgentRequired(), rules.MaxTextLength(9),
		rules.MinUpdateGap(time.Second), rules.UpdateChanges())
	for _, r := range set.Rules() {
		if strings.TrimSpace(r.Summary) == "" {
			t.Errorf("%s: no summary", r.ID)
		}
		if stated := r.Basis != events.Undocumented; stated != strings.HasPrefix(r.Source, "https://") {
			t.Errorf("%s: %v, source %q", r.ID, r.Basis, r.Source)
		}
	}
}

// The codes are read from the source of package events, so that a new one cannot be forgotten.
func TestEveryCodeHasARule(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../events/problem.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Code" {
			code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, code)
		}
		return true
	})
	if len(codes) != 15 {
		t.Errorf("read %d codes, expected 15", len(codes))
	}
	if diff := cmp.Diff(codes, ids(rules.PayloadRules())); diff != "" {
		t.Errorf("(-codes +rules):\n%s", diff)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, c := range []struct {
		why  string
		rule rules.Rule
		want error
	}{
		{"no id", rules.Rule{Check: fine}, rules.ErrBadRule},
		{"capitals", rules.Rule{ID: "Own", Check: fine}, rules.ErrBadRule},
		{"spaces", rules.Rule{ID: "my own", Check: fine}, rules.ErrBadRule},
		{"a hyphen at the end", rules.Rule{ID: "own-", Check: fine}, rules.ErrBadRule},
		{"two hyphens", rules.Rule{ID: "my--own", Check: fine}, rules.ErrBadRule},
		{"a line break after a good id", rules.Rule{ID: "own\n", Check: fine}, rules.ErrBadRule},
		{"no check", rules.Rule{ID: "own"}, rules.ErrBadRule},
		{"no such basis", rules.Rule{ID: "own", Basis: 9, Check: fine}, rules.ErrBadRule},
		{"inbound kinds, which no rule ever sees", rules.Rule{ID: "own", Kinds: events.InboundKinds(), Check: fine}, rules.ErrBadRule},
		{"a kind that does not exist", rules.Rule{ID: "own", Kinds: 1 << 12, Check: fine}, rules.ErrBadRule},
		{"no text may be so short", rules.MaxTextLength(0), rules.ErrBadRule},
		{"a negative length", rules.MaxTextLength(-1), rules.ErrBadRule},
		{"no gap", rules.MinUpdateGap(0), rules.ErrBadRule},
		{"a negative gap", rules.MinUpdateGap(-time.Second), rules.ErrBadRule},
		{"the guard's id", rules.Rule{ID: rules.SequenceID, Check: fine}, rules.ErrDuplicateID},
		{"a payload rule's id", rules.Rule{ID: string(events.CodeFieldNUL), Check: fine}, rules.ErrDuplicateID},
		{"the id of a rule of the preset", rules.Rule{ID: "avatar-https", Check: fine}, rules.ErrDuplicateID},
		{"a rule of the preset again", rules.WaitingTimeWhole(), rules.ErrDuplicateID},
	} {
		for name, preset := range map[string]func(...rules.Rule) (*rules.Set, error){"strict": rules.Strict, "lenient": rules.Lenient} {
			if set, err := preset(c.rule); !errors.Is(err, c.want) || set != nil {
				t.Errorf("%s, %s: got %v, %v; want %v", name, c.why, set, err, c.want)
			}
		}
	}
	if _, err := rules.Strict(rules.MaxTextLength(5), rules.MaxTextLength(9)); !errors.Is(err, rules.ErrDuplicateID) {
		t.Errorf("one rule with two limits: %v", err)
	}
}

func TestNewReportsAllProblemsTogether(t *testing.T) {
	_, err := rules.New(nil, rules.Rule{ID: "Bad One", Check: fine}, rules.AgentRequired(), rules.AgentRequired(), rules.Rule{ID: "checkless"})
	for _, want := range []error{rules.ErrNoTable, rules.ErrBadRule, rules.ErrDuplicateID} {
		if !errors.Is(err, want) {
			t.Errorf("%q is missing from:\n%v", want, err)
		}
	}
	for _, want := range []string{"no transition table", `"Bad One"`, `"agent-required"`, `"checkless"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not named in:\n%v", want, err)
		}
	}
}

func TestSetIsImmutable(t *testing.T) {
	mine := []rules.Rule{{ID: "own", Check: fine}}
	set, err := rules.New(fsm.Default(), mine...)
	if err != nil {
		t.Fatal(err)
	}
	broken := rules.Rule{ID: "broken", Check: func(rules.Facts, events.Outbound) error { return errors.New("no") }}
	mine[0] = broken
	for i, all := 0, set.Rules(); i < len(all); i++ {
		all[i] = broken
	}
	for i, all := 0, rules.PayloadRules(); i < len(all); i++ {
		all[i] = broken
	}
	if diff := cmp.Diff(append(slices.Clone(alwaysFirst), "own"), ids(set.Rules())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if d := set.Decide(rules.Facts{State: fsm.Connected}, events.Message{Text: "hi"}); d.Refusal != nil {
		t.Errorf("the set uses the caller's slice: %v", d.Refusal)
	}
}
