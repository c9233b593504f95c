package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/escalationkit/escalation/cmd/escalation/internal/plain"
)

// PrintText writes findings for people.
func PrintText(w io.Writer, fs []Finding) error {
	var b strings.Builder
	for _, f := range fs {
		fmt.Fprintf(&b, "%-7s  %-11s  %s\n", f.Verdict, f.Check, plain.Line(f.Message))
		if f.Mend != "" {
			fmt.Fprintf(&b, "%-7s  %-11s  -> %s\n", "", "", plain.Line(f.Mend))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// record is a finding on the wire. Names and order are part of the command's interface.
type record struct {
	Check   string `json:"check"`
	Verdict string `json:"verdict"`
	Message string `json:"message"`
	Mend    string `json:"mend"`
}

// PrintJSON writes findings for programs: one JSON object a line.
func PrintJSON(w io.Writer, fs []Finding) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, f := range fs {
		if err := enc.Encode(record{f.Check, f.Verdict.String(), f.Message, f.Mend}); err != nil {
			return err
		}
	}
	return nil
}
