package fakeapi_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/escalationkit/escalation/escalationtest/fakeapi"
)

const specDir = "../../spec/"

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	raw, err := os.ReadFile(specDir + file)
	must(t, err)
	must(t, json.Unmarshal(raw, into))
}

// specIDs are the ids of all rules of the spec.
func specIDs(t *testing.T) []string {
	t.Helper()
	var spec struct{ Rules []struct{ ID string } }
	readJSON(t, "escalation.json", &spec)
	var ids []string
	for _, r := range spec.Rules {
		ids = append(ids, r.ID)
	}
	return ids
}

// ownIDs are the ids that the spec, which is about events, has no rule for.
var ownIDs = []string{
	"auth-bot", "auth-bot-required", "auth-key", "auth-key-bare", "auth-key-required",
	"body-complete", "content-type", "duplicate", "endpoint-method", "endpoint-path", "endpoint-query",
	"field-required", "field-unknown", "header-idempotency",
}

func TestRuleIDs(t *testing.T) {
	spec := specIDs(t)
	form := regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)*$`)
	var own []string
	for _, id := range append(everyID(), fakeapi.RuleSequence, fakeapi.RuleDuplicate, fakeapi.RuleUnchanged) {
		if !form.MatchString(id) {
			t.Errorf("%q has not the form of an id", id)
		}
		if !slices.Contains(spec, id) {
			own = append(own, id)
		}
	}
	slices.Sort(own)
	if diff := cmp.Diff(ownIDs, slices.Compact(own)); diff != "" {
		t.Errorf("ids that the spec has not (-want +got):\n%s", diff)
	}
	if id := fakeapi.Rule(0).ID() + fakeapi.Rule(200).ID(); id != "" {
		t.Errorf("rules that are none have the ids %q", id)
	}
	if id := (fakeapi.Violation{}).Rule(); id != "sequence" {
		t.Errorf("a violation breaks %q", id)
	}
}

func everyID() []string {
	var ids []string
	for r := fakeapi.Rule(1); r.Valid(); r++ {
		ids = append(ids, r.ID())
	}
	return ids
}

// A bodyVector is one body of spec/vectors.json.
type bodyVector struct {
	About, Name, Direction string
	Body                   *string
	BodyBase64             []byte
	BodyParts              []struct {
		Text  string
		Times int
	}
	Broken []string
}

func (v *bodyVector) bytes(t *testing.T) ([]byte, bool) {
	t.Helper()
	switch {
	case v.Body != nil:
		return []byte(*v.Body), true
	case v.BodyBase64 != nil:
		return v.BodyBase64, true
	case v.BodyParts != nil:
		var out strings.Builder
		for _, p := range v.BodyParts {
			out.WriteString(strings.Repeat(p.Text, p.Times))
		}
		return []byte(out.String()), true
	}
	return nil, false // a value that no JSON can hold
}

// unlike are the bodies of which the fake says something else than the spec, with what it says. The spec's limits and
// policies are the library's own, and the vendor's platform is not known to have any of them.
var unlike = map[string][]string{
	"body-utf8: the first half of a pair alone":    nil,
	"body-utf8: the halves in the wrong order":     nil,
	"field-nul: in the text":                       nil,
	"field-nul: in the agent's name":               nil,
	"field-nul: in the conversation id":            nil,
	"field-size: a text one byte over":             nil,
	"field-size: bytes count, not letters":         nil,
	"field-size: an agent one byte over":           nil,
	"field-size: a conversation id one byte over":  nil,
	"body-keys: an unknown key twice":              {"body-keys", "field-type"},
	"avatar-https: a zone":                         nil,
	"avatar-https: a space within":                 nil,
	"field-type: unknown fields may have any type": {"field-type"},
	"avatar-https: plain http":                     nil,
	"avatar-https: a script":                       nil,
	"avatar-https: inline data":                    nil,
	"avatar-https: without a host":                 nil,
	"avatar-https: a port without a host":          nil,
	"avatar-https: no slashes":                     nil,
	"avatar-https: a user name":                    nil,
	"avatar-https: a user name and a password":     nil,
}

// TestBodiesOfTheSpec puts every body of the spec's test vectors to the fake: it must name exactly the rules that the spec
// names, but for those listed above.
func TestBodiesOfTheSpec(t *testing.T) {
	var file struct{ Bodies []bodyVector }
	readJSON(t, "vectors.json", &file)
	met := 0
	for _, v := range file.Bodies {
		body, ok := v.bytes(t)
		if v.Direction != "outbound" || !ok {
			continue
		}
		name := v.About + ": " + v.Name
		want := v.Broken
		if other, ok := unlike[name]; ok {
			want = other
			met++
		} else if strings.HasPrefix(v.About, "queue-position-") || strings.HasPrefix(v.About, "waiting-time-") {
			want = nil // the fake takes any text for a number
		}
		s := newServer(t, &fakeapi.Config{MaxBody: 2 << 20})
		serve(s, string(body), nil)
		var got []string
		for _, p := range only(t, s).Problems {
			if id := p.ID(); id != "field-unknown" {
				got = append(got, id)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(strings.Join(want, " "), strings.Join(slices.Compact(got), " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if met != len(unlike) {
		t.Errorf("%d of %d exceptions stand in the vectors", met, len(unlike))
	}
}
