package specgen

import (
	"bytes"
	"encoding/json"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/oracle"
)

// formatVersion is the version of the two JSON files. It changes when a reader of the old form would
// misread the new one.
const formatVersion = "1"

type tableFile struct {
	Version   string       `json:"version"`
	Generated string       `json:"generatedBy"`
	States    []stateJSON  `json:"states"`
	Kinds     []kindJSON   `json:"kinds"`
	Switches  []switchJSON `json:"switches"`
	Table     []rowJSON    `json:"table"`
	Rules     []ruleJSON   `json:"rules"`
}

type stateJSON struct {
	Name     string `json:"name"`
	Initial  bool   `json:"initial"`
	Live     bool   `json:"live"`
	Terminal bool   `json:"terminal"`
}

type kindJSON struct {
	Name      string      `json:"name"`
	Letter    string      `json:"letter"`
	Direction string      `json:"direction"`
	Fields    []fieldJSON `json:"fields"`
}

type fieldJSON struct {
	Name     string       `json:"name"`
	Type     string       `json:"type"`
	Required bool         `json:"required"`
	Meaning  string       `json:"meaning"`
	Basis    events.Basis `json:"basis"`
	Source   string       `json:"source,omitempty"`
}

type switchJSON struct {
	Name    string `json:"name"`
	Default bool   `json:"default"`
	Effect  string `json:"effect"`
}

type rowJSON struct {
	From    fsm.State    `json:"from"`
	Kind    events.Kind  `json:"kind"`
	Switch  string       `json:"switch,omitempty"`
	Verdict string       `json:"verdict"`
	To      string       `json:"to,omitempty"`
	Basis   events.Basis `json:"basis"`
	Source  string       `json:"source,omitempty"`
	Why     string       `json:"why"`
}

type ruleJSON struct {
	ID        string       `json:"id"`
	Stage     string       `json:"stage"`
	Summary   string       `json:"summary"`
	Parameter string       `json:"parameter,omitempty"`
	Kinds     []string     `json:"kinds"`
	Basis     events.Basis `json:"basis"`
	Source    string       `json:"source,omitempty"`
	Presets   []string     `json:"presets"`
}

// switchEffects says what each switch does, in the words of the pages and of the rule table.
var switchEffects = map[fsm.Switch]string{
	fsm.AgentTransfer: "a further escalationSuccess is allowed while connected: another agent takes over",
	fsm.BackToQueue:   "escalationQueueUpdate is allowed while connected and leads back to queued: the visitor waits again",
}

// ruleTable builds spec/escalation.json.
func ruleTable() ([]byte, error) {
	catalogue, err := Catalogue()
	if err != nil {
		return nil, err
	}
	file := tableFile{Version: formatVersion, Generated: Command}
	for _, s := range fsm.States() {
		file.States = append(file.States, stateJSON{s.String(), s == fsm.None, s.Live(), s.Terminal()})
	}
	for k := events.Kind(1); k.Valid(); k++ {
		file.Kinds = append(file.Kinds, describeKind(k))
	}
	for _, w := range fsm.Switches() {
		file.Switches = append(file.Switches, switchJSON{w.String(), false, switchEffects[w]})
	}
	for _, r := range fsm.Rows() {
		row := rowJSON{From: r.From, Kind: r.Kind, Switch: r.Switch.String(), Verdict: verdict(!r.Refused),
			Basis: r.Basis, Source: r.Source, Why: r.Why}
		if !r.Refused {
			row.To = r.To.String()
		}
		file.Table = append(file.Table, row)
	}
	for _, e := range catalogue {
		file.Rules = append(file.Rules, ruleJSON{e.ID, e.Stage, e.Summary, e.Parameter, names(e.Scope), e.Basis, e.Source, e.Presets})
	}
	return indented(file)
}

func describeKind(k events.Kind) kindJSON {
	described := kindJSON{Name: k.String(), Letter: string(oracle.Letter(k)), Direction: direction(k)}
	for _, f := range events.Fields(k) {
		described.Fields = append(described.Fields, fieldJSON{f.Name, "string", f.Required, f.Meaning, f.Basis, f.Source})
	}
	return described
}

func direction(k events.Kind) string {
	if k.Inbound() {
		return inbound
	}
	return outbound
}

func verdict(allowed bool) string {
	if allowed {
		return "allowed"
	}
	return "refused"
}

func names(set events.KindSet) []string {
	all := []string{}
	for _, k := range set.Kinds() {
		all = append(all, k.String())
	}
	return all
}

// indented returns v as JSON for readers: two spaces, no escapes for HTML, a final newline.
func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return b.Bytes(), err
}

// compact returns v as JSON on one line.
func compact(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimRight(b.Bytes(), "\n"), err
}
