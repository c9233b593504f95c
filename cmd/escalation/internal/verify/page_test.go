package verify_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
	"github.com/escalationkit/escalation/cmd/escalation/internal/verify"
	"github.com/escalationkit/escalation/webhook"
)

// page returns the reference of the format.
func page(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../../../docs/scenario-files.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var row = regexp.MustCompile("(?m)^\\| `([a-zA-Z]+)` \\| (.*?) \\|")

// types are what the page calls the types of fields.
var types = map[reflect.Type][]string{
	reflect.TypeFor[string]():                 {"string"},
	reflect.TypeFor[*string]():                {"string"},
	reflect.TypeFor[int]():                    {"number"},
	reflect.TypeFor[uint64]():                 {"number"},
	reflect.TypeFor[float64]():                {"chance"},
	reflect.TypeFor[bool]():                   {"true or false"},
	reflect.TypeFor[*bool]():                  {"true or false"},
	reflect.TypeFor[scenario.Duration]():      {"time"},
	reflect.TypeFor[[]string]():               {"list of strings"},
	reflect.TypeFor[map[string][]string]():    {"object"},
	reflect.TypeFor[[]scenario.Step]():        {"list of [steps](#steps)", "list of steps"},
	reflect.TypeFor[*scenario.Act]():          {"[event](#what-the-agent-does)"},
	reflect.TypeFor[*scenario.Fault]():        {"[fault](#faults)"},
	reflect.TypeFor[*scenario.WebhookFault](): {"[webhook fault](#webhook-faults)"},
	reflect.TypeFor[*scenario.Wait]():         {"[wait](#waiting)"},
	reflect.TypeFor[*scenario.Chaos]():        {"[chaos](#chaos)"},
	reflect.TypeFor[scenario.Move]():          {"`escalate`, `write`, `leave`"},
	reflect.TypeFor[scenario.Sent]():          {"`widgetEscalate`, `widgetMessage`, `widgetEndSession`"},
	reflect.TypeFor[scenario.Cut]():           {"`before-body`, `after-body`, `in-answer`"},
	reflect.TypeFor[scenario.State]():         {"`none`, `pending`, `queued`, `connected`, `failed`, `ended`"},
}

// TestPageListsTheFields: each table of the page has the fields of one type of the decoder, in order, with their types.
func TestPageListsTheFields(t *testing.T) {
	text := page(t)
	for heading, of := range map[string]reflect.Type{
		"## The file":             reflect.TypeFor[scenario.Scenario](),
		"## Steps":                reflect.TypeFor[scenario.Step](),
		"### What the agent does": reflect.TypeFor[scenario.Act](),
		"### Faults":              reflect.TypeFor[scenario.Fault](),
		"### Webhook faults":      reflect.TypeFor[scenario.WebhookFault](),
		"### Waiting":             reflect.TypeFor[scenario.Wait](),
		"## Chaos":                reflect.TypeFor[scenario.Chaos](),
	} {
		_, section, found := strings.Cut(text, "\n"+heading+"\n")
		if !found {
			t.Errorf("the page has no heading %q", heading)
			continue
		}
		section, _, _ = strings.Cut(section, "\n#")
		var fields, kinds []string
		for _, m := range row.FindAllStringSubmatch(section, -1) {
			fields, kinds = append(fields, m[1]), append(kinds, m[2])
		}
		var want []string
		for i := range of.NumField() {
			want = append(want, of.Field(i).Tag.Get("json"))
		}
		if diff := cmp.Diff(want, fields); diff != "" {
			t.Errorf("%s (-decoder +page)\n%s", heading, diff)
			continue
		}
		for i, kind := range kinds {
			allowed := types[of.Field(i).Type]
			if len(allowed) == 0 || kind != allowed[0] && kind != allowed[len(allowed)-1] {
				t.Errorf("%s: %s is %q on the page, want %q", heading, fields[i], kind, allowed)
			}
		}
	}
}

// TestPageExamples: whole scenarios are played against the demo CRM and pass; single steps are read.
func TestPageExamples(t *testing.T) {
	t.Parallel()
	var all []*scenario.Scenario
	steps := 0
	for _, m := range regexp.MustCompile("(?s)\n```json\n(.*?)```\n").FindAllStringSubmatch(page(t), -1) {
		if strings.Contains(m[1], `"name"`) {
			all = append(all, parse(t, m[1]))
			continue
		}
		parse(t, `{"name": "x", "about": "y", "steps": [`+m[1]+`]}`)
		steps++
	}
	if len(all) != 2 || steps != 4 {
		t.Fatalf("found %d scenarios and %d steps", len(all), steps)
	}
	realTime(t, func(t *trial) {
		p := listen(t.T)
		demo, agent := startDemo(t.T, p, webhook.NoVerification())
		report, err := verify.Run(t.Context(), p, verify.CRM{Webhook: demo.WebhookURL(), Desk: agent}, all, &verify.Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if !report.Passed() {
			t.Errorf("not everything passed:\n%s", text(report))
		}
	})
}

// TestPageShowsTheErrors: what the page shows of wrong files is what Parse says.
func TestPageShowsTheErrors(t *testing.T) {
	_, err := scenario.Parse("broken.json", []byte("{\"name\": \"broken\",\n\"about\": \"Wrong.\",\n\"steps\": [\n\n"+
		"{\"visitor\": \"shout\"},\n{\"agent\": {\"eventType\": \"escalationFailed\"},\n\"times\": \"2\"}]}"))
	if err == nil || !strings.Contains(page(t), "\nescalation: "+err.Error()+"\n") {
		t.Errorf("the page does not show %v", err)
	}
}
