package integration_test

import (
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/escalationkit/escalation/spec"
)

// notExpressible are the rules that no schema can state, each with the reason.
var notExpressible = map[string]string{
	"body-size":  "a schema sees the value, not the white space around it",
	"body-utf8":  "a schema sees what the reader made of the bytes",
	"body-keys":  "a key that stands twice is one key to a schema, and another spelling is another key, which is permitted",
	"field-size": "a schema counts characters, the rule counts bytes",
}

// bodyVector is one of the bodies of vectors.json.
type bodyVector struct {
	About, Name, Direction, Kind string
	Body, BodyBase64             *string
	BodyParts                    []struct {
		Text  string
		Times int
	}
	ValuesBase64 map[string]string // no body, so nothing for a schema
	Broken       []string
}

func (v bodyVector) bytes(t *testing.T) []byte {
	t.Helper()
	switch {
	case v.Body != nil:
		return []byte(*v.Body)
	case v.BodyBase64 != nil:
		return must(base64.StdEncoding.DecodeString(*v.BodyBase64))(t)
	}
	var text strings.Builder
	for _, part := range v.BodyParts {
		text.WriteString(strings.Repeat(part.Text, part.Times))
	}
	return []byte(text.String())
}

// readJSON reads a file of the specification.
func readJSON[T any](t *testing.T, name string) T {
	t.Helper()
	var v T
	check(t, json.Unmarshal(must(fs.ReadFile(spec.FS, name))(t), &v))
	return v
}

// TestSchemasOnVectors: a body that breaks a rule which a schema can state is rejected; one that breaks none,
// or only others, is accepted, by the schema of one event and no other.
func TestSchemasOnVectors(t *testing.T) {
	t.Parallel()
	all := map[string][]*jsonschema.Schema{"outbound": outboundSchemas(t), "inbound": inboundSchemas(t)}
	type tally struct{ accepted, rejected int }
	seen := map[string]*tally{"outbound": {}, "inbound": {}}
	excused := map[string]bool{}
	for _, v := range readJSON[struct{ Bodies []bodyVector }](t, "vectors.json").Bodies {
		if v.ValuesBase64 != nil {
			continue
		}
		want := 1
		for _, rule := range v.Broken {
			if notExpressible[rule] == "" {
				want = 0
			}
			excused[rule] = true
		}
		if got := accepting(all[v.Direction], v.bytes(t)); got != want {
			t.Errorf("%s, %s (%s): accepted by %d schemas, want %d; it breaks %v", v.About, v.Name, v.Direction, got, want, v.Broken)
		}
		if want == 1 {
			seen[v.Direction].accepted++
		} else {
			seen[v.Direction].rejected++
		}
	}
	for direction, n := range seen {
		if n.accepted < 10 || n.rejected < 10 {
			t.Errorf("%s: only %d bodies to accept and %d to reject", direction, n.accepted, n.rejected)
		}
	}
	for rule := range notExpressible {
		if !excused[rule] {
			t.Errorf("no body breaks %s any more: the excuse can go", rule)
		}
	}
}

// TestSchemasTellEventsApart gives each webhook's own body to the schemas of all.
func TestSchemasTellEventsApart(t *testing.T) {
	t.Parallel()
	all := inboundSchemas(t)
	for _, v := range readJSON[struct{ Bodies []bodyVector }](t, "vectors.json").Bodies {
		own := slices.Index(inboundKinds, v.Kind)
		if own < 0 || len(v.Broken) > 0 || v.ValuesBase64 != nil {
			continue
		}
		if accepting(all[own:own+1], v.bytes(t)) != 1 {
			t.Errorf("%s, %s: the schema of %s rejects it", v.About, v.Name, v.Kind)
		}
	}
}
