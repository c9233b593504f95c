package verify

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/escalationkit/escalation/cmd/escalation/internal/plain"
	"github.com/escalationkit/escalation/cmd/escalation/internal/scenario"
)

// The part of JUnit's form that readers agree on: attributes in seconds, one failure at most for a case.

type junitSuites struct {
	XMLName  xml.Name   `xml:"testsuites"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Time     string     `xml:"time,attr"`
	Suite    junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	ClassName string        `xml:"classname,attr"`
	Name      string        `xml:"name,attr"`
	Time      string        `xml:"time,attr"`
	Skipped   *junitSkipped `xml:"skipped"`
	Failure   *junitFailure `xml:"failure"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// suite is the name of the suite, and the class of every case.
const suite = "escalation.verify"

// JUnit writes a report for the readers of test results in CI systems.
func JUnit(w io.Writer, r *Report) error {
	s := junitSuite{
		Name: suite, Tests: len(r.Results), Failures: r.Count(Failed), Skipped: r.Count(Skipped),
		Time: junitTime(r.Took), Timestamp: r.Began.UTC().Format("2006-01-02T15:04:05"),
		Properties: []junitProperty{{"webhook", r.Webhook}, {"seed", fmt.Sprint(r.Seed)}},
	}
	for _, result := range r.Results {
		s.Cases = append(s.Cases, caseOf(result))
	}
	out := junitSuites{Name: suite, Tests: s.Tests, Failures: s.Failures, Skipped: s.Skipped, Time: s.Time, Suite: s}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(out); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func caseOf(r Result) junitCase {
	c := junitCase{ClassName: suite, Name: r.Name, Time: junitTime(r.Took)}
	switch r.Status {
	case Skipped:
		c.Skipped = &junitSkipped{r.Why}
	case Failed:
		c.Failure = &junitFailure{Message: inBrief(r.Reasons), Type: strings.Join(kindNames(r.Kinds()), " "), Text: details(r)}
	}
	return c
}

// inBrief is the first reason, and how many more there are.
func inBrief(reasons []scenario.Reason) string {
	brief := plain.Line(reasons[0].String())
	if len(reasons) > 1 {
		brief += fmt.Sprintf(" (and %d more)", len(reasons)-1)
	}
	return brief
}

func kindNames(kinds []scenario.Kind) []string {
	var out []string
	for _, k := range kinds {
		out = append(out, string(k))
	}
	return out
}

// details is the result as the text report has it.
func details(r Result) string {
	var b strings.Builder
	_ = ResultText(&b, r, false) // a Builder takes everything
	return b.String()
}

func junitTime(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
