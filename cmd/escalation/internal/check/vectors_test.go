package check

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/rules"
	"github.com/escalationkit/escalation/spec"
)

// vectors is what the tests below read of the published expectations, which come from elsewhere than
// the code that is checked here.
type vectors struct {
	Letters map[string]string // kind by letter
	Bodies  []struct {
		About, Name, Direction, Kind string
		Body                         *string
		BodyBase64                   []byte
		BodyParts                    []struct {
			Text  string
			Times int
		}
		Broken []string
	}
	Sequences []struct{ Letters, Verdicts, End string }
}

func published(t *testing.T) vectors {
	t.Helper()
	file, err := spec.FS.ReadFile("vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(file, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestPublishedBodies puts every body of the vectors that fits on a line through the checker. The order
// of events is left to the test below.
func TestPublishedBodies(t *testing.T) {
	checked := 0
	for _, b := range published(t).Bodies {
		body := string(b.BodyBase64)
		if b.Body != nil {
			body = *b.Body
		}
		for _, part := range b.BodyParts {
			body += strings.Repeat(part.Text, part.Times)
		}
		if body == "" || strings.Contains(body, "\n") {
			continue // no line
		}
		inbound := b.Direction == "inbound"
		if inbound != isEnvelope([]byte(body)) && !slices.Contains(b.Broken, "body-json") && !slices.Contains(b.Broken, "body-size") {
			continue // a webhook body without data, which only its direction gives away
		}
		if slices.Equal(b.Broken, []string{"event-type"}) && strings.Contains(body, "sendMessage") {
			b.Broken = []string{} // not ours to judge
		}
		checked++
		got := read(t, "\n"+body) // a mark at the beginning would be the input's own
		if len(got) != 1 {
			t.Errorf("%s, %s: %d verdicts", b.About, b.Name, len(got))
			continue
		}
		broken := slices.DeleteFunc(slices.Clone(got[0].Rules), func(id string) bool { return id == rules.SequenceID })
		slices.Sort(broken)
		slices.Sort(b.Broken)
		if !slices.Equal(broken, b.Broken) || b.Kind != "" && got[0].Kind != b.Kind {
			t.Errorf("%s, %s: kind %q, rules %v; want kind %q, rules %v", b.About, b.Name, got[0].Kind, broken, b.Kind, b.Broken)
		}
	}
	if checked < 150 {
		t.Errorf("only %d bodies were checked", checked)
	}
}

// TestPublishedSequences plays every sequence of the vectors in a conversation of its own, event by
// event in turns, so that each conversation's events lie between those of thousands of others.
func TestPublishedSequences(t *testing.T) {
	v := published(t)
	var input strings.Builder
	for turn := range 8 {
		for i, seq := range v.Sequences {
			if turn < len(seq.Letters) {
				kind := v.Letters[seq.Letters[turn:turn+1]]
				input.WriteString(line(fmt.Sprint(i), kind) + "\n")
			}
		}
	}
	type played struct{ Verdicts, End string }
	got := map[string]played{}
	for _, verdict := range read(t, input.String()) {
		sign := map[Outcome]string{Allowed: "+", Refused: "-"}[verdict.Outcome]
		got[verdict.Conversation] = played{got[verdict.Conversation].Verdicts + sign, verdict.State.String()}
	}
	want := map[string]played{}
	for i, seq := range v.Sequences {
		want[fmt.Sprint(i)] = played{seq.Verdicts, seq.End}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 1000 {
		t.Errorf("%d sequences: %s", len(want), diff)
	}
}

// line returns the least body of an event.
func line(conversation, kind string) string {
	text := ""
	if kind == "message" || kind == "widgetMessage" {
		text = `,"text":"hello"`
	}
	body := fmt.Sprintf(`{"platformConversationId":%q,"eventType":%q%s}`, conversation, kind, text)
	if strings.HasPrefix(kind, "widget") {
		return `{"botId":"b","data":` + body + `}`
	}
	return body
}
