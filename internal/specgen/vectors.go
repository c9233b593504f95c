package specgen

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/internal/oracle"
)

// longestSequence is the length up to which vectors.json lists every sequence.
const longestSequence = 4

type cellJSON struct {
	Switch  string `json:"switch,omitempty"`
	State   string `json:"state"`
	Kind    string `json:"kind"`
	Verdict string `json:"verdict"`
	After   string `json:"after"`
}

type sequenceJSON struct {
	Letters  string `json:"letters"`
	Verdicts string `json:"verdicts"`
	End      string `json:"end"`
}

// vectors builds spec/vectors.json, one vector on a line. No expectation comes from the table or the
// rules: those of cells and sequences are the oracle's, those of bodies stand in the source by hand.
func vectors() ([]byte, error) {
	letters := map[string]string{}
	for k := events.Kind(1); k.Valid(); k++ {
		letters[string(oracle.Letter(k))] = k.String()
	}
	legend, err := compact(letters)
	if err != nil {
		return nil, err
	}
	var bodyLines []bodyJSON
	for _, b := range bodies() {
		bodyLines = append(bodyLines, b.line())
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "{\n\"version\": %q,\n\"generatedBy\": %q,\n\"letters\": %s,\n\"start\": %q", formatVersion, Command, legend, "pending")
	if err := section(&out, "cells", cells()); err != nil {
		return nil, err
	}
	if err := section(&out, "bodies", bodyLines); err != nil {
		return nil, err
	}
	if err := section(&out, "sequences", sequences()); err != nil {
		return nil, err
	}
	out.WriteString("\n}\n")
	return out.Bytes(), nil
}

func section[T any](out *bytes.Buffer, name string, all []T) error {
	fmt.Fprintf(out, ",\n%q: [", name)
	for i, v := range all {
		line, err := compact(v)
		if err != nil {
			return err
		}
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteByte('\n')
		out.Write(line)
	}
	out.WriteString("\n]")
	return nil
}

// leadingTo gives for each state a history from none that ends in it.
var leadingTo = map[fsm.State]string{
	fsm.None: "", fsm.Pending: "E", fsm.Queued: "EQ", fsm.Connected: "ES", fsm.Ended: "ESD", fsm.Failed: "EF",
}

// cells lists every state × kind for the default language, then those that each switch changes.
func cells() []cellJSON {
	plain := cellsOf(oracle.Default, "")
	all := slices.Clone(plain)
	for _, w := range []struct {
		language oracle.Language
		name     string
	}{{oracle.AgentTransfer, "agent-transfer"}, {oracle.BackToQueue, "back-to-queue"}} {
		for i, c := range cellsOf(w.language, w.name) {
			if c.Verdict != plain[i].Verdict || c.After != plain[i].After {
				all = append(all, c)
			}
		}
	}
	return all
}

func cellsOf(l oracle.Language, name string) []cellJSON {
	var all []cellJSON
	for _, s := range fsm.States() {
		for k := events.Kind(1); k.Valid(); k++ {
			h := l.None()
			h.Play(leadingTo[s])
			before := h.State()
			allowed := h.Take(k)
			all = append(all, cellJSON{name, before, k.String(), verdict(allowed), h.State()})
		}
	}
	return all
}

// sequences lists every sequence of the eight kinds from pending, the shorter ones first.
func sequences() []sequenceJSON {
	var all []sequenceJSON
	words := []string{""}
	for range longestSequence {
		var longer []string
		for _, w := range words {
			for _, letter := range oracle.Letters {
				longer = append(longer, w+string(letter))
			}
		}
		for _, w := range longer {
			h := oracle.Pending()
			verdicts := h.Play(w)
			all = append(all, sequenceJSON{w, verdicts, h.State()})
		}
		words = longer
	}
	return all
}
