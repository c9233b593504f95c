package check

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/events"
)

func TestLines(t *testing.T) {
	most := strings.Repeat(" ", events.MaxBodyBytes)
	buffered := strings.Repeat("x", readSize)
	for _, tc := range []struct {
		why, input string
		want       []string // each line as number and text; long ones as length
	}{
		{"nothing", "", nil},
		{"the last line need not end", "a\nb", []string{"1 a", "2 b"}},
		{"an end begins no further line", "a\n", []string{"1 a"}},
		{"both kinds of ends", "a\r\nb\n\r\nc\r", []string{"1 a", "2 b", "3 ", "4 c"}},
		{"a line as long as the buffer", buffered[1:] + "\n" + buffered + "\n" + buffered + "x\na", []string{"1 65535", "2 65536", "3 65537", "4 a"}},
		{"a body of the greatest length", most + "\n" + most + "\r\n" + most, []string{"1 2097152", "2 2097152", "3 2097152"}},
		{"one byte more", most + " \na\n" + most + " \r\nb\n" + most + " ", []string{"1 too long", "2 a", "3 too long", "4 b", "5 too long"}},
		{"far more", strings.Repeat(most, 4) + "\na", []string{"1 too long", "2 a"}},
	} {
		t.Run(tc.why, func(t *testing.T) {
			for name, in := range map[string]io.Reader{
				"at once":      strings.NewReader(tc.input),
				"half by half": iotest.HalfReader(strings.NewReader(tc.input)),
				"EOF early":    iotest.DataErrReader(strings.NewReader(tc.input)),
			} {
				if diff := cmp.Diff(tc.want, all(t, newLines(in))); diff != "" {
					t.Errorf("%s: %s", name, diff)
				}
			}
		})
	}
}

func all(t *testing.T, l *lines) []string {
	t.Helper()
	var got []string
	for {
		line, tooLong, err := l.next()
		switch {
		case err == io.EOF:
			return got
		case err != nil:
			t.Fatal(err)
		case tooLong:
			got = append(got, fmt.Sprintf("%d too long", l.number))
		case len(line) > 10:
			got = append(got, fmt.Sprintf("%d %d", l.number, len(line)))
		default:
			got = append(got, fmt.Sprintf("%d %s", l.number, line))
		}
	}
}

func TestBlankAndOverlongLinesKeepTheCount(t *testing.T) {
	input := "\xEF\xBB\xBF{}\n \t\r\n" + strings.Repeat("x", events.MaxBodyBytes+1) + "\n\n\xEF\xBB\xBF{}"
	var got []string
	for _, v := range read(t, input) {
		got = append(got, fmt.Sprintf("%d %v %s", v.Line, v.Outcome, strings.Join(v.Rules, " ")))
	}
	want := []string{"1 invalid event-type", "3 invalid body-size", "5 invalid body-json"} // a mark is one only at the beginning
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
