package spec_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/escalationkit/escalation/events"
	"github.com/escalationkit/escalation/fsm"
	"github.com/escalationkit/escalation/spec"
)

// The vectors as README.md describes them, read the way a stranger would.
type vectorFile struct {
	Version     string
	GeneratedBy string
	Letters     map[string]string
	Start       string
	Cells       []cell
	Bodies      []bodyVector
	Sequences   []sequence
}

type cell struct{ Switch, State, Kind, Verdict, After string }

type sequence struct{ Letters, Verdicts, End string }

type bodyVector struct {
	About, Name, Direction, Kind string
	Body                         *string
	BodyBase64                   *string
	BodyParts                    []struct {
		Text  string
		Times int
	}
	ValuesBase64    map[string]string
	Broken, Unknown []string
}

func (v *bodyVector) String() string { return v.About + ", " + v.Name }

// bytes puts the body together.
func (v *bodyVector) bytes(t *testing.T) []byte {
	t.Helper()
	switch {
	case v.Body != nil:
		return []byte(*v.Body)
	case v.BodyBase64 != nil:
		return unbase64(t, *v.BodyBase64)
	}
	var b bytes.Buffer
	for _, p := range v.BodyParts {
		b.WriteString(strings.Repeat(p.Text, p.Times))
	}
	return b.Bytes()
}

func unbase64(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readVectors reads the embedded vectors and refuses members that README.md does not name.
func readVectors(t *testing.T) *vectorFile {
	t.Helper()
	f, err := spec.FS.Open("vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dec := json.NewDecoder(f)
	dec.DisallowUnknownFields()
	file := new(vectorFile)
	if err := dec.Decode(file); err != nil {
		t.Fatal(err)
	}
	return file
}

// kindNamed and stateNamed fail the test for a name that is none.
func kindNamed(t *testing.T, name string) events.Kind {
	t.Helper()
	k, err := events.ParseKind(name)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func stateNamed(t *testing.T, name string) fsm.State {
	t.Helper()
	var s fsm.State
	if err := s.UnmarshalText([]byte(name)); err != nil {
		t.Fatal(err)
	}
	return s
}

// table compiles the declared rows with some switches on.
func table(t *testing.T, on ...fsm.Switch) *fsm.Table {
	t.Helper()
	compiled, err := fsm.Compile(fsm.Rows(), on...)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}
